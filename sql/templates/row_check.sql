-- Rows stay sound with every trigger off. Not valid first: no scan under the strong lock.

alter table :"schema_name".:"table_name"
    add constraint :"constraint_name" check (:expression) not valid;
comment on constraint :"constraint_name" on :"schema_name".:"table_name" is :'note';
