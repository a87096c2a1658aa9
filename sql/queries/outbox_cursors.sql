-- Every cursor that this role may see, and what is decided at this moment.

select
    c.cursor_name,
    c.role_name,
    c.machines,
    c.position,
    c.delivered_count,
    c.created_at,
    c.updated_at,
    pg_catalog.pg_current_snapshot()::text as snapshot
from interlock.outbox_cursor as c
order by c.cursor_name;
