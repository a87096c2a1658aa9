-- Entries that say they are of a backfill, although no batch was committed with them.

select
    count(*) as entry_count,
    (array_agg(a.id order by a.id))[1:5] as entries
from interlock.:"audit_name" as a
where
    a.id > :adopted_after
    and a.kind = 'backfill'
    and not exists (
        select from interlock.backfill_batch as b where b.transaction_id = a.transaction_id
    )
having count(*) > 0
