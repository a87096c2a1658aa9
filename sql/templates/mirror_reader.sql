-- Say what stands in the mirrored column: nothing where there is no such row.
--
-- With the rights of that table's owner. Only the owner of schema interlock may call it.

create or replace function :"schema_name".:"function_name"(p_key :key_type)
    returns text
    language plpgsql
    security definer
    set search_path = pg_catalog, :"schema_name", pg_temp
as :body;
