-- IL10, online: a row that was changed behind the triggers is refused at its next write.

begin;
\ir fixtures/booking_online.sql
select plan(8);

insert into hotel.room_booking (id, paid_at) select n, now() from generate_series(1, 3) as n;

prepare confirm as update hotel.room_booking set status = 'CONFIRMED' where id = 1;
select lives_ok('confirm', 'a row that is where its history says may move');
select is(
    (select h.state_name from interlock.booking_head as h where h.key_id = 1), 'CONFIRMED',
    'and its head moves with it'
);

-- The events of this transaction must have fired before a trigger can be switched.
set constraints all immediate;
alter table hotel.room_booking disable trigger interlock_50_booking_change;
update hotel.room_booking set status = 'CONFIRMED' where id = 2;
alter table hotel.room_booking enable always trigger interlock_50_booking_change;

prepare go_on as update hotel.room_booking set status = 'NO_SHOW' where id = 2;
select throws_ok(
    'go_on', '23514', 'booking 2: stands in CONFIRMED, but not by its history',
    'one that was moved behind the triggers may not'
);

prepare free as update hotel.room_booking set note = 'x' where id = 2;
select lives_ok('free', 'though a column that no rule speaks of is not looked at');

prepare correct_payment as update hotel.room_booking set paid_at = null where id = 2;
select throws_ok(
    'correct_payment', '23514', 'booking 2: stands in CONFIRMED, but not by its history',
    'and an audited one is'
);

prepare remove as delete from hotel.room_booking where id = 3;
select lives_ok('remove', 'a row may go where the spec allows it');
select is_empty(
    'select from interlock.booking_head as h where h.key_id = 3',
    'and its head goes with it'
);

select results_eq(
    $$
        select h.key_id, h.state_name collate "C" from interlock.booking_head as h
        order by h.key_id
    $$,
    $$ values (1::bigint, 'CONFIRMED' collate "C"), (2::bigint, 'PENDING' collate "C") $$,
    'the heads say where the history ended'
);

select * from finish();
rollback;
