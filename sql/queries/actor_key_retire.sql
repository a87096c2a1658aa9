-- Believe no token of a key any more, from now on. No row: there is none, or it was retired before.

update interlock.actor_key as k
set not_after = least(k.not_after, now()), retired_at = now(), retired_by = session_user
where k.key_id = %(key_id)s and k.retired_at is null
returning k.key_id;
