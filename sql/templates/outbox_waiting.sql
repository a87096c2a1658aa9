-- How many entries of a history a cursor has not delivered yet, and since when the oldest waits.

select
    count(*) as waiting,
    min(w.clock_at) as oldest_at
from (
    select a.clock_at
    from interlock.:"audit_name" as a
    where
        a.id > %(floor)s
        and not pg_catalog.pg_visible_in_snapshot(a.transaction_id, %(seen)s::text::pg_snapshot)
        and not (
            a.id <= %(after)s
            and (
                a.id <= %(restored)s
                or pg_catalog.pg_visible_in_snapshot(
                    a.transaction_id, %(upto)s::text::pg_snapshot
                )
            )
        )
    order by a.id
    limit %(row_limit)s
) as w
