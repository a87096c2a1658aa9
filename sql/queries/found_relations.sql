-- The tables of one machine in schema interlock, with the columns that depend on the spec.

select
    format('interlock.%%s', c.relname) as object_name,
    array_agg(a.attname::text || ' ' || format_type(a.atttypid, null) order by a.attname)
        filter (where a.attname ~ '^(key|old|new)_') as columns
from pg_catalog.pg_class as c
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where
    c.relnamespace = to_regnamespace('interlock')
    and c.relkind in ('r', 'p')
    and c.relname = any(%(names)s)
group by c.relname;
