-- Whether a guard holds for a row of the other table, which stays as it is until the end of the
-- transaction.
--
-- With the rights of that table's owner. Only the owner of schema interlock may call it.

create or replace function :"schema_name".:"function_name"(p_key :key_type)
    returns boolean
    language plpgsql
    security definer
    set search_path = pg_catalog, :"schema_name", pg_temp
as :body;
