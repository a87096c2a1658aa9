-- IL01: a row moves only along the transitions of its machine.

begin;
\ir fixtures/booking.sql
select plan(14);

insert into hotel.room_booking (id, paid_at) select n, now() from generate_series(1, 3) as n;
update hotel.room_booking set status = 'CANCELLED' where id = 2;

prepare confirm as update hotel.room_booking set status = 'CONFIRMED' where id = 1;
select lives_ok('confirm', 'an allowed move passes');
select is(
    (select b.status from hotel.room_booking as b where b.id = 1), 'CONFIRMED',
    'and is stored'
);
select results_eq(
    $$
        select a.kind, a.event, a.from_state, a.to_state from interlock.booking_audit as a
        where a.key_id = 1 order by a.id
    $$,
    $$
        values ('birth', null, null, 'PENDING'), ('move', 'confirm', 'PENDING', 'CONFIRMED')
    $$,
    'and recorded, once, with its event'
);

prepare jump as update hotel.room_booking set status = 'CHECKED_OUT', room_id = 1 where id = 3;
select throws_ok(
    'jump', '23514', 'booking 3: PENDING -> CHECKED_OUT is not allowed',
    'a jump over states is refused'
);

prepare revive as update hotel.room_booking set status = 'CONFIRMED' where id = 2;
select throws_ok(
    'revive', '23514', 'booking 2: CANCELLED -> CONFIRMED is not allowed',
    'and a move out of a final state'
);

prepare back as update hotel.room_booking set status = 'PENDING' where id = 1;
select throws_ok(
    'back', '23514', 'booking 1: CONFIRMED -> PENDING is not allowed',
    'and one back along a move'
);

prepare some_legal as update hotel.room_booking set status = 'CANCELLED' where id in (1, 2, 3);
select lives_ok('some_legal', 'many rows move at once, and one stands there already');

prepare some_illegal as
update hotel.room_booking set status = case id when 1 then 'CANCELLED' else 'NO_SHOW' end
where id in (1, 2);
select throws_ok(
    'some_illegal', '23514', 'booking 2: CANCELLED -> NO_SHOW is not allowed',
    'one illegal move among many refuses all'
);

prepare touch as update hotel.room_booking set status = status, note = 'x' where id = 2;
select lives_ok('touch', 'writing the same state again is no move');
select is(
    (select count(*) from interlock.booking_audit as a where a.key_id = 2), 2::bigint,
    'and no entry'
);

prepare unset as update hotel.room_booking set status = null where id = 2;
select throws_ok(
    'unset', '23514', 'booking 2: status is not a state of this machine',
    'null is no way around the machine'
);

insert into hotel.room_booking (id) values (4);
create function hotel.jump() returns trigger language plpgsql as
$$ begin new.status := 'NO_SHOW'; return new; end $$;
create trigger zz_jump before update on hotel.room_booking
for each row execute function hotel.jump();
prepare bump as update hotel.room_booking set note = 'bumped' where id = 4;
select throws_ok(
    'bump', '23514', 'booking 4: PENDING -> NO_SHOW is not allowed',
    'nor is a trigger of the application, on an update that names no state'
);
drop trigger zz_jump on hotel.room_booking;

create function hotel.again() returns trigger language plpgsql as
$$
begin
    update hotel.room_booking set status = 'NO_SHOW' where id = new.id and status = 'PENDING';
    return null;
end
$$;
create trigger zz_again after update on hotel.room_booking
for each row execute function hotel.again();
prepare note as update hotel.room_booking set note = 'noted' where id = 4;
select throws_ok(
    'note', '23514', 'booking 4: PENDING -> NO_SHOW is not allowed',
    'nor one that updates the row again'
);

select is(
    (select b.status from hotel.room_booking as b where b.id = 4), 'PENDING',
    'the row is as it was'
);

select * from finish();
rollback;
