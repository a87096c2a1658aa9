-- What the CHECK constraints of a table demand of a row, without ours.

select
    pg_catalog.pg_get_expr(k.conbin, k.conrelid) as condition,
    coalesce((
        select array_agg(a.attname::text order by a.attnum)
        from pg_catalog.pg_attribute as a
        where a.attrelid = k.conrelid and a.attnum = any(k.conkey)
    ), '{}') as columns
from pg_catalog.pg_constraint as k
where k.conrelid = %(oid)s and k.contype = 'c' and not starts_with(k.conname, 'interlock_')
order by k.conname;
