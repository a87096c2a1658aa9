-- IL06: a write says who acts, and a move why, where the spec asks for it.

begin;
\ir fixtures/booking_attributed.sql
select plan(16);

prepare begin_unnamed as insert into hotel.room_booking (id, paid_at) values (9, now());
select throws_ok(
    'begin_unnamed', '23514', 'booking 9: no actor is given',
    'a row does not begin by nobody''s hand'
);

select interlock.act_as('desk:1');
insert into hotel.room_booking (id, paid_at) select n, now() from generate_series(1, 5) as n;
select is(
    (select array_agg(distinct a.actor) from interlock.booking_audit as a), array['desk:1'],
    'who acts is in every entry'
);

select interlock.act_as('');
prepare confirm as update hotel.room_booking set status = 'CONFIRMED' where id = 1;
select throws_ok(
    'confirm', '23514', 'booking 1: no actor is given',
    'nor does it move'
);
prepare pay_back as update hotel.room_booking set paid_at = null where id = 1;
select throws_ok(
    'pay_back', '23514', 'booking 1: no actor is given',
    'nor changes in a column that is recorded'
);
prepare remove as delete from hotel.room_booking where id = 5;
select throws_ok(
    'remove', '23514', 'booking 5: no actor is given',
    'nor ends'
);
prepare free as update hotel.room_booking set note = 'x' where id = 1;
select lives_ok('free', 'what leaves no entry needs no actor');
prepare jump as update hotel.room_booking set status = 'NO_SHOW' where id = 1;
select throws_ok(
    'jump', '23514', 'booking 1: PENDING -> NO_SHOW is not allowed',
    'a write that breaks another rule is told of that one'
);

select interlock.act_as(E' \t ');
select throws_ok(
    'confirm', '23514', 'booking 1: no actor is given',
    'a blank is nobody'
);
select interlock.act_as(null);
select throws_ok(
    'confirm', '23514', 'booking 1: no actor is given',
    'and so is null'
);

select interlock.act_as('desk:2');
select lives_ok('confirm', 'somebody may');
prepare cancel as update hotel.room_booking set status = 'CANCELLED' where id = 1;
select throws_ok(
    'cancel', '23514', 'booking 1: cancel needs a reason',
    'a move that needs a reason is refused without one'
);
prepare check_in as update hotel.room_booking set status = 'CONFIRMED' where id = 2;
select lives_ok('check_in', 'one that needs none is not asked');

select interlock.act_as('desk:2', reason => 'guest phoned');
select lives_ok('cancel', 'and passes with one');
select results_eq(
    $$
        select a.event, a.actor, a.reason from interlock.booking_audit as a
        where a.key_id = 1
        order by a.id desc
        limit 1
    $$,
    $$ values ('cancel', 'desk:2', 'guest phoned') $$,
    'both are recorded'
);
select lives_ok('remove', 'a row ends by somebody''s hand');
select is(
    (select a.actor from interlock.booking_audit as a where a.kind = 'death'), 'desk:2',
    'whose entry names him'
);

select * from finish();
rollback;
