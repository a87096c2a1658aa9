-- Take the bypasses away.

set local lock_timeout = '2s';

alter table interlock.violation drop column bypass_id;
drop table interlock.bypass;
