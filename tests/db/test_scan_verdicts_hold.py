"""What scan says that the machine would do, the machine does: each write from each state."""

import psycopg
import pytest
from tests.conftest import HOTEL_SPEC
from tests.scan_sites import beside, site

from pginterlock import spec
from pginterlock.scan.outcomes import Verdict
from pginterlock.scan.verdicts import judge

MACHINE = spec.load(HOTEL_SPEC).machines[0]
# The way of a row to each state, by moves that the machine allows.
WAYS = {
    "PENDING": [],
    "PENDING_APPROVAL": ["PENDING_APPROVAL"],
    "CONFIRMED": ["CONFIRMED"],
    "CHECKED_IN": ["CONFIRMED", "CHECKED_IN"],
    "CHECKED_OUT": ["CONFIRMED", "CHECKED_IN", "CHECKED_OUT"],
    "CANCELLED": ["CANCELLED"],
    "NO_SHOW": ["CONFIRMED", "NO_SHOW"],
}
NOW, NULL = "clock_timestamp()", "null"
WRITES: list[dict[str, str]] = [
    *({"status": state} for state in (*MACHINE.states, "GONE", NULL)),
    {"checked_in_at": NOW},
    {"checked_in_at": NULL},
    {"checked_out_at": NOW},
    {"checked_out_at": NULL},
    {"cancelled_at": NOW},
    {"cancelled_at": NULL},
    {"assigned_room_id": "9"},
    {"assigned_room_id": NULL},
    {"checked_in_at": NOW, "assigned_room_id": "9"},
    {"status": "CHECKED_IN", "checked_in_at": NOW},
    {"status": "CHECKED_IN", "assigned_room_id": NULL},
    {"status": "CANCELLED", "assigned_room_id": NULL, "cancelled_at": NOW},
    {"checked_out_at": NOW, "status": "CHECKED_OUT"},
]
MADE = (
    "insert into hotel.room_booking (hotel_id, status, room_type, check_in, check_out,"
    " nightly_rate, payment_captured_at, assigned_room_id)"
    " values (1, {}, 'A', '2026-03-01', '2026-03-03', 90, now(), {}) returning id"
)


def sql_of(column: str, value: str) -> str:
    return f"'{value}'" if column == "status" and value != NULL else value


def row_in(db: psycopg.Connection, state: str) -> int:
    """Return the key of a new row that has come to *state*."""
    found = db.execute(MADE.format("'PENDING'", _room(state)).encode()).fetchone()
    assert found
    for to in WAYS[state]:
        with db.transaction():
            db.execute("select interlock.act_as('user:1', 'so')")
            move = "update hotel.room_booking set status = %s where id = %s"
            db.execute(move, [to, found[0]])
    return int(found[0])


def _room(state: str) -> int:
    """Return a room of its own for each state: two bookings may not hold one."""
    return 1 + list(WAYS).index(state)


def is_refused(db: psycopg.Connection, statement: str) -> bool:
    try:
        with db.transaction(force_rollback=True):
            db.execute("select interlock.act_as('user:1', 'so')")
            db.execute(statement.encode())
    except psycopg.IntegrityError:
        return True
    return False


@pytest.mark.parametrize("state", WAYS)
def test_a_write_is_refused_where_scan_says_never_and_passes_where_it_says_allowed(
    db: psycopg.Connection, state: str
) -> None:
    key = row_in(db, state)
    wrong = []

    for write in WRITES:
        (field, value), *rest = write.items()
        known = {name: None if it == NOW else it for name, it in rest}
        asked = site(
            field, None if value == NOW else value, sources=(state,), beside=beside(**known)
        )
        verdict = judge(asked, MACHINE).verdict
        sets = ", ".join(f"{name} = {sql_of(name, it)}" for name, it in write.items())
        refused = is_refused(db, f"update hotel.room_booking set {sets} where id = {key}")
        if verdict is not (Verdict.NEVER if refused else Verdict.ALLOWED):
            wrong.append((sets, verdict.value, refused))

    assert wrong == []


@pytest.mark.parametrize("state", [*MACHINE.states, "GONE"])
def test_a_row_begins_where_scan_says_that_it_may(db: psycopg.Connection, state: str) -> None:
    verdict = judge(site("status", state, is_new=True), MACHINE).verdict

    assert (verdict is Verdict.NEVER) is is_refused(db, MADE.format(f"'{state}'", 1))


@pytest.mark.parametrize("target", MACHINE.states)
def test_only_from_names_the_states_from_which_it_passes(
    db: psycopg.Connection, target: str
) -> None:
    found = judge(site("status", target), MACHINE)
    passes = [
        state
        for state in WAYS
        if state != target
        and not is_refused(
            db,
            f"update hotel.room_booking set status = '{target}' where id = {row_in(db, state)}",
        )
    ]

    if found.verdict is Verdict.NEVER:
        assert passes == []
    else:
        assert found.text == f"allowed only from {', '.join(passes)}"
