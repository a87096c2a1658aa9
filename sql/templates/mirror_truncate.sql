-- No truncate: it would take rows away that others point to.

create trigger :"trigger_name"
    before truncate on :"schema_name".:"table_name"
    for each statement
    execute function interlock.:"function_name"();
alter table :"schema_name".:"table_name" enable always trigger :"trigger_name";
comment on trigger :"trigger_name" on :"schema_name".:"table_name" is :'note';
