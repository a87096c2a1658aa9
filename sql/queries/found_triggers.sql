-- The triggers of ours on one table and its partitions, clones left out, as the server stores them.

select
    s.nspname::text as schema_name,
    c.relname::text as table_name,
    t.tgname::text as trigger_name,
    t.tgtype::integer as trigger_type,
    t.tgenabled::text as enabled,
    t.tgconstraint <> 0 as is_constraint,
    t.tgdeferrable as is_deferrable,
    t.tgqual is not null as has_when,
    n.nspname || '.' || p.proname as function_name,
    convert_from(rtrim(t.tgargs, '\x00'::bytea), 'UTF8') as arguments,
    array_to_string(array(
        select a.attname::text
        from unnest(t.tgattr) with ordinality as n (num, place)
        join pg_catalog.pg_attribute as a on a.attrelid = t.tgrelid and a.attnum = n.num
        order by n.place
    ), ',') as columns
from pg_catalog.pg_trigger as t
join pg_catalog.pg_proc as p on p.oid = t.tgfoid
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join pg_catalog.pg_namespace as s on s.oid = c.relnamespace
where
    (
        t.tgrelid = %(oid)s
        or (
            t.tgrelid in (select k.relid from pg_catalog.pg_partition_tree(%(oid)s) as k)
            and t.tgtype & 1 = 0
        )
    )
    and not t.tgisinternal
    and starts_with(t.tgname::text, 'interlock_');
