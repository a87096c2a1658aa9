-- Take the record of violations away.

set local lock_timeout = '2s';

drop table interlock.violation;
