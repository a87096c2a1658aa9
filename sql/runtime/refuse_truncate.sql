-- Refuse to truncate a table that is under a machine.
--
-- Fires    before truncate, once a statement
-- Args     tg_argv[0] machine name
-- Raises   23514, detail code IL03

create or replace function interlock.refuse_truncate()
    returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform interlock.refuse(
        p_code => 'IL03', p_machine => tg_argv[0], p_rule => 'death',
        p_table => array[tg_table_schema, tg_table_name]::text[], p_column => null, p_key => null,
        p_from => null, p_to => null, p_event => null, p_allowed => '{}', p_missing => '{}',
        p_message => tg_argv[0] || ': the table may not be truncated',
        p_hint => 'Delete rows one by one where the spec allows it (deletion: from: [...])'
    );
    return null;
end;
$$;

comment on function interlock.refuse_truncate() is
'Trigger function: raises IL03 for a truncate.';

revoke execute on function interlock.refuse_truncate() from public;
