-- Repairs that were begun and are not done.

select
    j.job ->> 'machine_name' as machine,
    j.job ->> 'id' as job_id,
    (j.job ->> 'started_at')::timestamptz as started_at
from (select to_jsonb(t) as job from interlock.backfill_job as t) as j
where j.job ->> 'finished_at' is null
order by 2;
