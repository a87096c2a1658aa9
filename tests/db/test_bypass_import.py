"""An import session: 20,000 real bookings by COPY, with the stamps of their past."""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from operator import attrgetter
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from tests.conftest import HOTEL_SPEC, Build, build_bare_hotel

from pginterlock import apply, audit, bypasses, erasure, outbox, sealing, spec
from pginterlock.bypasses import Kind, Wish, duration
from pginterlock.hotel import published
from pginterlock.hotel.bookings import Booking, Room, give_rooms
from pginterlock.verify import Scope, verify

Connect = Callable[..., psycopg.Connection]
DATA = Path(__file__).parents[3] / "shared" / "data" / "hotel_bookings.csv.gz"
COUNT = 20_000
ERASABLE = HOTEL_SPEC.read_text(encoding="utf-8").replace(
    "\n    audit:\n", "\n    audit:\n      erasable: [assigned_room_id]\n"
)
WANTED = spec.parse(ERASABLE, "hotel.yaml")


@cache
def data() -> tuple[list[Booking], list[Room]]:
    """Return the first bookings of the published data set, with rooms for their stays."""
    return give_rooms(published.read(DATA).bookings[:COUNT])


def build(session: psycopg.Connection) -> None:
    """Make the hotel under its machine, with the rooms of the bookings and none of these."""
    build_bare_hotel(session)
    session.execute("insert into hotel.hotel values (1, 'resort'), (2, 'city')")
    copy(session, "room", data()[1])
    apply.install(session, WANTED)


def copy(session: psycopg.Connection, table: str, rows: list[Booking] | list[Room]) -> None:
    """Load *rows* by COPY."""
    columns = [it.name for it in fields(rows[0])]
    values = attrgetter(*columns)
    statement = f"copy hotel.{table} ({', '.join(columns)}) from stdin".encode()
    with session.cursor() as cursor, cursor.copy(statement) as into:
        for row in rows:
            into.write_row(values(row))


def counted(session: psycopg.Connection) -> dict[tuple[str, str], int]:
    """Return how many entries of each kind and state the history holds."""
    rows = session.execute(
        "select kind, to_state, count(*) from interlock.booking_audit group by 1, 2"
    ).fetchall()
    return {(kind, state): count for kind, state, count in rows}


@pytest.fixture
def hotel_of_rooms(
    make_database: Callable[[str, Build], str], connect: Connect
) -> psycopg.Connection:
    """A session in a hotel without bookings."""
    return connect(make_database("import_hotel", build), autocommit=True)


@pytest.mark.slow
def test_bookings_of_the_past_come_in_with_their_stamps_and_live_on(
    hotel_of_rooms: psycopg.Connection, connect: Connect
) -> None:
    session, (bookings, _) = hotel_of_rooms, data()
    with pytest.raises(errors.CheckViolation, match="may not begin as"):
        copy(session, "room_booking", bookings)

    reason = "the bookings of the old system"
    bypasses.open_one(session, Wish("booking", reason, duration("1h"), kind=Kind.IMPORT))
    copy(session, "room_booking", bookings)
    bypasses.close(session, "booking")

    states = {it.status for it in bookings}
    expected = {("imported", s): sum(it.status == s for it in bookings) for s in states}
    assert counted(session) == expected
    assert sum(expected.values()) == COUNT
    first = bookings[0]
    assert session.execute(
        "select checked_out_at, cancelled_at from hotel.room_booking where id = %s", [first.id]
    ).fetchone() == (first.checked_out_at, first.cancelled_at)
    with pytest.raises(errors.CheckViolation, match="may not begin as"):
        copy(session, "room_booking", [replace(first, id=first.id + COUNT)])

    assert [it.code for it in verify(session, WANTED, scope=Scope(probes=False)).findings
            if it.machine and it.severity == "error"] == []  # fmt: skip
    sealing.seal(session, older_than="0")
    [lived] = audit.history(session, "booking", [str(first.id)])
    assert (lived.kind, lived.from_state, lived.to_state) == ("imported", None, first.status)
    erasure.erase(session, "booking", [str(first.id)], reason="asked")
    delivered = [it.kind for it in outbox.consume(connect(session.info.dsn), "billing")]
    assert delivered == ["imported"] * COUNT
    told = verify(session, WANTED, scope=Scope(probes=False, seals=True))
    assert [it.code for it in told.findings if it.severity == "error"] == []
    assert any("bypass 1 (import) for postgres, closed by postgres" in it for it in told.notes)


def test_a_row_that_is_not_sound_stops_the_whole_copy(
    hotel_of_rooms: psycopg.Connection,
) -> None:
    session, (bookings, _) = hotel_of_rooms, data()
    bypasses.open_one(session, Wish("booking", "load", duration("1h"), kind=Kind.IMPORT))
    stay = next(it for it in bookings if it.status == "CHECKED_OUT")

    with pytest.raises(errors.CheckViolation, match="checked_out_at does not fit the state"):
        copy(session, "room_booking", [*bookings[:50], replace(stay, checked_out_at=None, id=7)])

    assert counted(session) == {}
