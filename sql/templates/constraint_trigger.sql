-- Judge every row after the write, whatever other triggers did to it; always, in every session.

create constraint trigger :"trigger_name"
    after :moment on :"schema_name".:"table_name"
    not deferrable
    for each row
    execute function interlock.:"function_name"();
alter table :"schema_name".:"table_name" enable always trigger :"trigger_name";
comment on trigger :"trigger_name" on :"schema_name".:"table_name" is :'note';
