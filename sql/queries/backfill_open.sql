-- The job of a machine that is not finished, held so that nobody else goes on with it.

select
    j.id,
    j.definition_sha256,
    j.options,
    j.time_zone,
    j.last_key,
    j.scanned_rows,
    j.repaired_rows,
    j.started_at,
    coalesce((
        select max(b.number) from interlock.backfill_batch as b where b.job_id = j.id
    ), 0)::integer as batch_count
from interlock.backfill_job as j
where
    j.machine_name = %(machine)s
    and j.purpose = %(purpose)s
    and j.state_name = 'running'
for update of j;
