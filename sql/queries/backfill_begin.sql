-- A new job.

insert into interlock.backfill_job (machine_name, purpose, definition_sha256, options)
values (%(machine)s, %(purpose)s, %(digest)s, %(options)s::jsonb)
returning id, time_zone, started_at;
