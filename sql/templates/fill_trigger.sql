-- Fill and clear before the row is stored.

create trigger :"trigger_name"
    before :moment on :"schema_name".:"table_name"
    for each row
    execute function interlock.:"function_name"();
alter table :"schema_name".:"table_name" enable always trigger :"trigger_name";
comment on trigger :"trigger_name" on :"schema_name".:"table_name" is :'note';
