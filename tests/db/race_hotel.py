"""The races of the report: who does what at the same time, and what may come of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from tests.conftest import HOTEL_SPEC
from tests.db.stepping import COMMITTED, Script, Stage

from pginterlock import spec
from pginterlock.findings import Severity
from pginterlock.verify import Scope, verify

READ = "select status, assigned_room_id from hotel.room_booking where id = {booking}"
ACT = "select interlock.act_as('user:42', reason => 'guest phoned')"
MOVE = "update hotel.room_booking set status = '{state}' where id = {booking}"
ROOM = "update hotel.room_booking set assigned_room_id = {room} where id = {booking}"
PAY = "update hotel.room_booking set payment_captured_at = now() where id = {booking}"
LOOK = "select status, assigned_room_id, payment_captured_at is not null from hotel.room_booking"

# Written by hand, and knowing nothing of what is compiled: bookings that no hotel may have.
WRONG = """
select b.id from hotel.room_booking as b
where b.status not in ('PENDING', 'PENDING_APPROVAL', 'CONFIRMED')
    and b.status not in ('CHECKED_IN', 'CHECKED_OUT', 'CANCELLED', 'NO_SHOW')
    or (b.status in ('CHECKED_IN', 'CHECKED_OUT')) <> (b.checked_in_at is not null)
    or (b.status = 'CHECKED_OUT') <> (b.checked_out_at is not null)
    or (b.status = 'CANCELLED') <> (b.cancelled_at is not null)
    or (b.status in ('CHECKED_IN', 'CHECKED_OUT') and b.assigned_room_id is null)
    or (b.status = 'CANCELLED' and b.assigned_room_id is not null)
    or (b.status in ('CONFIRMED', 'CHECKED_IN') and b.payment_captured_at is null)
    or exists (
        select from hotel.room_booking as o
        where o.id <> b.id and o.assigned_room_id = b.assigned_room_id
            and o.status in ('CONFIRMED', 'CHECKED_IN') and b.status in ('CONFIRMED', 'CHECKED_IN')
            and daterange(o.check_in, o.check_out) && daterange(b.check_in, b.check_out)
    )
