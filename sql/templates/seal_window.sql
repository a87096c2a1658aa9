-- The entries of one relation that no seal covers yet: how many, and which transaction is young.

select
    count(*) as entry_count,
    min(a.transaction_id::text::bigint) filter (where a.clock_at > :'young_from') as young_xid
from interlock.:"relation" as a
where
    a.id > :after_id
    and :in_window
