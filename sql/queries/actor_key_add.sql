-- Let the database believe tokens of one more key. No row: there was one of that name.

insert into interlock.actor_key (key_id, inner_pad, outer_pad, not_after)
values (%(key_id)s, %(inner_pad)s, %(outer_pad)s, %(not_after)s)
on conflict (key_id) do nothing
returning key_id;
