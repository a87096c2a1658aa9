-- The same where reactions have conditions that a search path could change.

create or replace function interlock.:"function_name"()
    returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as :body;
comment on function interlock.:"function_name"() is :'note';
revoke execute on function interlock.:"function_name"() from public;
