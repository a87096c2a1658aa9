-- What would switch off, replace or remove what is ours.
alter table hotel.room_booking disable trigger interlock_50_booking_change;  -- expect: lint-disable-trigger
alter table hotel.room_booking disable trigger all;  -- expect: lint-disable-trigger
alter table hotel.room_booking disable trigger user;  -- expect: lint-disable-trigger
alter table hotel.room_booking enable trigger interlock_50_booking_change;  -- expect: lint-disable-trigger
alter table hotel.room_booking enable trigger all;  -- expect: lint-disable-trigger
alter table hotel.room_booking enable replica trigger interlock_50_booking_change;  -- expect: lint-disable-trigger
alter table hotel.room_booking enable always trigger interlock_50_booking_change;
alter table hotel.room disable trigger user;  -- expect: lint-disable-trigger
drop trigger interlock_50_booking_change on hotel.room_booking;  -- expect: lint-drop-trigger
alter trigger interlock_50_booking_change on hotel.room_booking rename to x;  -- expect: lint-drop-trigger
create or replace trigger interlock_50_booking_change  -- expect: lint-drop-trigger
    after update on hotel.room_booking for each row execute function nothing();
create trigger zz_last before update on hotel.room_booking for each row execute function f();  -- expect: lint-foreign-trigger
alter table hotel.room_booking drop constraint interlock_booking_row;  -- expect: lint-drop-constraint
alter table hotel.room_booking rename constraint interlock_booking_row to x;  -- expect: lint-drop-constraint
alter table hotel.room_booking drop constraint room_booking_pkey cascade;  -- expect: lint-drop-constraint
alter table hotel.room_booking alter constraint interlock_booking_row not enforced;  -- expect: lint-not-enforced
alter table hotel.room_booking alter constraint room_fkey not enforced;  -- expect: lint-not-enforced
drop index concurrently hotel.interlock_booking_claim_room;  -- expect: lint-drop-index
alter index hotel.interlock_booking_claim_room rename to x;  -- expect: lint-drop-index
create or replace function interlock.booking_change() returns trigger language plpgsql as $$ begin return null; end $$;  -- expect: lint-function
create or replace function hotel.interlock_booking_row(x int) returns boolean language sql as 'select true';  -- expect: lint-function
drop function interlock.booking_change cascade;  -- expect: lint-function
alter function interlock.booking_change() reset all;  -- expect: lint-function
alter function interlock.booking_change() security invoker;  -- expect: lint-function
alter function interlock.booking_change() owner to hotel_app;  -- expect: lint-function
alter function interlock.booking_change() rename to x;  -- expect: lint-function
alter schema interlock rename to x;  -- expect: lint-schema-interlock
drop schema interlock cascade;  -- expect: lint-schema-interlock
update interlock.transition set to_state = 'X';  -- expect: lint-registry
delete from interlock.booking_audit;  -- expect: lint-registry
truncate interlock.booking_audit;  -- expect: lint-registry
alter table interlock.booking_audit disable trigger all;  -- expect: lint-registry
drop table interlock.booking_audit;  -- expect: lint-registry
alter event trigger interlock_tripwire disable;  -- expect: lint-event-trigger
drop event trigger interlock_tripwire;  -- expect: lint-event-trigger
set event_triggers = off;  -- expect: lint-event-trigger
