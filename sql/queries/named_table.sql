-- The table that a name means in this session; no row where there is none.

select
    n.nspname::text as schema,
    c.relname::text as name
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.oid = to_regclass(%(name)s);
