-- One compiled trigger function of a machine.
--
-- It runs as the owner of schema interlock (it writes the history, which nobody else may), so it is
-- pinned and nobody else may execute it.

create or replace function interlock.:"function_name"()
    returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as :body;
comment on function interlock.:"function_name"() is :'note';
revoke execute on function interlock.:"function_name"() from public;
