-- A row whose repair failed, and what the server said of it.

insert into interlock.backfill_row (job_id, key_values, key, state_name, reason)
values (%(job)s, %(key_values)s, %(key)s::jsonb, 'quarantined', %(reason)s)
on conflict on constraint backfill_row_pk do update
    set state_name = 'quarantined', rules = '{}', reason = excluded.reason;
