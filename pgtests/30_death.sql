-- IL03: a row is deleted only where the machine allows it, and the table is never truncated.

begin;
\ir fixtures/booking.sql
select plan(9);

insert into hotel.room_booking (id, paid_at) select n, now() from generate_series(1, 3) as n;
update hotel.room_booking set status = 'CONFIRMED' where id in (2, 3);
update hotel.room_booking set status = 'CANCELLED' where id = 3;
insert into hotel.payment (id, booking_id, amount) values (1, 2, 90);

prepare allowed as delete from hotel.room_booking where id = 1;
select lives_ok('allowed', 'a pending booking may be deleted');
select results_eq(
    $$
        select a.kind, a.from_state, a.to_state from interlock.booking_audit as a
        where a.key_id = 1 order by a.id desc limit 1
    $$,
    $$ values ('death', 'PENDING', null::text) $$,
    'and its death is recorded'
);

prepare confirmed as delete from hotel.room_booking where id = 2;
select throws_ok(
    'confirmed', '23514', 'booking 2: a row in CONFIRMED may not be deleted',
    'a confirmed one may not'
);
select is(
    (select count(*) from hotel.payment), 1::bigint,
    'and what hangs on it by cascade stays'
);

prepare finished as delete from hotel.room_booking where id = 3;
select throws_ok(
    'finished', '23514', 'booking 3: a row in CANCELLED may not be deleted',
    'nor one in a final state'
);

prepare merged as
merge into hotel.room_booking as b
using (values (2)) as v (id) on b.id = v.id
when matched then delete;
select throws_ok(
    'merged', '23514', 'booking 2: a row in CONFIRMED may not be deleted',
    'also by merge'
);

select throws_ok(
    'truncate hotel.room_booking, hotel.payment', '23514',
    'booking: the table may not be truncated',
    'the table may not be truncated'
);
select throws_ok(
    'truncate hotel.room cascade', '23514', 'booking: the table may not be truncated',
    'nor by cascade'
);

select is(
    (select array_agg(b.id order by b.id) from hotel.room_booking as b), array[2, 3]::bigint[],
    'the rows are there'
);

select * from finish();
rollback;
