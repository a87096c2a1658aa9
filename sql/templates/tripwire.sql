-- The tripwire: after each DDL it looks whether a machine was touched, and judges what is left of it.
--
-- Only a superuser, or who is given as much by a managed server, may make event triggers.

drop event trigger if exists interlock_tripwire_10_partition;
drop event trigger if exists interlock_tripwire_20_end;
drop event trigger if exists interlock_tripwire_30_drop;
create event trigger interlock_tripwire_10_partition on ddl_command_end
    when tag in ('CREATE TABLE', 'ALTER TABLE')
    execute function interlock.tripwire_partition();
create event trigger interlock_tripwire_20_end on ddl_command_end
    execute function interlock.tripwire_end();
create event trigger interlock_tripwire_30_drop on sql_drop
    execute function interlock.tripwire_drop();
alter event trigger interlock_tripwire_10_partition enable always;
alter event trigger interlock_tripwire_20_end enable always;
alter event trigger interlock_tripwire_30_drop enable always;
comment on event trigger interlock_tripwire_10_partition is 'New partitions are guarded as the others.';
comment on event trigger interlock_tripwire_20_end is 'No DDL disarms a machine unseen.';
comment on event trigger interlock_tripwire_30_drop is 'Nor does a drop.';
select interlock.set_tripwire(:'mode');
