-- Take the journal and the versions away.

set local lock_timeout = '2s';

alter table interlock.violation alter column statement set default left(current_query(), 2000);
drop table interlock.journal;
drop table interlock.machine_version;
