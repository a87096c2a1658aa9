-- IL14: a condition on rows that holds always, or while in some states; null does not hold.

begin;
\ir fixtures/booking.sql
select plan(9);

insert into hotel.room_booking (id, paid_at) values (1, now()), (2, now());

prepare no_nights as update hotel.room_booking set check_out = check_in where id = 1;
select throws_ok(
    'no_nights', '23514', 'booking 1: stay_has_nights does not hold',
    'a condition holds in every state'
);
prepare born_broken as
insert into hotel.room_booking (id, check_in, check_out) values (3, '2026-02-02', '2026-02-01');
select throws_ok(
    'born_broken', '23514', 'booking 3: stay_has_nights does not hold',
    'from birth'
);
prepare more_nights as update hotel.room_booking set check_out = check_out + 1 where id = 1;
select lives_ok('more_nights', 'a write that keeps it passes');

prepare nobody as update hotel.room_booking set guests = 0 where id = 1;
select lives_ok('nobody', 'a condition of one state is not asked in another');

update hotel.room_booking set status = 'CONFIRMED' where id = 1;
prepare nobody_comes as
update hotel.room_booking set status = 'CHECKED_IN', room_id = 1 where id = 1;
select throws_ok(
    'nobody_comes', '23514', 'booking 1: guests_in_house does not hold',
    'it is when the state is entered'
);
prepare two_come as
update hotel.room_booking set status = 'CHECKED_IN', room_id = 1, guests = 2 where id = 1;
select lives_ok('two_come', 'and passes when it holds');
prepare they_vanish as update hotel.room_booking set guests = 0 where id = 1;
select throws_ok(
    'they_vanish', '23514', 'booking 1: guests_in_house does not hold',
    'and while the row is there'
);

-- The CHECK alone, with every trigger off, on a column that may now be null.
set constraints all immediate;
alter table hotel.room_booking disable trigger user;
alter table hotel.room_booking alter column guests drop not null;
prepare unknown as update hotel.room_booking set guests = null where id = 1;
select throws_ok(
    'unknown', '23514', 'booking 1: guests_in_house does not hold',
    'null does not hold, with every trigger off'
);
prepare unknown_elsewhere as update hotel.room_booking set guests = null where id = 2;
select lives_ok('unknown_elsewhere', 'and is not asked elsewhere');

select * from finish();
rollback;
