-- Take the tripwire away. Its event triggers call functions of this schema: only a superuser made
-- them, and they go with the functions that they call.

set local lock_timeout = '2s';

drop function if exists interlock.tripwire_drop() cascade;
drop function if exists interlock.tripwire_end() cascade;
drop function if exists interlock.tripwire_partition() cascade;
drop table interlock.ddl_pass;
drop table interlock.guarded;
drop table interlock.tripwire;
