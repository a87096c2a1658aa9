-- Take the calls of interlock.fire, and what a funnel took, away.

set local lock_timeout = '2s';

drop table interlock.funnel;
drop table interlock.fired;
