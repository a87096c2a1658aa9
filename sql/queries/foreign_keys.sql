-- The foreign keys of a table that are one column long, and the tables they lead to.

select
    a.attname::text as column_name,
    n.nspname::text as schema_name,
    c.relname::text as table_name
from pg_catalog.pg_constraint as k
join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
join pg_catalog.pg_class as c on c.oid = k.confrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where k.conrelid = %(oid)s and k.contype = 'f' and cardinality(k.conkey) = 1
order by a.attnum;
