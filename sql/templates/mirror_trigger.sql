-- What the rows of the machine say is what stands there: judged after each write, whoever makes it.

create constraint trigger :"trigger_name"
    after insert or update or delete on :"schema_name".:"table_name"
    not deferrable
    for each row
    execute function interlock.:"function_name"();
alter table :"schema_name".:"table_name" enable always trigger :"trigger_name";
comment on trigger :"trigger_name" on :"schema_name".:"table_name" is :'note';
