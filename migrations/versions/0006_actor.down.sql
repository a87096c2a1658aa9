-- Take the keys of signed actors and the kept refusals away.

set local lock_timeout = '2s';

drop table interlock.refusal;
drop table interlock.actor_key;
