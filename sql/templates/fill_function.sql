-- The function that fills stamps and clears columns; it decides nothing that counts.

create or replace function interlock.:"function_name"()
    returns trigger
    language plpgsql
as :body;
comment on function interlock.:"function_name"() is :'note';
revoke execute on function interlock.:"function_name"() from public;
