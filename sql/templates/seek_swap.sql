-- What was built takes the name that counts, and what had it goes.

drop index if exists :"schema_name".:"constraint_name";
alter index :"schema_name".:"next_name" rename to :"constraint_name";
comment on index :"schema_name".:"constraint_name" is :'note';
