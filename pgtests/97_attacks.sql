-- Attacks that need no second session: as the application, with GRANT ALL, and as the tables' owner.
--
-- Those that do, and those that only `interlock verify` finds, are in tests/attacks/.

begin;
\ir fixtures/booking.sql
select plan(34);

insert into hotel.room_booking (id) select generate_series(1, 7);
update hotel.room_booking set status = 'CONFIRMED', paid_at = now() where id in (2, 3, 4);
update hotel.room_booking set status = 'CHECKED_IN', room_id = id - 2 where id in (3, 4);
update hotel.room_booking set status = 'CHECKED_OUT' where id = 4;
update hotel.room_booking set status = 'CANCELLED' where id = 5;
insert into hotel.payment values (1, 2, 90);
set constraints all immediate;

create role pgtap_application;
create role pgtap_owner;
grant usage on schema hotel to pgtap_application;
grant all on all tables in schema hotel to pgtap_application;
alter schema hotel owner to pgtap_owner;
alter table hotel.room owner to pgtap_owner;
alter table hotel.room_booking owner to pgtap_owner;
alter table hotel.payment owner to pgtap_owner;
grant create on schema public to pgtap_application, pgtap_owner;

create temporary table before as
select
    (select jsonb_agg(to_jsonb(b) order by b.id) from hotel.room_booking as b) as bookings,
    (select jsonb_agg(to_jsonb(a) order by a.id) from interlock.booking_audit as a) as entries;

set local role pgtap_application;

