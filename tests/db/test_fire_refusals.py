"""A fired event is refused for its own reason, also where another event makes the same move."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors
from tests.conftest import Build

import pginterlock
from pginterlock import apply, spec

TEXT = """
interlock: 1
machines:
  parcel:
    table: public.parcel
    state: status
    mode: enforce
    initial: [PACKED]
    final: [SENT]
    transitions:
      send:  {from: PACKED, to: SENT, guard: paid > 0}
      gift:  {from: PACKED, to: SENT, guard: weight < 1}
      trust: {from: PACKED, to: SENT, by: pg_monitor}
"""


def build(session: psycopg.Connection) -> None:
    session.execute(
        "create table parcel (id bigint primary key, status text, paid int, weight int)"
    )
    apply.install(session, spec.parse(TEXT, "interlock.yaml"))
    session.execute("insert into parcel values (1, 'PACKED', 0, 5)")
    session.execute("grant select, update on parcel to pg_read_all_data")


@pytest.fixture
def db(
    make_database: Callable[[str, Build], str], connect: Callable[..., psycopg.Connection]
) -> psycopg.Connection:
    """A session that may do what `trust` asks for, as superuser."""
    return connect(make_database("fire_refusals", build), autocommit=True)


def refused(db: psycopg.Connection, event: str) -> tuple[str, str | None, tuple[str, ...], str]:
    """Fire *event*; return code, event, what is missing and the hint of its refusal."""
    with pytest.raises(errors.CheckViolation) as caught:
        db.execute("select interlock.fire('parcel', 1, %s)", [event])
    told = pginterlock.refusal(caught.value)
    assert told is not None
    return told.code, told.event, told.missing, told.hint


def test_an_event_whose_guard_fails_is_refused_by_it_and_not_for_the_roles_of_another(
    db: psycopg.Connection,
) -> None:
    assert refused(db, "send") == (
        "IL04",
        "send",
        ("paid",),
        "send is allowed once this holds: paid > 0",
    )
    assert refused(db, "gift") == (
        "IL04",
        "gift",
        ("weight",),
        "gift is allowed once this holds: weight < 1",
    )


def test_an_event_for_others_is_refused_for_its_roles(db: psycopg.Connection) -> None:
    db.execute("set role pg_read_all_data")

    assert refused(db, "trust") == (
        "IL05",
        "trust",
        ("role",),
        "trust is for members of pg_monitor",
    )


def test_a_plain_update_is_refused_for_what_lacks_to_any_event(db: psycopg.Connection) -> None:
    db.execute("set role pg_read_all_data")

    with pytest.raises(errors.CheckViolation) as caught:
        db.execute("update parcel set status = 'SENT'")

    told = pginterlock.refusal(caught.value)
    assert told is not None
    assert (told.code, told.event) == ("IL05", "trust")
