-- A cursor as it is now, without waiting for anybody.

select
    c.machines,
    c.position
from interlock.outbox_cursor as c
where c.cursor_name = %(name)s;
