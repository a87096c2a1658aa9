-- The tables of machines in schema interlock that are there already.

select c.oid::bigint as table_oid
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = 'interlock' and c.relname = any(%(names)s);
