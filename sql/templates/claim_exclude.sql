-- No two rows hold the resource at the same time. The server builds an exclusion constraint under its
-- strongest lock, and knows no other way.

alter table :"schema_name".:"table_name" drop constraint if exists :"constraint_name";
drop index if exists :"schema_name".:"constraint_name";
alter table :"schema_name".:"table_name"
    add constraint :"constraint_name" exclude using gist (:excluded) where (:holds);
comment on constraint :"constraint_name" on :"schema_name".:"table_name" is :'note';
