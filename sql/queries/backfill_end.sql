-- A job that is over: done, or replaced by one with other rules or options.

update interlock.backfill_job
set state_name = %(state)s, finished_at = pg_catalog.clock_timestamp()
where id = %(id)s and state_name = 'running'
returning id;
