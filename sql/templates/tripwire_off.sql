-- Take the tripwire away, and keep that it was done on purpose.

drop event trigger if exists interlock_tripwire_10_partition;
drop event trigger if exists interlock_tripwire_20_end;
drop event trigger if exists interlock_tripwire_30_drop;
select interlock.set_tripwire('off');
