-- Take rows that were held off the list, to try them again; who still holds one puts it back.

delete from interlock.backfill_row
where
    job_id = %(job)s
    and state_name = 'locked'
    and key_values in (
        select r.key_values
        from interlock.backfill_row as r
        where r.job_id = %(job)s and r.state_name = 'locked'
        order by r.key_values
        limit %(row_limit)s
    )
returning key_values;
