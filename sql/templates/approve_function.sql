-- Approve of an event of one row, or withdraw that: what interlock.approve calls.
--
-- With the rights of whoever calls it: he must be able to read the row.

create or replace function interlock.:"function_name"(
    p_key jsonb, p_event text, p_verb text, p_reason text
)
    returns jsonb
    language plpgsql
    set search_path = pg_catalog, pg_temp
as :body;
comment on function interlock.:"function_name"(jsonb, text, text, text) is :'note';
grant execute on function interlock.:"function_name"(jsonb, text, text, text) to public;
