-- Take the approvals away.

set local lock_timeout = '2s';

drop table interlock.approval;
