-- Say which events a row could make, and what each one lacks: what interlock.allowed calls.
--
-- With the rights of whoever calls it: he must be able to read the row.

create or replace function interlock.:"function_name"(p_key jsonb)
    returns table (event text, to_state text, possible boolean, missing text[], needs text[])
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as :body;
comment on function interlock.:"function_name"(jsonb) is :'note';
grant execute on function interlock.:"function_name"(jsonb) to public;
