-- The keys of signed actors, without what is secret of them.

select
    k.key_id,
    k.added_at,
    k.added_by,
    k.not_after,
    k.retired_at,
    k.retired_by,
    k.not_after is null or k.not_after > now() as is_believed
from interlock.actor_key as k
order by k.added_at, k.key_id;
