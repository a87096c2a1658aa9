-- The last entry that was written in another cluster: to be seen, although no transaction that is
-- seen here has such an id yet. Its own snapshot decides: a later one may have the id meanwhile.

select coalesce(max(a.id), 0) as id
from interlock.:"audit_name" as a
where
    a.transaction_id
    >= (select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()) as next_xid)
