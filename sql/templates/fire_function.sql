-- Move one row by an event: what interlock.fire calls.
--
-- With the rights of whoever calls it: it can do nothing that an update of his could not.

create or replace function interlock.:"function_name"(
    p_key jsonb, p_event text, p_set jsonb, p_expect text
)
    returns jsonb
    language plpgsql
as :body;
comment on function interlock.:"function_name"(jsonb, text, jsonb, text) is :'note';
grant execute on function interlock.:"function_name"(jsonb, text, jsonb, text) to public;
