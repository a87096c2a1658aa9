-- Write the machine into the registry, as one version more, and what was done into the journal.

insert into interlock.journal (machine_name, event, detail)
select
    asked.machine_name,
    case
        when m.machine_name is null then 'install'
        when m.mode <> :'mode' or (before.modes is distinct from (:'rule_modes')::jsonb) then 'mode'
        else 'change'
    end,
    pg_catalog.jsonb_build_object(
        'version', 1 + coalesce((
            select pg_catalog.max(v.version) from interlock.machine_version as v
            where v.machine_name = asked.machine_name
        ), 0),
        'mode', :'mode',
        'mode_before', m.mode,
        'rule_modes', (:'rule_modes')::jsonb,
        'rule_modes_before', before.modes,
        'definition_sha256', pg_catalog.encode(
            pg_catalog.sha256(pg_catalog.convert_to((:'definition'::jsonb)::text, 'UTF8')), 'hex'
        )
    )
from (values (:'machine')) as asked (machine_name)
left join interlock.machine as m on m.machine_name = asked.machine_name
cross join lateral (
    select coalesce(pg_catalog.jsonb_object_agg(pair.one ->> 0, pair.one -> 1), '{}') as modes
    from pg_catalog.jsonb_array_elements(m.definition -> 'modes') as pair (one)
) as before;
insert into interlock.machine (
    machine_name, table_oid, schema_name, table_name, state_column, state_attnum, key_columns,
    mode, checks, continuity, definition, version, adopted_after
)
select
    :'machine', :'relation'::regclass, :'schema_name', :'table_name', :'state_column',
    :state_attnum, :key_names, :'mode', :'checks', :'continuity', :'definition',
    1 + coalesce((
        select pg_catalog.max(v.version) from interlock.machine_version as v
        where v.machine_name = :'machine'
    ), 0),
    coalesce(pg_catalog.pg_sequence_last_value(
        pg_catalog.pg_get_serial_sequence(:'audit_relation', 'id')::regclass
    ), 0)
on conflict (machine_name) do update set
    table_oid = excluded.table_oid, schema_name = excluded.schema_name,
    table_name = excluded.table_name, state_column = excluded.state_column,
    state_attnum = excluded.state_attnum, key_columns = excluded.key_columns,
    mode = excluded.mode, checks = excluded.checks, continuity = excluded.continuity,
    definition = excluded.definition, version = excluded.version,
    judged = case when machine.judged = :'judged' then machine.judged end,
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
