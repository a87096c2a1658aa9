-- An empty copy of a table, to hear from the server itself how it stores the index of a claim.

create temporary table if not exists interlock_twin (like :"schema_name".:"relation_name");
:index_ddl;
