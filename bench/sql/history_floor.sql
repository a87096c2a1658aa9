-- The floor of a replay: the same columns of every entry, in the order in which it takes them.

select count(*), max(e.from_state), max(e.to_state)
from (
    select a.key_id, a.id, a.kind, a.event, a.from_state, a.to_state
    from interlock.booking_audit as a
    order by a.key_id, a.id
    offset 0
) as e;
