-- IL04: the condition of a move holds when the move is made.

begin;
\ir fixtures/booking.sql
select plan(7);

insert into hotel.room_booking (id) values (1), (2);

prepare unpaid as update hotel.room_booking set status = 'CONFIRMED' where id = 1;
select throws_ok(
    'unpaid', '23514', 'booking 1: PENDING -> CONFIRMED needs paid_at is not null',
    'a move whose guard does not hold is refused'
);
select is(
    (select b.status from hotel.room_booking as b where b.id = 1), 'PENDING',
    'and the row stays'
);

prepare paid as
update hotel.room_booking set status = 'CONFIRMED', paid_at = now() where id = 1;
select lives_ok('paid', 'the guard sees what the same write brings');

prepare unpaid_later as update hotel.room_booking set paid_at = null where id = 1;
select lives_ok('unpaid_later', 'it is judged when the move is made, and not afterwards');
select results_eq(
    $$
        select a.kind, a.old_paid_at is not null, a.new_paid_at
        from interlock.booking_audit as a
        where a.key_id = 1 order by a.id desc limit 1
    $$,
    $$ values ('change', true, null::timestamptz) $$,
    'but an audited column is recorded'
);

create function hotel.unpay() returns trigger language plpgsql as
$$ begin new.paid_at := null; return new; end $$;
create trigger zz_unpay before update on hotel.room_booking
for each row execute function hotel.unpay();
prepare pretended as
update hotel.room_booking set status = 'CONFIRMED', paid_at = now() where id = 2;
select throws_ok(
    'pretended', '23514', 'booking 2: PENDING -> CONFIRMED needs paid_at is not null',
    'it is the final row that is judged, whatever other triggers do'
);

prepare unguarded as update hotel.room_booking set status = 'CANCELLED' where id = 2;
select lives_ok('unguarded', 'a move without a guard asks nothing');

select * from finish();
rollback;
