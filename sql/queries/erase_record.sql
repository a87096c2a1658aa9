-- Write an erasure into the journal; the key is not named there.

insert into interlock.journal (machine_name, event, detail, reason)
values (%(machine)s, 'erase', %(detail)s::jsonb, %(reason)s)
returning id;
