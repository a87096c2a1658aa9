-- Entries of one erasure that keep a value, for they were sealed before it was erasable.

select
    count(*) as entry_count,
    array_agg(distinct k.name order by k.name) as names
from interlock.erasure as e
cross join lateral unnest(%(erasable)s::text[]) as k (name)
where
    e.journal_id = %(journal_id)s
    and not k.name = any(e.erased);
