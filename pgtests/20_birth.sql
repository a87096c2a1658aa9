-- IL02: a row begins in an initial state, and the key of a deleted row is not used again.

begin;
\ir fixtures/booking.sql
select plan(10);

prepare born as insert into hotel.room_booking (id, status) values (1, 'PENDING'), (2, 'PENDING');
select lives_ok('born', 'rows begin in the initial state');
select results_eq(
    'select key_id, kind, from_state, to_state from interlock.booking_audit order by id',
    $$ values (1::bigint, 'birth', null, 'PENDING'), (2::bigint, 'birth', null, 'PENDING') $$,
    'and their births are recorded'
);

prepare late as insert into hotel.room_booking (id, status, paid_at) values (3, 'CONFIRMED', now());
select throws_ok(
    'late', '23514', 'booking 3: a row may not begin as CONFIRMED',
    'a row that begins later is refused'
);

prepare some_late as
insert into hotel.room_booking (id, status)
values (3, 'PENDING'), (4, 'NO_SHOW');
select throws_ok(
    'some_late', '23514', 'booking 4: a row may not begin as NO_SHOW',
    'also among others'
);

prepare unborn as insert into hotel.room_booking (id, status) values (3, null);
select throws_ok(
    'unborn', '23514', 'booking 3: status is not a state of this machine',
    'and one without a state'
);

create function hotel.begin_late() returns trigger language plpgsql as
$$ begin new.status := 'NO_SHOW'; return new; end $$;
create trigger zz_late before insert on hotel.room_booking
for each row execute function hotel.begin_late();
prepare pushed as insert into hotel.room_booking (id) values (3);
select throws_ok(
    'pushed', '23514', 'booking 3: a row may not begin as NO_SHOW',
    'whatever a trigger of the application makes of it'
);
drop trigger zz_late on hotel.room_booking;

prepare upsert as
insert into hotel.room_booking (id) values (1)
on conflict (id) do update set note = 'there already';
select lives_ok('upsert', 'an upsert of a row that is there is no birth');

delete from hotel.room_booking where id = 1;
prepare again as insert into hotel.room_booking (id) values (1);
select throws_ok(
    'again', '23514', 'booking 1: this key was used before, and its row deleted',
    'a deleted key has no second life'
);

prepare another as insert into hotel.room_booking (id) values (5);
select lives_ok('another', 'another key may begin');

select is(
    (select array_agg(b.id order by b.id) from hotel.room_booking as b), array[2, 5]::bigint[],
    'nothing else is stored'
);

select * from finish();
rollback;