"""

Booking = tuple[str, int | None, bool]


@dataclass(frozen=True, slots=True)
class Race:
    """Two transactions, what is there before, and each way in which they may end together.

    *ends* is from what became of the two to what the bookings then are: state, room, is it paid.
    """

    name: str
    before: tuple[Booking, ...]
    scripts: tuple[Script, ...]
    ends: dict[tuple[str, ...], tuple[Booking, ...]]


def _script(name: str, *steps: str, booking: int = 1, room: int = 1, state: str = "") -> Script:
    filled = (it.format(booking=booking, room=room, state=state) for it in steps)
    return Script(name, tuple(filled))


def check_in(booking: int = 1, room: int = 1) -> Script:
    """Read, give a room, and check in: as the view does it, but in a transaction."""
    return _script("check-in", READ, ROOM, MOVE, booking=booking, room=room, state="CHECKED_IN")


def cancel(booking: int = 1) -> Script:
    """Read, and cancel."""
    return _script("cancellation", READ, ACT, MOVE, booking=booking, state="CANCELLED")


def pay(booking: int = 1) -> Script:
    """The webhook: note the payment, and confirm."""
    return _script("payment", READ, PAY, MOVE, booking=booking, state="CONFIRMED")


def confirm(booking: int = 1) -> Script:
    """A member of staff confirms by hand."""
    return _script("confirmation", READ, MOVE, booking=booking, state="CONFIRMED")


def assign(booking: int = 1, room: int = 1) -> Script:
    """Read, and give a room."""
    return _script("assignment", READ, ROOM, booking=booking, room=room)


def claim_two(first: int, second: int) -> Script:
    """Confirm two bookings, each of which claims its room."""
    moves = (MOVE.format(booking=it, state="CONFIRMED") for it in (first, second))
    return Script("two claims", tuple(moves))


_DONE = COMMITTED

SEED = (
    Race(
        "check-in against cancellation",
        (("CONFIRMED", None, True),),
        (check_in(), cancel()),
        {
            (_DONE, "IL01"): (("CHECKED_IN", 1, True),),
            ("IL13", _DONE): (("CANCELLED", None, True),),
        },
    ),
    Race(
        "payment against manual confirmation",
        (("PENDING", None, False),),
        (pay(), confirm()),
        {
            (_DONE, "IL04"): (("CONFIRMED", None, True),),
            (_DONE, _DONE): (("CONFIRMED", None, True),),
        },
    ),
    Race(
        "room assignment against cancellation",
        (("CONFIRMED", None, True),),
        (assign(), cancel()),
        {
            (_DONE, _DONE): (("CANCELLED", None, True),),
            ("IL13", _DONE): (("CANCELLED", None, True),),
        },
    ),
)
ROOMS = (
    Race(
        "two check-ins for one room",
        (("CONFIRMED", None, True), ("CONFIRMED", None, True)),
        (check_in(1), check_in(2)),
        {
            (_DONE, "IL15"): (("CHECKED_IN", 1, True), ("CONFIRMED", None, True)),
            ("IL15", _DONE): (("CONFIRMED", None, True), ("CHECKED_IN", 1, True)),
        },
    ),
    Race(
        "claim against claim, crosswise",
        tuple(("PENDING", room, True) for room in (1, 2, 2, 1)),
        (claim_two(1, 2), claim_two(3, 4)),
        {
            (_DONE, "IL15"): (
                *[("CONFIRMED", room, True) for room in (1, 2)],
                *[("PENDING", room, True) for room in (2, 1)],
            ),
            ("IL15", _DONE): (
                *[("PENDING", room, True) for room in (1, 2)],
                *[("CONFIRMED", room, True) for room in (2, 1)],
            ),
        },
    ),
    Race(
        "a claim against a cancellation that frees the room",
        (("CONFIRMED", 1, True), ("CONFIRMED", None, True)),
        (cancel(1), check_in(2)),
        {
            (_DONE, _DONE): (("CANCELLED", None, True), ("CHECKED_IN", 1, True)),
            (_DONE, "IL15"): (("CANCELLED", None, True), ("CONFIRMED", None, True)),
        },
    ),
)


def prepare(session: psycopg.Connection, race: Race) -> int:
    """Add the bookings of *race* after those that are there; return the id before the first."""
    row = session.execute("select coalesce(max(id), 0) from hotel.room_booking").fetchone()
    last = int(row[0]) if row else 0
    for number, (state, room, is_paid) in enumerate(race.before, last + 1):
        session.execute(
            "insert into hotel.room_booking (id, hotel_id, status, room_type, check_in, check_out,"
            " nightly_rate, assigned_room_id, payment_captured_at) values (%s, 1, 'PENDING', 'A',"
            " date '2026-01-01' + 5 * %s, date '2026-01-03' + 5 * %s, 90, %s,"
            " case when %s then now() end)",
            [number, last, last, room, is_paid],
        )
        if state != "PENDING":
            session.execute(MOVE.format(state=state, booking=number).encode())
    return last


def moved_by(script: Script, offset: int) -> Script:
    """Return *script* about bookings that begin after id *offset*."""
    steps = (it.replace("where id = ", f"where id = {offset} + ") for it in map(str, script.steps))
    return Script(script.name, tuple(steps))


def play(
    stage: Stage, race: Race, levels: Sequence[str], order: Sequence[int]
) -> tuple[tuple[str, ...], tuple[Booking, ...]]:
    """Play *race* once; return how its transactions ended, and what the bookings are."""
    offset = prepare(stage.watcher, race)
    scripts = [moved_by(it, offset) for it in race.scripts]
    ended = stage.play(scripts, levels, order)
    rows = stage.watcher.execute(f"{LOOK} where id > {offset} order by id".encode()).fetchall()
    return tuple(ended), tuple(rows)


def faults(stage: Stage) -> list[str]:
    """Return what is wrong in the hotel: bookings, and what `verify` finds."""
    found = verify(stage.watcher, spec.load(HOTEL_SPEC), scope=Scope(probes=False)).findings
    wrong = stage.watcher.execute(WRONG.encode()).fetchall()
    errors = [str(it) for it in found if it.severity is Severity.ERROR]
    return [f"booking {key}" for (key,) in wrong] + errors
