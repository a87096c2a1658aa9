-- IL09: a column of another table is true while a row is in some states, and nobody else writes it.

begin;
\ir fixtures/booking_mirror.sql
select plan(20);

create temporary view occupied as
select array(select r.id::integer from hotel.room as r where r.is_occupied order by r.id) as rooms;

insert into hotel.room_booking (id, paid_at) values (1, now()), (2, now());
update hotel.room_booking set status = 'CONFIRMED', room_id = 1, check_in = '2026-01-01'
where id = 1;
update hotel.room_booking set
    status = 'CONFIRMED', room_id = 1, check_in = '2026-02-01', check_out = '2026-02-03'
where id = 2;

select is((select rooms from occupied), '{}', 'a room that is only booked is free');
update hotel.room_booking set status = 'CHECKED_IN' where id = 1;
select is((select rooms from occupied), '{1}', 'and occupied when its guest is in');

update hotel.room_booking set room_id = 2 where id = 1;
select is((select rooms from occupied), '{2}', 'a guest who moves leaves one and takes the other');
update hotel.room_booking set room_id = 1 where id = 1;
update hotel.room_booking set status = 'CHECKED_IN' where id = 2;
update hotel.room_booking set status = 'CHECKED_OUT' where id = 1;
select is((select rooms from occupied), '{1}', 'it is occupied as long as one of two is in');

prepare freed as update hotel.room set is_occupied = false where id = 1;
select throws_ok(
    'freed', '23514',
    'booking: hotel.room 1: is_occupied cannot be false: a row of hotel.room_booking in CHECKED_IN'
    || ' has it as room_id',
    'nobody else says that it is free'
);
prepare taken as update hotel.room set is_occupied = true where id = 3;
select throws_ok('taken', '23514', null, 'nor that another is taken');
prepare born as insert into hotel.room values (70, '70', true);
select throws_ok('born', '23514', null, 'nor does a room begin so');
prepare so as update hotel.room set is_occupied = true, number = '1a' where id = 1;
select lives_ok('so', 'what is so may be written');
prepare nothing as update hotel.room set is_occupied = is_occupied;
select lives_ok('nothing', 'and what was there');
prepare emptied as update hotel.room set is_occupied = null where id = 3;
alter table hotel.room alter column is_occupied drop not null;
select throws_ok('emptied', '23514', null, 'null is neither');

set session_replication_role = replica;
select throws_ok('freed', '23514', null, 'it holds for a replica');
set session_replication_role = origin;
set constraints all deferred;
select throws_ok('freed', '23514', null, 'and is not put off');

alter table hotel.room_booking drop constraint room_booking_in_room;
prepare gone as delete from hotel.room where id = 1;
select throws_ok('gone', '23514', null, 'a room with a guest stays');
prepare renumbered as update hotel.room set id = 71 where id = 1;
select throws_ok('renumbered', '23514', null, 'under its key');
select throws_ok(
    'truncate hotel.room', '23514', 'booking: hotel.room: it may not be truncated', 'with all others'
);
prepare free_one as delete from hotel.room where id = 3;
select lives_ok('free_one', 'an empty one may go');
prepare nowhere as update hotel.room_booking set room_id = 3 where id = 2;
select throws_ok(
    'nowhere', '23514', 'booking 2: no row of hotel.room has id = 3',
    'and nobody moves to where it was'
);

insert into hotel.room (id, number) values (4, '104');
insert into hotel.room_booking (id, paid_at) values (4, now());
update hotel.room_booking set status = 'CONFIRMED', room_id = 4 where id = 4;
update hotel.room set number = '13' where id = 4;
prepare unlucky as update hotel.room_booking set status = 'CHECKED_IN' where id = 4;
select throws_ok(
    'unlucky', '23514',
    'booking 4: CONFIRMED -> CHECKED_IN needs number <> ''13'' (on hotel.room)',
    'a guard may ask about the room'
);
update hotel.room set number = '14' where id = 4;
select lives_ok('unlucky', 'and let in once it holds');
select is((select rooms from occupied), '{1,4}', 'the room is occupied then');

select * from finish();
rollback;
