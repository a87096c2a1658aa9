-- Rights and settings that get around a machine.
grant trigger, truncate on hotel.room_booking to hotel_app;  -- expect: lint-grant
grant all privileges on table hotel.room_booking to public;  -- expect: lint-grant
grant all on all tables in schema hotel to hotel_app;  -- expect: lint-grant, lint-grant, lint-grant
grant update on hotel.invoice to hotel_app;  -- expect: lint-grant
grant update (state) on hotel.invoice to hotel_app;  -- expect: lint-grant
grant set on parameter session_replication_role to hotel_app;  -- expect: lint-grant
grant pg_write_all_data to hotel_app;  -- expect: lint-grant
grant interlock_owner to hotel_app;  -- expect: lint-role
alter role interlock_owner login;  -- expect: lint-role
drop owned by interlock_owner;  -- expect: lint-role
set role interlock_owner;  -- expect: lint-role
set session authorization interlock_owner;  -- expect: lint-role
drop role interlock_owner;  -- expect: lint-role
grant insert on interlock.booking_audit to hotel_app;  -- expect: lint-schema-interlock
grant create on schema interlock to hotel_app;  -- expect: lint-schema-interlock
revoke usage on schema interlock from hotel_app;  -- expect: lint-schema-interlock
set local session_replication_role to replica;  -- expect: lint-replication-role
select set_config('session_replication_role', 'replica', true);  -- expect: lint-replication-role
alter role hotel_app set session_replication_role = replica;  -- expect: lint-replication-role
alter database hotel set session_replication_role = 'replica';  -- expect: lint-replication-role
alter system set session_replication_role = replica;  -- expect: lint-replication-role
create function quiet() returns void language sql set session_replication_role = replica as 'select 1';  -- expect: lint-replication-role
update pg_trigger set tgenabled = 'D';  -- expect: lint-catalog
update pg_catalog.pg_class set relchecks = 0;  -- expect: lint-catalog
delete from pg_enum where enumlabel = 'PENDING';  -- expect: lint-catalog
