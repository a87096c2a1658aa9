-- Forget what is followed: from now on every rename is refused.

set local lock_timeout = '2s';

alter table interlock.guarded drop column followed;
alter table interlock.guarded drop column place;
