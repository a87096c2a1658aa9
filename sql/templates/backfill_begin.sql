-- The beginning of a batch: how its statements are read, who acts, and the pass that lets it repair.

set local lock_timeout = :lock_timeout;
-- A crash may take the last batches away again, each of them whole; the end of the job is waited for.
set local synchronous_commit = off;
set local row_security = off;
set local jit = off;
set local enable_seqscan = off;
set local enable_memoize = off;
set local datestyle = 'ISO';
select
    set_config('TimeZone', :'time_zone', true),
    set_config('interlock.actor', :'actor', true),
    set_config('interlock.reason', :'reason', true),
    set_config('interlock.lift', 'backfill', true);
insert into interlock.backfill_pass (machine_name) values (:'machine');
:path
