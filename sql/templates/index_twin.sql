-- An index refuses an expression that depends on more than its row; `and true` refuses one that is
-- not boolean.

create temporary table if not exists interlock_twin (like :"schema_name".:"relation_name");
create index on pg_temp.interlock_twin (((:expression) and true));
