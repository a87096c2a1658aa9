-- The relations that hold the rows of a table, and how many blocks each has.

select
    c.oid::bigint as leaf_oid,
    n.nspname::text as schema_name,
    c.relname::text as table_name,
    pg_catalog.pg_relation_size(c.oid)
    / pg_catalog.current_setting('block_size')::bigint as block_count
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where
    c.relkind = 'r'
    and (
        c.oid = %(oid)s
        or c.oid in (
            select k.relid
            from pg_catalog.pg_partition_tree(%(oid)s::oid::regclass) as k
        )
    )
order by c.oid;
