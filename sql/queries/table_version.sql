-- The versions of the rows that say what a table is: any DDL on it changes one of them.

select
    c.oid::bigint as table_oid,
    c.xmin::text as relation_version,
    array(
        select a.xmin::text
        from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid
        order by a.attnum
    ) as column_versions,
    array(
        select i.inhrelid::bigint
        from pg_catalog.pg_inherits as i
        where i.inhparent = c.oid
        order by i.inhrelid
    ) as children
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where array[n.nspname, c.relname]::text [] = %(table)s::text [];
