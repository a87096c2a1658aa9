-- Every table of users.

select
    n.nspname::text as schema_name,
    c.relname::text as table_name
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where
    c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname not in ('pg_catalog', 'information_schema', 'interlock')
    and not starts_with(n.nspname::text, 'pg_');
