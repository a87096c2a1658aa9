-- At the commit, when the application has written both tables: does the other one agree?

create constraint trigger :"trigger_name"
    after insert or update or delete on :"schema_name".:"table_name"
    deferrable initially deferred
    for each row
    execute function interlock.:"function_name"();
alter table :"schema_name".:"table_name" enable always trigger :"trigger_name";
comment on trigger :"trigger_name" on :"schema_name".:"table_name" is :'note';
