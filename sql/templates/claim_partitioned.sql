-- One row at a time holds the resource. A partitioned table takes no index concurrently: its writers
-- wait for this.

alter table :"schema_name".:"table_name" drop constraint if exists :"constraint_name";
drop index if exists :"schema_name".:"constraint_name";
create unique index :"constraint_name" on :"schema_name".:"table_name" (:elements) where :holds;
comment on index :"schema_name".:"constraint_name" is :'note';
