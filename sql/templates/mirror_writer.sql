-- Lock rows of the other table in the order of their keys, or write one of them.
--
-- With the rights of that table's owner, and those alone: never ours, for the triggers of the table
-- run inside. They find what they name without its schema in pg_catalog and the schema of the table.
-- Only the owner of schema interlock may call it.

create or replace function :"schema_name".:"function_name"(
    p_key :key_type, p_other :key_type, p_value boolean
)
    returns boolean
    language plpgsql
    security definer
    set search_path = pg_catalog, :"schema_name", pg_temp
as :body;
