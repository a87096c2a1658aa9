"""Backfill: rows that were wrong are repaired, recorded, and nothing else is touched."""

from collections.abc import Callable

import psycopg
import pytest
from tests.db import backfill_bookings as bookings

from pginterlock import apply, backfill
from pginterlock.errors import UnsafeError

Connect = Callable[..., psycopg.Connection]

ALL = "select * from booking order by id"


@pytest.fixture
def old(make_database: Callable[..., str], connect: Connect) -> psycopg.Connection:
    """A thousand bookings, eight in a hundred of them wrong, under a machine that observes."""
    return connect(make_database("old_bookings", bookings.build), autocommit=True)


def one(session: psycopg.Connection, query: str) -> object:
    row = session.execute(query.encode()).fetchone()
    return row[0] if row and len(row) == 1 else row


def test_a_backfill_makes_every_row_sound_and_history_and_rows_agree(
    old: psycopg.Connection,
) -> None:
    assert set(bookings.findings(old)) == {"IL11", "IL12", "IL13"}

    done = bookings.run(old)

    assert (done.repaired, done.quarantined, done.locked) == (80, 0, 0)
    assert bookings.findings(old) == []
    assert one(old, "select count(*) from interlock.violation") == 0
