-- Entries that have come since the last look: with a greater id, or one that was missing then.

select a.*
from interlock.:"audit_name" as a
where a.id > %(after)s
union all
select a.*
from unnest(%(lows)s::bigint [], %(highs)s::bigint []) as m (low, high)
join interlock.:"audit_name" as a on a.id between m.low and m.high
order by id
