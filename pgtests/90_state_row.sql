-- IL13: what a row looks like in a state: columns it requires, forbids, clears.

begin;
\ir fixtures/booking.sql
select plan(11);

insert into hotel.room_booking (id, paid_at) select n, now() from generate_series(1, 3) as n;
update hotel.room_booking set status = 'CONFIRMED' where id in (1, 2);

prepare roomless as update hotel.room_booking set status = 'CHECKED_IN' where id = 1;
select throws_ok(
    'roomless', '23514', 'booking 1: CHECKED_IN requires room_id',
    'a column that the state requires must be there'
);

prepare with_room as
update hotel.room_booking set status = 'CHECKED_IN', room_id = 1 where id = 1;
select lives_ok('with_room', 'the same write may bring it');

prepare room_taken as update hotel.room_booking set room_id = null where id = 1;
select throws_ok(
    'room_taken', '23514', 'booking 1: CHECKED_IN requires room_id',
    'it must stay'
);
prepare room_gone as delete from hotel.room where id = 1;
select throws_ok(
    'room_gone', '23514', 'booking 1: CHECKED_IN requires room_id',
    'also against a foreign key that would set it null'
);

prepare too_early as update hotel.room_booking set room_id = 2 where id = 3;
select throws_ok(
    'too_early', '23514', 'booking 3: PENDING forbids room_id',
    'a column that the state forbids must not be there'
);
prepare born_with as insert into hotel.room_booking (id, room_id) values (4, 2);
select throws_ok(
    'born_with', '23514', 'booking 4: PENDING forbids room_id',
    'not at birth either'
);

prepare assign as update hotel.room_booking set room_id = 2 where id = 2;
select lives_ok('assign', 'where a state says nothing, all is allowed');

prepare cancel as update hotel.room_booking set status = 'CANCELLED', room_id = 3 where id = 2;
select lives_ok('cancel', 'a move into a state that clears a column passes with it');
select is(
    (select b.room_id from hotel.room_booking as b where b.id = 2), null::bigint,
    'and clears it'
);

prepare assign_later as update hotel.room_booking set room_id = 3 where id = 2;
select throws_ok(
    'assign_later', '23514', 'booking 2: CANCELLED forbids room_id',
    'there it stays null'
);

-- The CHECK alone, with every trigger off.
set constraints all immediate;
alter table hotel.room_booking disable trigger user;
prepare behind as update hotel.room_booking set room_id = 3 where id = 2;
select throws_ok(
    'behind', '23514', 'booking 2: CANCELLED forbids room_id',
    'it holds with every trigger off'
);

select * from finish();
rollback;
