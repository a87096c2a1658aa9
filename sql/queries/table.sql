-- One table: what decides how it can be protected.

select
    c.oid::bigint as table_oid,
    c.relkind::text as relation_kind,
    c.relpersistence::text as persistence,
    c.relowner::regrole::text as owner_name,
    pg_catalog.pg_has_role(c.relowner, 'member') as is_ours,
    to_regclass('interlock.' || quote_ident(%(machine)s || '_tombstone')) is not null as has_tombstones,
    array(
        select t.tgname::text
        from pg_catalog.pg_trigger as t
        where
            t.tgrelid = c.oid
            and not t.tgisinternal
            and t.tgtype & 2 = 2
            and t.tgtype & 1 = 1
            and not starts_with(t.tgname::text, 'interlock_')
        order by t.tgname
    ) as foreign_before_triggers,
    array(
        select jsonb_build_array(s.nspname, p.relname)
        from pg_catalog.pg_partition_tree(c.oid) as k
        join pg_catalog.pg_class as p on p.oid = k.relid
        join pg_catalog.pg_namespace as s on s.oid = p.relnamespace
        where p.oid <> c.oid
        order by s.nspname, p.relname -- noqa: RF01
    ) as partitions,
    array(
        select distinct coalesce(a.attname::text, '(...)')
        from pg_catalog.pg_partition_tree(c.oid) as k
        join pg_catalog.pg_partitioned_table as p on p.partrelid = k.relid
        cross join lateral unnest(p.partattrs) as n (num)
        left join pg_catalog.pg_attribute as a on a.attrelid = p.partrelid and a.attnum = n.num
        order by 1
    ) as partition_columns,
    current_setting('server_version_num')::integer >= 170000 as can_exclude,
    coalesce((
        select array_agg(k.attname::text order by k.place)
        from (
            select a.attname, i.place
            from pg_catalog.pg_index as x
            cross join lateral unnest(x.indkey[0:x.indnkeyatts - 1]) with ordinality as i (num, place)
            join pg_catalog.pg_attribute as a on a.attrelid = x.indrelid and a.attnum = i.num
            where x.indrelid = c.oid and x.indisprimary
        ) as k
    ), '{}') as primary_key
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where
    n.nspname = %(schema)s
    and c.relname = %(table)s;
