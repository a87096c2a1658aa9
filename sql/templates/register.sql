-- Write the machine into the registry, as one version more.

insert into interlock.machine as m (
    machine_name, table_oid, schema_name, table_name, state_column, state_attnum, key_columns,
    mode, checks, continuity, definition, adopted_rows, adopted_digest,
    adopted_after
)
select
    :'machine', :'relation'::regclass, :'schema_name', :'table_name', :'state_column',
    :state_attnum, :key_names, :'mode', :'checks', :'continuity', :'definition',
    adopted.row_count, adopted.digest,
    coalesce(pg_catalog.pg_sequence_last_value(
        pg_catalog.pg_get_serial_sequence(:'audit_relation', 'id')::regclass
    ), 0)
from (
:adopted
) as adopted
on conflict (machine_name) do update set
    table_oid = excluded.table_oid, schema_name = excluded.schema_name,
    table_name = excluded.table_name, state_column = excluded.state_column,
    state_attnum = excluded.state_attnum, key_columns = excluded.key_columns,
    mode = excluded.mode, checks = excluded.checks, continuity = excluded.continuity,
    definition = excluded.definition, version = m.version + 1,
    applied_at = pg_catalog.now(), applied_by = session_user;
delete from interlock.state where machine_name = :'machine';
delete from interlock.transition where machine_name = :'machine';
delete from interlock.rule where machine_name = :'machine';
insert into interlock.state (machine_name, state_name, is_initial, is_final)
values
:states;
insert into interlock.transition (machine_name, event_name, from_state, to_state, guard)
select * from (values
:transitions) as t (machine_name, event_name, from_state, to_state, guard)
where t.event_name is not null;
insert into interlock.rule (machine_name, code, rule_name, predicate)
values
:rules;
