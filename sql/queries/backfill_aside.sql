-- How many rows a job has set aside.

select
    count(*) filter (where r.state_name = 'quarantined') as quarantined_count,
    count(*) filter (where r.state_name = 'locked') as locked_count
from interlock.backfill_row as r
where r.job_id = %(job)s;
