-- An empty copy of a table, to hear from the server itself how it stores a CHECK.

create temporary table if not exists interlock_twin (like :"schema_name".:"relation_name");
alter table pg_temp.interlock_twin add constraint twin check (:expression);