select throws_ok(
    $$
        update hotel.room_booking
        set
            status = 'CHECKED_OUT', room_id = 3, paid_at = now(),
            checked_in_at = now(), checked_out_at = now()
        where id = 1
    $$,
    '23514', 'booking 1: PENDING -> CHECKED_OUT is not allowed',
    'B01: a jump with fitting stamps'
);
select throws_ok(
    $$
        insert into hotel.room_booking (id, status, room_id, checked_in_at, checked_out_at)
        values (9, 'CHECKED_OUT', 3, now(), now())
    $$,
    '23514', 'booking 9: a row may not begin as CHECKED_OUT',
    'B02: a row inserted into a late state'
);
select throws_ok(
    'delete from hotel.room_booking where id = 3',
    '23514', 'booking 3: a row in CHECKED_IN may not be deleted',
    'B03: a guest in the house deleted'
);
select throws_ok(
    'delete from hotel.room_booking where id = 5; insert into hotel.room_booking (id) values (5)',
    '23514', 'booking 5: a row in CANCELLED may not be deleted',
    'B04: a cancelled booking deleted and made again'
);
select throws_ok(
    'delete from hotel.room_booking where id = 7; insert into hotel.room_booking (id) values (7)',
    '23514', 'booking 7: this key was used before, and its row deleted',
    'B05: a second life of a deleted key'
);
select throws_ok(
    'truncate hotel.room_booking, hotel.payment',
    '23514', 'booking: the table may not be truncated',
    'B06: truncate, with the privilege'
);
select throws_ok(
    $$
        merge into hotel.room_booking as b using (values (5)) as v (id) on b.id = v.id
        when matched then update set status = 'CONFIRMED', paid_at = now()
    $$,
    '23514', 'booking 5: CANCELLED -> CONFIRMED is not allowed',
    'B09: merge along no move'
);
select throws_ok(
    $$
        merge into hotel.room_booking as b using (values (9)) as v (id) on b.id = v.id
        when not matched then insert (id, status) values (v.id, 'NO_SHOW')
    $$,
    '23514', 'booking 9: a row may not begin as NO_SHOW',
    'B10: merge into a late state'
);
select throws_ok(
    $$
        insert into hotel.room_booking (id) values (5)
        on conflict (id) do update set status = 'PENDING', cancelled_at = null
    $$,
    '23514', 'booking 5: CANCELLED -> PENDING is not allowed',
    'B11: upsert along no move'
);
select throws_ok(
    $$
        update hotel.room_booking as b set status = 'CANCELLED'
        from hotel.room as r where b.room_id = r.id and b.status = 'CHECKED_IN'
    $$,
    '23514', 'booking 3: CHECKED_IN -> CANCELLED is not allowed',
    'B12: update from a join'
);
select throws_ok(
    $$
        with moved as (
            update hotel.room_booking set status = 'NO_SHOW' where id = 1 returning id
        )
        select count(*) from moved
    $$,
    '23514', 'booking 1: PENDING -> NO_SHOW is not allowed',
    'B13: a data-modifying CTE'
);
select throws_ok(
    'update hotel.room_booking set status = null where id = 5',
    '23514', 'booking 5: status is not a state of this machine',
    'B15: laundering by null'
);
select throws_ok(
    $$ update hotel.room_booking set status = 'CONFIRMED ', paid_at = now() where id = 1 $$,
    '23514', 'booking 1: status is not a state of this machine',
    'B16: a variant of a state'
);
select throws_ok(
    'update hotel.room_booking set id = 50 where id = 5',
    '23514', 'booking 5: the key id may not change',
    'B18: a final row moved out of its history'
);
select throws_ok(
    $$
        update hotel.room_booking set checked_in_at = checked_in_at - interval '1 day'
        where id = 3
    $$,
    '23514', 'booking 3: checked_in_at changes only when its state is entered',
    'B20: a stamp back-dated'
);
select throws_ok(
    'update hotel.room_booking set checked_in_at = now() where id = 2',
    '23514', 'booking 2: checked_in_at does not fit the state',
    'B21: a stamp without its state'
);
select throws_ok(
    $$ update hotel.room_booking set status = 'CHECKED_IN' where id = 2 $$,
    '23514', 'booking 2: CHECKED_IN requires room_id',
    'B23: check-in without a room'
);
select throws_ok(
    'update hotel.room_booking set checked_out_at = null where id = 4',
    '23514', 'booking 4: checked_out_at does not fit the state',
    'B24: a stamp cleared afterwards'
);
select throws_ok(
    'update hotel.room_booking set room_id = 3 where id = 5',
    '23514', 'booking 5: CANCELLED forbids room_id',
    'B29: a room for a cancelled booking'
);
select throws_ok(
    $$ update hotel.room_booking set status = 'CONFIRMED' where id = 1 $$,
    '23514', 'booking 1: PENDING -> CONFIRMED needs paid_at is not null',
    'B30: an unpaid booking confirmed'
);
select lives_ok(
    $$
        do $do$
        begin
            update hotel.room_booking set status = 'NO_SHOW' where id = 1;
        exception when others then null;
        end
        $do$
    $$,
    'B31: an error swallowed (that nothing is stored is shown at the end)'
);
select throws_ok(
    $$
        set constraints all deferred;
        update hotel.room_booking set status = 'NO_SHOW' where id = 1
    $$,
    '23514', 'booking 1: PENDING -> NO_SHOW is not allowed',
    'B34: nothing can be deferred'
);
select throws_ok(
    $$
        create view public.mine as select * from hotel.room_booking;
        update public.mine set status = 'NO_SHOW' where id = 1
    $$,
    '23514', 'booking 1: PENDING -> NO_SHOW is not allowed',
    'B35: through a view'
);
select throws_ok(
    'delete from hotel.room where id = 1',
    '23514', 'booking 3: CHECKED_IN requires room_id',
    'B38: the room of a guest deleted'
);
select throws_ok(
    'delete from hotel.room_booking where id = 2',
    '23514', 'booking 2: a row in CONFIRMED may not be deleted',
    'B40: payments deleted with their booking'
);
select throws_ok(
    'set session_replication_role = replica',
    '42501', null,
    'B41: the replica role'
);
select throws_ok(
    $$
        create function public.noop() returns trigger language plpgsql as
        'begin return null; end';
        create or replace trigger interlock_50_booking_change after update on hotel.room_booking
        for each row execute function public.noop()
    $$,
    '42710', null,
    'B51: the judge replaced, with the privilege TRIGGER'
);
select throws_ok(
    $$
        create temporary table room_booking (like hotel.room_booking);
        create trigger forge after insert on pg_temp.room_booking
        for each row execute function interlock.booking_birth()
    $$,
    '42501', null,
    'B52: the guard attached to a table of a forger'
);
select throws_ok(
    $$
        insert into interlock.booking_audit (key_id, kind, from_state, to_state)
        values (1, 'move', 'PENDING', 'CONFIRMED')
    $$,
    '42501', null,
    'B57: an entry forged'
);
select throws_ok(
    'delete from interlock.booking_audit', '42501', null,
    'B59: entries deleted'
);

reset role;
set local role pgtap_owner;

select throws_ok(
    'create or replace function interlock.booking_change() returns trigger language plpgsql'
    ' as ''begin return null; end''',
    '42501', null,
    'B96: the body of the guard, by the owner of the table'
);
select throws_ok(
    $$ update interlock.transition set to_state = 'CHECKED_OUT' $$, '42501', null,
    'B99: the allowed moves, by the owner of the table'
);

reset role;

select throws_ok(
    'update interlock.booking_audit set to_state = ''CONFIRMED''',
    '23514', null,
    'B58: entries changed, by their owner'
);

select results_eq(
    $$
        select
            (select jsonb_agg(to_jsonb(b) order by b.id) from hotel.room_booking as b),
            (select jsonb_agg(to_jsonb(a) order by a.id) from interlock.booking_audit as a)
    $$,
    'select b.bookings, b.entries from before as b',
    'after all of it, every row and every entry is as it was'
);

select * from finish();
rollback;
