-- The rows that a job has set aside, of one kind.

select
    r.key_values,
    r.key,
    r.rules,
    r.reason,
    r.at
from interlock.backfill_row as r
where r.job_id = %(job)s and r.state_name = %(state)s
order by r.key_values
limit %(row_limit)s;
