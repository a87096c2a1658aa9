-- What stands inside blocks and functions.
do $$
declare
    v_table text := 'room_booking';
begin
    if exists (select 1 from hotel.room_booking) then
        update hotel.room_booking  -- expect: lint-raw-update
        set status = 'CANCELLED';
    end if;
    for i in 1..3 loop
        perform set_config('session_replication_role', 'replica', true);  -- expect: lint-replication-role
    end loop;
    execute 'alter table hotel.room_booking disable trigger all';  -- expect: lint-disable-trigger
    execute format('drop trigger %I on %I.room_booking', 'interlock_50_booking_change', 'hotel');  -- expect: lint-drop-trigger
    execute 'alter table hotel.' || 'room_booking' || ' drop column status';  -- expect: lint-drop-column
exception when others then
    drop table hotel.room_booking;  -- expect: lint-drop-table
end
$$;

create or replace function hotel.tidy(p_id bigint) returns void language plpgsql as $body$
begin
    -- an ordinary write, which the machine judges
    update hotel.room_booking set status = 'CANCELLED' where id = p_id;
    alter table hotel.invoice disable trigger all;  -- expect: lint-disable-trigger
end
$body$;

create function hotel.watch() returns trigger language plpgsql as $$
begin
    new.status := 'PENDING';
    set local session_replication_role = replica;  -- expect: lint-replication-role
    return new;
end
$$;

create procedure hotel.clean() language sql
begin atomic
    delete from hotel.room_booking;
    select 1;
end;

alter table hotel.invoice drop column state;  -- expect: lint-drop-column
