-- IL12: a stamp is there when, and only when, its states have been entered; it is filled on entry.

begin;
\ir fixtures/booking.sql
select plan(14);

insert into hotel.room_booking (id, paid_at) select n, now() from generate_series(1, 4) as n;
update hotel.room_booking set status = 'CONFIRMED';

prepare check_in as update hotel.room_booking set status = 'CHECKED_IN', room_id = 1 where id = 1;
select lives_ok('check_in', 'a move into the state of a stamp needs no time');
select is(
    (select b.checked_in_at from hotel.room_booking as b where b.id = 1), now(),
    'it is filled'
);

prepare check_in_then as
update hotel.room_booking
set status = 'CHECKED_IN', room_id = 2, checked_in_at = '2026-01-01 15:00+00'
where id = 2;
select lives_ok('check_in_then', 'a time that is given');
select is(
    (select b.checked_in_at from hotel.room_booking as b where b.id = 2),
    '2026-01-01 15:00+00'::timestamptz,
    'is kept'
);

prepare check_out_null as
update hotel.room_booking set status = 'CHECKED_OUT', checked_out_at = null where id = 2;
select lives_ok('check_out_null', 'null is no way to have none');
select is(
    (select b.checked_out_at from hotel.room_booking as b where b.id = 2), now(),
    'it is filled as well'
);

prepare too_early as update hotel.room_booking set checked_in_at = now() where id = 3;
select throws_ok(
    'too_early', '23514', 'booking 3: checked_in_at does not fit the state',
    'there is no stamp before its state'
);

prepare wrong_one as
update hotel.room_booking set status = 'NO_SHOW', checked_out_at = now() where id = 3;
select throws_ok(
    'wrong_one', '23514', 'booking 3: checked_out_at does not fit the state',
    'nor one of a state that the row never enters'
);

prepare born_with as insert into hotel.room_booking (id, cancelled_at) values (9, now());
select throws_ok(
    'born_with', '23514', 'booking 9: cancelled_at does not fit the state',
    'nor one at birth'
);

prepare emptied as update hotel.room_booking set checked_in_at = null where id = 2;
select throws_ok(
    'emptied', '23514', 'booking 2: checked_in_at does not fit the state',
    'it stays when its state has been left'
);

prepare never as
update hotel.room_booking set status = 'CANCELLED', cancelled_at = 'infinity' where id = 4;
select throws_ok(
    'never', '23514', 'booking 4: cancelled_at does not fit the state',
    'infinity is no time'
);

create function hotel.forget() returns trigger language plpgsql as
$$ begin new.cancelled_at := null; return new; end $$;
create trigger zz_forget before update on hotel.room_booking
for each row execute function hotel.forget();
prepare forgotten as update hotel.room_booking set status = 'CANCELLED' where id = 4;
select throws_ok(
    'forgotten', '23514', 'booking 4: cancelled_at does not fit the state',
    'a trigger that takes it away again is found out'
);
drop trigger zz_forget on hotel.room_booking;

-- The CHECK alone, with every trigger off.
set constraints all immediate;
alter table hotel.room_booking disable trigger user;
prepare behind as update hotel.room_booking set status = 'CANCELLED' where id = 4;
select throws_ok(
    'behind', '23514', 'booking 4: cancelled_at does not fit the state',
    'it holds with every trigger off'
);

select is(
    (select count(*) from hotel.room_booking as b where b.cancelled_at is not null), 0::bigint,
    'no stamp came in'
);

select * from finish();
rollback;
