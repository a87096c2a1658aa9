alter table :"schema_name".:"table_name" drop constraint if exists :"constraint_name";
drop index if exists :"schema_name".:"constraint_name";
