-- Keep that a table was emptied which is under a machine that only observes, and let it happen.
--
-- Fires    before truncate, once a statement
-- Args     tg_argv[0] machine name
--
-- It runs as the owner of schema interlock, who alone may write there; so it looks whether the table
-- is one of the machine's, or anyone could forge a record through a table of his own.

create or replace function interlock.record_truncate()
    returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
        select from interlock.machine as m
        where m.machine_name = tg_argv[0]
            and (m.table_oid = tg_relid or m.table_oid = pg_partition_root(tg_relid))
    ) then
        perform interlock.record_violation(
            p_code => 'IL03', p_machine => tg_argv[0], p_rule => 'death',
            p_table => array[tg_table_schema, tg_table_name]::text[], p_column => null,
            p_key => '{}', p_from => null, p_to => null, p_event => null,
            p_allowed => '{}', p_missing => '{}',
            p_message => tg_argv[0] || ': the table was truncated', p_hint => null
        );
        insert into interlock.journal (machine_name, event, detail)
        values (
            tg_argv[0], 'truncate',
            jsonb_build_object('schema', tg_table_schema, 'table', tg_table_name)
        );
    end if;
    return null;
end;
$$;

comment on function interlock.record_truncate() is
'Trigger function: records a truncate of a machine that only observes.';

revoke execute on function interlock.record_truncate() from public;
