-- The next entries of a window: seen in its snapshot, and not in the one that was delivered before.
--
-- Those up to "restored" were written in another cluster, whose transaction ids say nothing here;
-- those after "fresh_after" cannot have been delivered.

select a.*
from interlock.:"audit_name" as a
where
    a.id > %(after)s
    and a.id <= %(through)s
    and (
        a.id <= %(restored)s
        or pg_catalog.pg_visible_in_snapshot(a.transaction_id, %(upto)s::text::pg_snapshot)
    )
    and (
        a.id > %(fresh_after)s
        or not pg_catalog.pg_visible_in_snapshot(a.transaction_id, %(seen)s::text::pg_snapshot)
    )
order by a.id
limit %(row_limit)s
