-- Make a cursor, unless there is one of that name.

insert into interlock.outbox_cursor (cursor_name, machines, position)
values (%(name)s, %(machines)s, %(position)s::jsonb)
on conflict do nothing;
