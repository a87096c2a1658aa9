-- Keep that a history was dropped with its machine: what was sealed of it is gone for a reason.

insert into interlock.journal (machine_name, event)
values (:'machine', 'drop_history');
