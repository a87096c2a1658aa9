-- The row rules of a machine over the columns they read; the CHECK calls it.
--
-- In the table's own schema, so that a dump of that schema stays whole.

create or replace function :"schema_name".:"function_name"(:parameters)
    returns boolean
    language plpgsql
    immutable
    set search_path = pg_catalog, pg_temp
as :body;
comment on function :"schema_name".:"function_name"(:types) is :'note';
