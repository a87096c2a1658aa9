-- A repair on an empty copy of a table, planned and not run: do its types fit?

create temporary table if not exists interlock_twin (like :"schema_name".:"relation_name");
explain update pg_temp.interlock_twin set :assignment where (:condition) is true;
