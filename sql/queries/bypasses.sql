-- The bypasses of one machine, or of all, the oldest first.

select
    b.bypass_id,
    b.machine_name as machine,
    b.kind,
    b.role_name as role,
    b.is_group,
    b.reason,
    b.opened_at,
    b.opened_by,
    b.until_at,
    b.closed_at,
    b.closed_by,
    b.closed_at is null and b.until_at > pg_catalog.clock_timestamp() as is_open
from interlock.bypass as b
where %(machine)s::text is null or b.machine_name = %(machine)s::text
order by b.bypass_id;
