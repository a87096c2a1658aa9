-- Move one row by an event, where nobody may update the state himself.
--
-- With the rights of the table's owner, and those alone: never ours, for the triggers of the table
-- run inside. Whoever could update the whole table before may call it, and nobody else.

create or replace function :"schema_name".:"function_name"(
    p_key jsonb, p_event text, p_set jsonb, p_expect text
)
    returns jsonb
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as :body;
comment on function :"schema_name".:"function_name"(jsonb, text, jsonb, text) is :'note';
revoke execute on function :"schema_name".:"function_name"(jsonb, text, jsonb, text) from public;
:handed
