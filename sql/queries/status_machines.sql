-- How each machine of the registry stands: its table, and the objects of ours on it.

select
    m.machine_name as machine,
    m.schema_name,
    m.table_name,
    m.version,
    m.mode,
    m.checks,
    m.definition -> 'modes' as rule_modes,
    m.applied_at,
    m.applied_by,
    c.oid is not null and (n.nspname, c.relname) = (m.schema_name, m.table_name) as is_there,
    (
        select sum(greatest(k.reltuples, 0))::bigint
        from pg_catalog.pg_class as k
        where
            k.oid = c.oid
            or k.oid in (select p.relid from pg_catalog.pg_partition_tree(c.oid) as p)
    ) as row_estimate,
    coalesce((
        select jsonb_object_agg(t.tgname, t.tgenabled)
        from pg_catalog.pg_trigger as t
        where
            t.tgrelid = c.oid
            and not t.tgisinternal
            and starts_with(t.tgname::text, 'interlock_')
    ), '{}') as triggers,
    coalesce((
        select jsonb_object_agg(
            k.conname,
            k.convalidated and coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
        )
        from pg_catalog.pg_constraint as k
        where
            k.conrelid = c.oid
            and k.contype = 'c'
            and starts_with(k.conname::text, 'interlock_')
    ), '{}') as row_checks
from interlock.machine as m
left join pg_catalog.pg_class as c on c.oid = m.table_oid
left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
order by m.machine_name;
