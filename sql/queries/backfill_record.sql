-- What a batch did, in its own transaction; no row where another run has gone on with the job.

with moved as (
    update interlock.backfill_job
    set
        last_key = coalesce(%(last_key)s::text[], last_key),
        scanned_rows = scanned_rows + %(scanned)s,
        repaired_rows = repaired_rows + %(repaired)s
    where
        id = %(id)s
        and state_name = 'running'
        and (last_key is not distinct from %(before)s::text[])
    returning id
),

closed as (
    delete from interlock.backfill_pass
    where transaction_id = pg_catalog.pg_current_xact_id()
    returning 1
)

insert into interlock.backfill_batch (
    job_id, number, last_key, scanned_rows, repaired_rows, quarantined_rows, locked_rows, took_ms
)
select
    m.id, %(number)s, %(last_key)s::text[], %(scanned)s, %(repaired)s, %(quarantined)s,
    %(locked)s, %(took_ms)s
from moved as m
where (select count(*) from closed) >= 0
returning number;
