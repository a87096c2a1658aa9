-- IL15: while a row is in some states it holds a resource, and no other row does; the server's index
-- refuses the second, with every trigger off too.

begin;
\ir fixtures/booking.sql
select plan(12);

insert into hotel.room_booking (id, paid_at) select n, now() from generate_series(1, 4) as n;
update hotel.room_booking set status = 'CONFIRMED', room_id = 1 where id = 1;
update hotel.room_booking set check_in = '2026-01-03', check_out = '2026-01-05' where id = 3;

prepare taken as update hotel.room_booking set status = 'CONFIRMED', room_id = 1 where id = 2;
select throws_ok(
    'taken', '23P01', null, 'one room has one guest'
);
prepare elsewhere as update hotel.room_booking set status = 'CONFIRMED', room_id = 2 where id = 2;
select lives_ok('elsewhere', 'another room is free');
prepare moved as update hotel.room_booking set room_id = 1 where id = 2;
select throws_ok('moved', '23P01', null, 'a room is not taken by an update of the room either');
prepare later as update hotel.room_booking set status = 'CONFIRMED', room_id = 1 where id = 3;
select lives_ok('later', 'the room is free again on the day its guest leaves');
prepare longer as update hotel.room_booking set check_out = check_out + 1 where id = 1;
select throws_ok('longer', '23P01', null, 'a stay does not grow into the next one');
prepare roomless as update hotel.room_booking set status = 'CONFIRMED' where id = 4;
select lives_ok('roomless', 'a row without a room holds none');

update hotel.room_booking set status = 'CANCELLED' where id = 1;
prepare free as update hotel.room_booking set room_id = 1 where id = 2;
select lives_ok('free', 'what was let go can be taken');
prepare again as
update hotel.room_booking set status = 'CHECKED_IN', room_id = 1 where id = 4;
select throws_ok('again', '23P01', null, 'and is taken then');

-- What the index does not see, on columns that may now be null.
alter table hotel.room_booking alter column check_in drop not null;
prepare unbounded as update hotel.room_booking set check_in = null where id = 3;
select throws_ok(
    'unbounded', '23514', 'booking 3: stay_has_nights does not hold',
    'a range without beginning is refused by the row rules'
);
alter table hotel.room_booking disable trigger user;
prepare behind as update hotel.room_booking set room_id = 1 where id = 4;
select throws_ok('behind', '23P01', null, 'it holds with every trigger off');
select is(
    (
        select count(*) from pg_catalog.pg_constraint as c
        where
            c.conrelid = 'hotel.room_booking'::regclass
            and c.conname = 'interlock_booking_claim_room'
            and obj_description(c.oid, 'pg_constraint') ~ '^booking: claim room '
    ),
    1::bigint, 'the constraint has its name and a comment'
);
set session_replication_role = replica;
select throws_ok('behind', '23P01', null, 'and for a replica');

select * from finish();
rollback;
