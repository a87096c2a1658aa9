-- IL05: a move that needs approvals is made once others have given them, and takes them.

begin;
create role interlock_try_app;
create role interlock_try_ann in role interlock_try_app;
create role interlock_try_bob;
\ir fixtures/booking_approval.sql
select plan(15);

grant usage on schema hotel to public;
grant select, insert, update on hotel.room_booking to public;
insert into hotel.room_booking (id, paid_at) select n, now() from generate_series(1, 3) as n;

prepare cancel as update hotel.room_booking set status = 'CANCELLED' where id = 1;
prepare approve as select interlock.approve('booking', 1, 'cancel', reason => 'guest was ill');

set local session authorization interlock_try_app;
select throws_ok(
    'cancel', '23514', 'booking 1: PENDING -> CANCELLED needs 2 approvals, and 2 are missing',
    'a move that nobody has approved of is refused'
);
select is(
    (select a.needs from interlock.allowed('booking', 1) as a where a.event = 'cancel'),
    array['2 more approvals'], 'which is what interlock.allowed says'
);

set local session authorization interlock_try_ann;
select is(
    interlock.approve('booking', 1, 'cancel') - 'machine' - 'key' - 'event',
    '{"from": "PENDING", "approvals": 1, "missing": 1}'::jsonb,
    'who approves is told how many are missing'
);
select interlock.act_as('somebody else');
select is(
    interlock.approve('booking', 1, 'cancel') -> 'approvals', '1',
    'one login does not count twice, whoever it claims to be'
);
set local role interlock_try_app;
select throws_ok(
    'cancel', '23514', 'booking 1: PENDING -> CANCELLED needs 2 approvals, and 2 are missing',
    'nor does who moves count, in whatever role'
);

set local session authorization interlock_try_bob;
select lives_ok('approve', 'another may approve');
select is(
    interlock.withdraw('booking', 1, 'cancel') -> 'withdrawn', '1', 'and withdraw it'
);
select lives_ok('approve', 'and approve again');

reset session authorization;
update hotel.room_booking set paid_at = '2026-01-01' where id = 1;
set local session authorization interlock_try_app;
select throws_ok(
    'cancel', '23514', 'booking 1: PENDING -> CANCELLED needs 2 approvals, and 2 are missing',
    'what was approved is no more once a recorded column has changed'
);

set local session authorization interlock_try_ann;
select lives_ok('approve', 'the one approves anew');
set local session authorization interlock_try_bob;
select lives_ok('approve', 'and the other');
set local session authorization interlock_try_app;
select lives_ok('cancel', 'then the move is made');
select throws_ok(
    $$ update hotel.room_booking set status = 'CANCELLED' where id = 2 $$,
    '23514', 'booking 2: PENDING -> CANCELLED needs 2 approvals, and 2 are missing',
    'but not that of another row'
);
select throws_ok(
    $$ insert into interlock.approval (machine_name) values ('booking') $$,
    '42501', null, 'nobody writes approvals himself'
);

reset session authorization;
select results_eq(
    $$
        select p.session_role
        from interlock.booking_audit as a
        join interlock.approval as p on p.approval_id = any(a.approvals)
        where a.event = 'cancel' and p.consumed_transaction = a.transaction_id
        order by p.session_role
    $$,
    $$ values ('interlock_try_ann'), ('interlock_try_bob') $$,
    'and the history keeps who approved'
);

select * from finish();
rollback;
