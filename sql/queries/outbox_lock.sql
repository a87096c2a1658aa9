-- A cursor, for this transaction alone; an error at once where another has it.

select
    c.machines,
    c.position
from interlock.outbox_cursor as c
where c.cursor_name = %(name)s
for update nowait;
