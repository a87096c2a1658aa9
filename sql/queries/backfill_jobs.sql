-- The last job of a machine that looked at rows.

select
    j.id,
    j.state_name,
    j.started_at,
    j.finished_at
from interlock.backfill_job as j
where j.machine_name = %(machine)s and j.purpose = 'rows'
order by j.id desc
limit 1;
