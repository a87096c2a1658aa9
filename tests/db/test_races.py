"""Races: whatever sessions do at the same time, rows stay sound and histories connected."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from tests.conftest import HOTEL_SPEC, wait_until_blocked

from pginterlock import spec
from pginterlock.verify import Scope, verify

Connect = Callable[..., psycopg.Connection]
LEVELS = ["read committed", "repeatable read", "serializable"]
MOVE = "update hotel.room_booking set status = %s where id = 1"
ACT = "select interlock.act_as('a test', reason => 'to try it')"
ILLEGAL, CONFLICT = "23514", "40001"
_HONEST = (
    psycopg.errors.CheckViolation,
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
)


def book(session: psycopg.Connection, rows: int = 1) -> None:
    session.execute(
        "insert into hotel.room_booking (id, hotel_id, status, room_type, check_in, check_out,"
        " nightly_rate, assigned_room_id, payment_captured_at)"
        " select n, 1, 'PENDING', 'A', date '2026-01-01' + n / 9 * 2,"
        " date '2026-01-03' + n / 9 * 2, 90, n %% 9 + 1, now()"
        " from generate_series(1, %s) as n",
        [rows],
    )


@pytest.fixture
def pair(hotel: str, connect: Connect) -> tuple[psycopg.Connection, psycopg.Connection]:
    """Two sessions in transactions of their own, and one confirmed booking."""
    admin = connect(hotel, autocommit=True)
    book(admin)
    admin.execute(MOVE, ["CONFIRMED"])
    return connect(hotel), connect(hotel)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("CANCELLED", "CHECKED_IN", id="a cancel is faster than a check-in"),
        pytest.param("CHECKED_IN", "CANCELLED", id="a check-in is faster than a cancel"),
        pytest.param("CHECKED_IN", "NO_SHOW", id="a check-in is faster than the night audit"),
    ],
)
def test_the_second_of_two_moves_is_judged_by_the_first(
    pair: tuple[psycopg.Connection, psycopg.Connection],
    hotel: str,
    connect: Connect,
    level: str,
    first: str,
    second: str,
) -> None:
    one, other = pair
    watcher = connect(hotel, autocommit=True)
    for session in pair:
        session.execute(f"set transaction isolation level {level}".encode())
        session.execute("select status from hotel.room_booking where id = 1").fetchone()
    for session in pair:
        session.execute(ACT)
    one.execute(MOVE, [first])

    with ThreadPoolExecutor() as pool:
        late = pool.submit(other.execute, MOVE, [second])
        wait_until_blocked(watcher, other)
        one.commit()
        with pytest.raises(psycopg.Error) as refusal:
            late.result()

    assert refusal.value.sqlstate == (ILLEGAL if level == LEVELS[0] else CONFLICT)
    assert watcher.execute("select status from hotel.room_booking").fetchone() == (first,)
    found = verify(watcher, spec.load(HOTEL_SPEC)).findings
    assert [it for it in found if it.severity == "error"] == []


@pytest.mark.parametrize("level", LEVELS[:2])
def test_many_sessions_move_the_same_rows_and_every_history_stays_connected(
    hotel: str, connect: Connect, level: str
) -> None:
    admin = connect(hotel, autocommit=True)
    book(admin, 5)

    def work(seed: int) -> int:
        dice, moved = random.Random(seed), 0
        with psycopg.connect(hotel, autocommit=True) as session:
            session.execute(f"set default_transaction_isolation = '{level}'".encode())
            for _ in range(60):
                try:
                    state = dice.choice(["CONFIRMED", "CHECKED_IN", "CHECKED_OUT", "CANCELLED"])
                    with session.transaction():
                        session.execute(ACT)
                        session.execute(
                            "update hotel.room_booking set status = %s where id = %s",
                            [state, dice.randint(1, 5)],
                        )
                    moved += 1
                except _HONEST:
                    continue  # refused, or two at once
        return moved

    with ThreadPoolExecutor() as pool:
        moved = sum(pool.map(work, range(6)))

    assert moved > 0
    found = verify(admin, spec.load(HOTEL_SPEC), scope=Scope(probes=False)).findings
    assert [it for it in found if it.severity == "error"] == []
    finals = admin.execute("select distinct status from hotel.room_booking").fetchall()
    assert {state for (state,) in finals} <= {"CHECKED_OUT", "CANCELLED", "CHECKED_IN", "CONFIRMED"}


@pytest.mark.slow
def test_verify_while_others_write_gives_no_false_alarm(hotel: str, connect: Connect) -> None:
    admin = connect(hotel, autocommit=True)
    wanted = spec.load(HOTEL_SPEC)
    stop = [False]

    def write() -> int:
        number = 100
        with psycopg.connect(hotel, autocommit=True) as session:
            while not stop[0]:
                number += 1
                session.execute(
                    "insert into hotel.room_booking (id, hotel_id, status, room_type, check_in,"
                    " check_out, nightly_rate, assigned_room_id, payment_captured_at)"
                    " values (%s, 1, 'PENDING', 'A', '2026-01-01', '2026-01-03', 90, 1, now())",
                    [number],
                )
                for state in ("CONFIRMED", "CHECKED_IN", "CHECKED_OUT"):
                    session.execute(
                        "update hotel.room_booking set status = %s where id = %s", [state, number]
                    )
        return number

    with ThreadPoolExecutor() as pool:
        writer = pool.submit(write)
        alarms = []
        try:
            for _ in range(8):
                report = verify(admin, wanted)
                alarms += [it for it in report.findings if it.severity == "error"]
        finally:
            stop[0] = True
        assert writer.result() > 100

    assert alarms == []


def test_a_transaction_of_three_moves_leaves_three_entries_and_a_rollback_none(
    hotel: str, connect: Connect
) -> None:
    session = connect(hotel)
    book(session)
    session.commit()
    for state in ("CONFIRMED", "CHECKED_IN", "CHECKED_OUT"):
        session.execute(MOVE, [state])
    session.rollback()
    count = "select count(*) from interlock.booking_audit"
    assert session.execute(count).fetchone() == (1,)

    for state in ("CONFIRMED", "CHECKED_IN", "CHECKED_OUT"):
        session.execute(MOVE, [state])
    session.commit()

    assert session.execute(count).fetchone() == (4,)


def test_single_rows_do_not_make_bulk_updates_slow(hotel: str, connect: Connect) -> None:
    """The plan-cache trap of statement-level histories (evidence.md, section 1) is absent."""
    admin = connect(hotel, autocommit=True)
    book(admin, 8000)
    bulk = (
        "explain (analyze, timing off) update hotel.room_booking set status = 'CONFIRMED'"
        " where id between %s and %s"
    )
    plain = _milliseconds(connect(hotel, autocommit=True), bulk, 1, 4000)
    mixed = connect(hotel, autocommit=True)
    for number in range(4001, 4011):
        mixed.execute("update hotel.room_booking set status = 'CONFIRMED' where id = %s", [number])

    assert _milliseconds(mixed, bulk, 4011, 8000) < 4 * plain


def _milliseconds(session: psycopg.Connection, query: str, *values: int) -> float:
    rows = session.execute(query.encode(), values).fetchall()
    line = next(text for (text,) in rows if text.startswith("Execution Time"))
    return float(line.split()[2])
