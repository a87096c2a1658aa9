-- IL05: a move that names roles is for their members, whoever's rights the write runs with.

begin;
create role interlock_try_app;
create role interlock_try_deputy in role pg_monitor;
\ir fixtures/booking_authority.sql
select plan(10);

grant usage on schema hotel to public;
grant select, insert, update on hotel.room_booking to public;
insert into hotel.room_booking (id, paid_at) select n, now() from generate_series(1, 3) as n;
update hotel.room_booking set status = 'CONFIRMED', room_id = id;

prepare no_show as update hotel.room_booking set status = 'NO_SHOW' where id = 1;

set local role interlock_try_app;
select throws_ok(
    'no_show', '23514', 'booking 1: CONFIRMED -> NO_SHOW is not for interlock_try_app',
    'a stranger may not make the move'
);
prepare check_in as update hotel.room_booking set status = 'CHECKED_IN' where id = 1;
select lives_ok('check_in', 'but one that names no role');
prepare fired as select interlock.fire('booking', 2, 'no_show');
select throws_ok(
    'fired', '23514', 'booking 2: CONFIRMED -> NO_SHOW is not for interlock_try_app',
    'nor by interlock.fire'
);
select results_eq(
    $$ select a.missing from interlock.allowed('booking', 2) as a where a.event = 'no_show' $$,
    $$ values (array['role']) $$,
    'which is what interlock.allowed says'
);

reset role;
create function hotel.lend() returns void language sql security definer as
$$ update hotel.room_booking set status = 'NO_SHOW' where id = 2 $$;
alter function hotel.lend() owner to pg_monitor;
set local role interlock_try_app;
prepare lent as select hotel.lend();
select throws_ok(
    'lent', '23514', 'booking 2: CONFIRMED -> NO_SHOW is not for interlock_try_app',
    'a function of somebody who may lends no right'
);
set local search_path = pg_temp, pg_catalog;
create function pg_temp.pg_has_role(name, oid, text) returns boolean language sql as $$ select true $$;
reset search_path;
select throws_ok(
    'lent', '23514', 'booking 2: CONFIRMED -> NO_SHOW is not for interlock_try_app',
    'nor does a function that is called like the server''s'
);

reset role;
set local role interlock_try_deputy;
prepare by_deputy as update hotel.room_booking set status = 'NO_SHOW' where id = 2;
select lives_ok('by_deputy', 'a member may');

reset role;
set local role pg_monitor;
prepare by_boss as update hotel.room_booking set status = 'NO_SHOW' where id = 3;
select lives_ok('by_boss', 'and the role itself');

reset role;
select is(
    (
        select array_agg(coalesce(a.set_role, '') order by a.id)
        from interlock.booking_audit as a where a.event = 'no_show'
    ),
    array['interlock_try_deputy', 'pg_monitor'],
    'the history keeps who moved the row'
);
select is(
    (select count(*)::integer from interlock.booking_audit as a where a.key_id = 1), 3,
    'and nothing of what was refused'
);

select * from finish();
rollback;
