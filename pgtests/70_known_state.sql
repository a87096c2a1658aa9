-- IL11: the state is one of the machine's, letter for letter, and never null.

begin;
\ir fixtures/booking.sql
select plan(11);

insert into hotel.room_booking (id, paid_at) values (1, now());

create function hotel.into(p_state text) returns void language sql as
$$ update hotel.room_booking set status = p_state where id = 1 $$;

select throws_ok(
    format('select hotel.into(%L)', v.state), '23514',
    'booking 1: status is not a state of this machine',
    v.told
)
from (
    values
    ('confirmed', 'another case is another state'),
    ('CONFIRMED ', 'a blank behind it too'),
    (' CONFIRMED', 'or before it'),
    ('', 'nothing is no state'),
    ('DELETED', 'nor is any other word'),
    (null, 'nor null')
) as v (state, told);

prepare unknown_birth as insert into hotel.room_booking (id, status) values (2, 'NEW');
select throws_ok(
    'unknown_birth', '23514', 'booking 2: status is not a state of this machine',
    'a row does not begin in an unknown state'
);

prepare known as update hotel.room_booking set status = 'CONFIRMED' where id = 1;
select lives_ok('known', 'a known one is taken');

-- The CHECK alone, with every trigger off.
set constraints all immediate;
alter table hotel.room_booking disable trigger user;
prepare behind as update hotel.room_booking set status = 'LOST' where id = 1;
select throws_ok(
    'behind', '23514', 'booking 1: status is not a state of this machine',
    'it holds with every trigger off'
);
prepare behind_null as update hotel.room_booking set status = null where id = 1;
select throws_ok(
    'behind_null', '23514', 'booking 1: status is not a state of this machine',
    'for null too'
);

select is(
    (select b.status from hotel.room_booking as b where b.id = 1), 'CONFIRMED',
    'the row is as it was'
);

select * from finish();
rollback;
