-- IL01: a reaction makes its move in the write that makes it possible, and no other.

begin;
create role interlock_try_app;
create function pg_temp.actor(p_name text) returns text language sql as
$$ select 'interlock' || chr(58) || p_name $$;
\ir fixtures/booking_reaction.sql
select plan(21);

grant usage on schema hotel to public;
grant select, insert, update on hotel.room_booking to public;
insert into hotel.room_booking (id, guests) select n, 2 from generate_series(1, 7) as n;
insert into hotel.room_booking (id, paid_at) values (8, '2026-01-01');
update hotel.room_booking set guests = 0 where id = 3;
set local role interlock_try_app;

select is(
    (select b.status from hotel.room_booking as b where b.id = 8), 'PENDING',
    'a row that is born paid begins where it was said to'
);
update hotel.room_booking set note = 'x', paid_at = paid_at, status = status where id = 8;
select is(
    (select b.status from hotel.room_booking as b where b.id = 8), 'PENDING',
    'an edit of it moves nothing'
);
prepare by_hand as update hotel.room_booking set status = 'CONFIRMED' where id = 8;
select throws_ok(
    'by_hand', '23514', 'booking 8: PENDING -> CONFIRMED is not for interlock_try_app',
    'nor may everybody move it by hand'
);

select interlock.act_as('webhook');
prepare pay as update hotel.room_booking set paid_at = now() where id = 1 returning status;
select results_eq('pay', $$ values ('CONFIRMED') $$, 'a payment confirms');
select interlock.act_as('');
prepare save as update hotel.room_booking set status = 'PENDING', note = null, paid_at = now()
where id = 2 returning status;
select results_eq('save', $$ values ('CONFIRMED') $$, 'also where all columns are written');

reset role;
select results_eq(
    $$ select a.event, a.from_state, a.to_state, a.actor, a.reason, a.cause, a.claimed_actor
    from interlock.booking_audit as a where a.kind = 'move' order by a.id $$,
    $$ values
    ('confirm', 'PENDING', 'CONFIRMED', 'interlock:payment_confirms',
        'payment_confirms: paid_at is not null', 'payment_confirms: paid_at is not null', 'webhook'),
    ('confirm', 'PENDING', 'CONFIRMED', 'interlock:payment_confirms',
        'payment_confirms: paid_at is not null', 'payment_confirms: paid_at is not null', null) $$,
    'the history says that the database did, why, and who wrote'
);
set local role interlock_try_app;

update hotel.room_booking set paid_at = now() where id = 3;
select is(
    (select b.status from hotel.room_booking as b where b.id = 3), 'PENDING',
    'where the guard does not hold the payment is kept and nothing moves'
);
update hotel.room_booking set guests = 2 where id = 3;
select is(
    (select b.status from hotel.room_booking as b where b.id = 3), 'CONFIRMED',
    'the write that meets the guard makes the move'
);

update hotel.room_booking set status = 'CANCELLED', paid_at = now() where id = 4;
select is(
    (select b.status from hotel.room_booking as b where b.id = 4), 'CANCELLED',
    'a row that is cancelled in the same write stays so'
);
prepare jump as update hotel.room_booking set status = 'NO_SHOW', paid_at = now() where id = 5;
select throws_ok(
    'jump', '23514', 'booking 5: PENDING -> NO_SHOW is not allowed',
    'a payment makes no illegal move legal'
);
prepare null_state as update hotel.room_booking set status = null, paid_at = now() where id = 5;
select throws_ok('null_state', '23514', null, 'nor an empty state');
prepare both_at_once as update hotel.room_booking set status = 'CONFIRMED', paid_at = now()
where id = 5 returning status;
select results_eq(
    'both_at_once', $$ values ('CONFIRMED') $$,
    'what the reaction would write may be written'
);
reset role;
select is(
    (
        select a.actor from interlock.booking_audit as a
        where a.key_id = 5 order by a.id desc limit 1
    ),
    pg_temp.actor('payment_confirms'), 'and is its move all the same'
);

insert into hotel.room_booking (id, paid_at) values (6, now())
on conflict (id) do update set paid_at = excluded.paid_at, status = excluded.status;
select is(
    (select b.status from hotel.room_booking as b where b.id = 6), 'CONFIRMED',
    'an upsert that updates makes it'
);
set local session_replication_role = replica;
update hotel.room_booking set paid_at = now() where id = 7;
set local session_replication_role = origin;
select is(
    (select b.status from hotel.room_booking as b where b.id = 7), 'CONFIRMED',
    'so does the replica role'
);

prepare forge as update hotel.room_booking set status = 'CANCELLED' where id = 1;
select interlock.act_as(pg_temp.actor('payment_confirms'));
select throws_ok(
    'forge', '23514', 'booking 1: nobody acts as interlock:payment_confirms but the database itself',
    'nobody else is that actor'
);
prepare forged_birth as insert into hotel.room_booking (id) values (9);
select throws_ok(
    'forged_birth', '23514',
    'booking 9: nobody acts as interlock:payment_confirms but the database itself',
    'not at a birth either'
);
select interlock.act_as(pg_temp.actor('deadline'));
select lives_ok('forge', 'interlock overdue is another');
select interlock.act_as('');

select set_config(
    'interlock.reacting', concat('booking/{"id"', chr(58), ' 8}/CONFIRMED=payment_confirms'), true
);
set local role interlock_try_app;
select throws_ok(
    'by_hand', '23514', 'booking 8: PENDING -> CONFIRMED is not for interlock_try_app',
    'no setting makes a move one of a reaction'
);
reset role;
prepare fired as select interlock.fire('booking', 8, 'confirm', reason => 'paid in cash') ->> 'to';
select results_eq('fired', $$ values ('CONFIRMED') $$, 'interlock.fire moves what was paid before');
select is(
    (
        select a.cause from interlock.booking_audit as a
        where a.key_id = 8 order by a.id desc limit 1
    ),
    null, 'and that is the move of its caller'
);

select * from finish();
rollback;
