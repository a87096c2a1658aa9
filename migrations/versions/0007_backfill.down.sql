-- Take the jobs of backfill away.

set local lock_timeout = '2s';

drop table interlock.backfill_pass;
drop table interlock.backfill_row;
drop table interlock.backfill_batch;
drop table interlock.backfill_job;
