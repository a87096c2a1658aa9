-- Whether a history and the registry may be read.

select
    coalesce(pg_catalog.has_table_privilege(c.oid, 'select'), false)
    and coalesce(pg_catalog.has_table_privilege(to_regclass('interlock.machine'), 'select'), false)
        as is_readable
from (values (to_regclass('interlock.' || quote_ident(%(audit)s)))) as c (oid);
