-- The last entry that was written in another cluster: its transaction is not to come here for long.

select coalesce(max(a.id), 0) as id
from interlock.:"audit_name" as a
where a.transaction_id >= %(next)s::text::xid8
