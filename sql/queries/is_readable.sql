-- Whether a history, the registry and the bypasses may be read.

select
    coalesce(pg_catalog.has_table_privilege(c.oid, 'select'), false)
    and coalesce(pg_catalog.has_table_privilege(to_regclass('interlock.machine'), 'select'), false)
    and coalesce(pg_catalog.has_table_privilege(to_regclass('interlock.bypass'), 'select'), true)
        as is_readable
from (values (to_regclass('interlock.' || quote_ident(%(audit)s)))) as c (oid);
