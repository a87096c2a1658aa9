-- The histories that are there, whether of machines still installed or not, and who may read them.

select
    c.relname::text as audit_name,
    has_table_privilege(c.oid, 'select') as may_read
from pg_catalog.pg_class as c
where
    c.relnamespace = to_regnamespace('interlock')
    and c.relkind = 'p'
    and c.relname = any(%(names)s)
order by c.relname;
