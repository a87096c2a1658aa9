-- Take the refused attempts away.

set local lock_timeout = '2s';

drop table interlock.refusal;
