-- One machine as the registry has it, with its states, moves and rules.

select
    m.definition,
    m.state_attnum::integer as state_attnum,
    m.table_oid::oid::bigint as table_oid,
    m.key_columns,
    coalesce(to_jsonb(m) ->> 'judged', '') as judged, -- noqa: RF01
    m.adopted_rows is not null as is_adopted,
    array(
        select jsonb_build_array(s.state_name, s.is_initial, s.is_final)
        from interlock.state as s
        where s.machine_name = m.machine_name
    ) as states,
    array(
        select jsonb_build_array(t.event_name, t.from_state, t.to_state, t.guard)
        from interlock.transition as t
        where t.machine_name = m.machine_name
    ) as moves,
    array(
        select jsonb_build_array(r.code, r.rule_name, r.predicate)
        from interlock.rule as r
        where r.machine_name = m.machine_name
    ) as rules
from interlock.machine as m
where m.machine_name = %(machine)s;
