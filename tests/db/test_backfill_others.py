"""Backfill beside others: users who hold and write rows, code of others, limits, forged passes."""

import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from tests.db import backfill_bookings as bookings
from tests.servers import TestServer

from pginterlock import apply, backfill, embedded
from pginterlock.backfill import Choice, Pace
from pginterlock.backfill.throttle import Limits
from pginterlock.errors import EnvironmentFault, IncompleteError, UnsafeError
from pginterlock.waiting import Waiting

Connect = Callable[..., psycopg.Connection]
QUICK = Waiting(50, 0.4)


@pytest.fixture
def old(make_database: Callable[..., str], connect: Connect) -> psycopg.Connection:
    """A thousand bookings, eight in a hundred of them wrong, under a machine that observes."""
    return connect(make_database("old_bookings", bookings.build), autocommit=True)


def rows(session: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return session.execute(query.encode()).fetchall()


def test_a_row_that_a_user_repairs_meanwhile_is_left_to_him(
    old: psycopg.Connection, connect: Connect
) -> None:
    user = connect(old.info.dsn)
    user.execute("update booking set cancelled_at = '2026-05-05' where id = 2")
    asked = bookings.prepared(old)
    after = threading.Timer(0.6, user.commit)
    after.start()

    done = backfill.run(old, asked, Pace(waiting=Waiting(50, 10)))

    after.join()
    assert (done.repaired, done.locked) == (79, 0)
    assert rows(old, "select cancelled_at::date::text from booking where id = 2") == [
        ("2026-05-05",)
    ]
    kinds = rows(old, "select kind from interlock.booking_audit where key_id = 2")
    assert ("backfill",) not in kinds


def test_a_row_that_is_held_all_the_time_is_kept_for_the_next_run(
    old: psycopg.Connection, connect: Connect
) -> None:
    user = connect(old.info.dsn)
    user.execute("select * from booking where id in (2, 3) for update")

    first = bookings.run(old, pace=Pace(waiting=QUICK))

    assert (first.repaired, first.locked, first.is_whole) == (78, 2, True)
    user.rollback()
    second = bookings.run(old)
    assert (second.repaired, second.locked, second.job.id) == (2, 0, first.job.id)
    assert bookings.findings(old) == []


def test_users_write_on_during_a_backfill_and_none_waits_for_all_of_it(
    old: psycopg.Connection, connect: Connect
) -> None:
    stop, waits, refused = threading.Event(), [0.0], []

    def write(session: psycopg.Connection) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            began = time.monotonic()
            try:
                session.execute("update booking set note = 'u' where id = %s", [number % 1000 + 1])
            except psycopg.Error as error:
                refused.append(error)
            waits.append(time.monotonic() - began)

    writer = threading.Thread(target=write, args=[connect(old.info.dsn, autocommit=True)])
    writer.start()
    pace = Pace(target_ms=10, waiting=Waiting(50, 10), limits=Limits(pause_s=0.01))
    done = bookings.run(old, pace=pace)
    stop.set()
    writer.join()

    assert (done.repaired + done.quarantined, done.locked) == (80, 0)
    assert refused == []
    assert len(waits) > 2
    assert bookings.findings(old) == []


def test_a_table_that_stays_locked_ends_the_run_and_the_next_goes_on(
    old: psycopg.Connection, connect: Connect
) -> None:
    asked = bookings.prepared(old)
    ddl = connect(old.info.dsn)
    ddl.execute("lock table booking in access exclusive mode")

    with pytest.raises(IncompleteError, match="a lock was not granted"):
        backfill.run(old, asked, Pace(waiting=QUICK))

    ddl.rollback()
    assert backfill.run(old, asked).repaired == 80


def test_a_busy_server_is_given_way_to_and_at_last_given_up(
    old: psycopg.Connection, connect: Connect
) -> None:
    busy = connect(old.info.dsn, autocommit=True)
    sleeper = threading.Thread(target=lambda: busy.execute("select pg_sleep(1.5)"))
    sleeper.start()
    time.sleep(0.2)
    asked = bookings.prepared(old)

    with pytest.raises(IncompleteError, match="sessions are active"):
        backfill.run(old, asked, Pace(limits=Limits(active_count=0, patience_s=0.3)))
    sleeper.join()

    # Other tests share this server: so the limit is above what they do.
    done = backfill.run(old, asked, Pace(limits=Limits(active_count=150, patience_s=60)))
    assert done.repaired == 80


def test_an_error_of_the_server_itself_ends_the_run_and_loses_nothing(
    old: psycopg.Connection,
) -> None:
    """A full disk is what a trigger of the table raises here at the 40th row."""
    old.execute("create table budget (left_rows int); insert into budget values (40)")
    old.execute(
        "create function full_disk() returns trigger language plpgsql as $$ begin"
        " update budget set left_rows = left_rows - 1;"
        " if (select left_rows from budget) < 0 then"
        " raise exception using errcode = 'disk_full', message = 'no space left'; end if;"
        " return null; end $$"
    )
    old.execute(
        "create trigger zz after update on booking for each row execute function full_disk()"
    )
    asked = bookings.prepared(old)

    with pytest.raises(IncompleteError, match="no space left"):
        backfill.run(old, asked)
    done_before = len(rows(old, "select id from interlock.booking_audit"))
    old.execute("update budget set left_rows = 1000")
    done = backfill.run(old, asked)

    assert done_before + done.repaired == 80
    assert bookings.findings(old) == []


def test_two_runs_of_one_job_do_not_work_against_each_other(
    make_database: Callable[..., str], connect: Connect
) -> None:
    dsn = make_database("older_bookings", lambda session: bookings.build(session, 4000))
    old, other = connect(dsn, autocommit=True), connect(dsn, autocommit=True)
    asked = bookings.prepared(old)
    told: list[object] = []

    def cut_in(job: backfill.Job) -> None:
        if not told:
            told.append(job)
            bookings.run(other)

    with pytest.raises(EnvironmentFault, match="another run of interlock backfill"):
        backfill.run(old, asked, progress=cut_in)

    assert rows(old, "select count(*) from interlock.booking_audit") == [(320,)]
    assert bookings.findings(old) == []


NESTED = """
create function meddle() returns trigger language plpgsql as $$
begin
    if new.note is distinct from 'meddled' then
        update booking set status = 'CANCELLED', cancelled_at = now(), room = null,
            checked_in_at = null, note = 'meddled' where id = 5;
    end if;
    return null;
end $$;
create trigger zz_meddle after update on booking for each row execute function meddle();
"""


def test_a_trigger_that_moves_another_row_has_no_part_in_the_pass(
    old: psycopg.Connection,
) -> None:
    spec = bookings.wanted(mode="ratchet")
    apply.install(old, spec)
    old.execute(NESTED.encode())

    done = bookings.run(old, spec, choice=Choice(where="id = 2"))

    assert (done.repaired, done.quarantined) == (0, 1)
    reason = backfill.quarantine(old, "booking")[0]["reason"]
    assert "CHECKED_IN -> CANCELLED is not allowed" in reason


@pytest.fixture
def enforced(old: psycopg.Connection) -> psycopg.Connection:
    """The bookings, repaired and under a machine that enforces; and an application's role."""
    bookings.run(old)
    apply.install(old, bookings.wanted(mode="enforce"))
    old.execute(
        "do $$ begin create role backfill_app login;"
        " exception when duplicate_object or unique_violation then null; end $$"
    )
    old.execute("grant select, update on booking to backfill_app")
    return old


def test_no_setting_of_a_session_lifts_a_rule(
    enforced: psycopg.Connection, server: TestServer, connect: Connect
) -> None:
    app = connect(server.dsn(enforced.info.dbname, "backfill_app"), autocommit=True)
    app.execute("select set_config('interlock.lift', 'backfill', false)")

    with pytest.raises(psycopg.errors.CheckViolation, match="CANCELLED -> CONFIRMED"):
        app.execute("update booking set status = 'CONFIRMED', cancelled_at = null where id = 2")
    app.execute("update booking set room = 8 where id = 1")

    last = "select kind, new_room from interlock.booking_audit order by id desc limit 1"
    assert rows(enforced, last) == [("change", 8)]


@pytest.mark.parametrize(
    "statement",
    [
        "insert into interlock.backfill_pass (machine_name) values ('booking')",
        "insert into interlock.backfill_batch values (1, 9, null, 0, 0, 0, 0, 0)",
        "delete from interlock.backfill_row",
        "update interlock.backfill_job set last_key = null",
    ],
)
def test_an_application_gives_itself_no_pass(
    enforced: psycopg.Connection, server: TestServer, connect: Connect, statement: str
) -> None:
    app = connect(server.dsn(enforced.info.dbname, "backfill_app"), autocommit=True)

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(statement.encode())


def with_a_pass(session: psycopg.Connection, machine: str, *statements: str) -> None:
    """Write as a backfill does: with a pass that its own transaction has made."""
    with session.transaction():
        session.execute("insert into interlock.backfill_pass (machine_name) values (%s)", [machine])
        for statement in statements:
            session.execute(statement.encode())


def test_a_pass_is_of_one_transaction_of_one_machine(enforced: psycopg.Connection) -> None:
    enforced.execute("insert into interlock.backfill_pass (machine_name) values ('booking')")

    with pytest.raises(psycopg.errors.CheckViolation):
        enforced.execute("update booking set status = 'CONFIRMED' where id = 2")
    with pytest.raises(psycopg.errors.CheckViolation):
        with_a_pass(enforced, "other", "update booking set status = 'CONFIRMED' where id = 2")


def test_a_pass_lifts_no_row_rule(enforced: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="cancelled_at does not fit"):
        with_a_pass(enforced, "booking", "update booking set status = 'CONFIRMED' where id = 2")


def test_an_entry_that_says_it_is_of_a_backfill_and_is_of_none_is_found(
    enforced: psycopg.Connection,
) -> None:
    spec = bookings.wanted(mode="enforce")
    assert bookings.findings(enforced, spec) == []

    with_a_pass(
        enforced,
        "booking",
        "update booking set status = 'CONFIRMED', cancelled_at = null where id = 2",
        "insert into interlock.booking_audit (key_id, kind, from_state, to_state)"
        " values (2, 'backfill', 'CANCELLED', 'CONFIRMED')",
    )

    assert bookings.findings(enforced, spec) == ["IL10"]


@pytest.fixture
def private(server: TestServer) -> Iterator[embedded.Server]:
    """A server of its own, for roles and memberships are seen in every database of a server."""
    with embedded.running(bin_dir=server.bin_dir) as started:
        yield started


@pytest.mark.slow
def test_code_of_others_does_not_run_with_rights_of_ours(
    private: embedded.Server, connect: Connect
) -> None:
    """A superuser against a trigger of the table's owner (B105)."""
    admin = connect(private.dsn(), autocommit=True)
    admin.execute("create role table_owner login; grant create on schema public to public")
    bookings.build(admin)
    admin.execute("alter table booking owner to table_owner")
    admin.execute("set role table_owner")
    admin.execute(
        "create function trojan() returns trigger language plpgsql as $$ begin"
        " alter role table_owner superuser; return null; end $$"
    )
    admin.execute(
        "create trigger zz after update on booking for each row execute function trojan()"
    )
    admin.execute("reset role")

    with pytest.raises(UnsafeError, match=r"code of another role .* trigger zz"):
        bookings.run(admin)
    told = "select rolsuper from pg_roles where rolname = 'table_owner'"
    assert rows(admin, told) == [(False,)]


@pytest.mark.slow
def test_a_role_that_owns_nothing_repairs_with_the_rights_it_has(
    private: embedded.Server, connect: Connect
) -> None:
    admin = connect(private.dsn(), autocommit=True)
    bookings.build(admin)
    admin.execute("create role repairer login; create role stranger login")
    admin.execute("grant select, update on booking to repairer, stranger")
    admin.execute("grant interlock_owner to repairer")

    with pytest.raises(EnvironmentFault, match="no member of the owner"):
        bookings.run(connect(private.dsn(user="stranger"), autocommit=True))
    repairer = connect(private.dsn(user="repairer"), autocommit=True)
    assert bookings.run(repairer).repaired == 80
    told = "select distinct session_role from interlock.booking_audit"
    assert rows(repairer, told) == [("repairer",)]
