-- By it the other row is found that holds the same; it refuses nothing. A partitioned table takes no
-- index concurrently: its writers wait for this.

drop index if exists :"schema_name".:"constraint_name";
create index :"constraint_name" on :"schema_name".:"table_name" using :method (:elements) where :holds;
comment on index :"schema_name".:"constraint_name" is :'note';
