-- Take the registry away.

set local lock_timeout = '2s';

drop table interlock.rule;
drop table interlock.transition;
drop table interlock.state;
drop table interlock.machine;
