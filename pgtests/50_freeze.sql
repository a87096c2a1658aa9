-- IL07: the key never changes, a stamp only with its state, a frozen column not at all.

begin;
\ir fixtures/booking.sql
select plan(10);

insert into hotel.room_booking (id, paid_at) select n, now() from generate_series(1, 2) as n;
update hotel.room_booking set status = 'CONFIRMED';
update hotel.room_booking set status = 'CHECKED_IN', room_id = id;
update hotel.room_booking set status = 'CHECKED_OUT' where id = 2;

prepare other_key as update hotel.room_booking set id = 9 where id = 1;
select throws_ok(
    'other_key', '23514', 'booking 1: the key id may not change',
    'a key never changes'
);

prepare back_date as
update hotel.room_booking set checked_in_at = checked_in_at - interval '1 day' where id = 1;
select throws_ok(
    'back_date', '23514', 'booking 1: checked_in_at changes only when its state is entered',
    'a stamp is not moved'
);

prepare back_date_quietly as
update hotel.room_booking
set status = status, checked_in_at = checked_in_at - interval '1 day'
where id = 1;
select throws_ok(
    'back_date_quietly', '23514', 'booking 1: checked_in_at changes only when its state is entered',
    'also not beside the same state'
);

prepare back_date_later as
update hotel.room_booking
set status = 'CHECKED_OUT', checked_in_at = checked_in_at - interval '1 day'
where id = 1;
select throws_ok(
    'back_date_later', '23514', 'booking 1: checked_in_at changes only when its state is entered',
    'nor by a move into another state'
);

prepare other_room as update hotel.room_booking set room_id = 3 where id = 2;
select throws_ok(
    'other_room', '23514', 'booking 2: room_id may not change in CHECKED_OUT',
    'a column is frozen where the state says so'
);

prepare other_nights as update hotel.room_booking set check_out = check_out + 1 where id = 2;
select throws_ok(
    'other_nights', '23514', 'booking 2: check_out may not change in CHECKED_OUT',
    'each of them'
);

prepare room_gone as delete from hotel.room where id = 2;
select throws_ok(
    'room_gone', '23514', null,
    'and no foreign key sets it null'
);

prepare free as update hotel.room_booking set note = 'forgot an umbrella' where id = 2;
select lives_ok('free', 'a free column stays free');

prepare other_room_before as update hotel.room_booking set room_id = 3 where id = 1;
select lives_ok('other_room_before', 'and one that is frozen later is free before');

select is(
    (select b.checked_in_at = now() from hotel.room_booking as b where b.id = 1), true,
    'the stamp is what it was'
);

select * from finish();
rollback;
