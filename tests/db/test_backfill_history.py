"""``backfill --history``: entries of a time before the machine, marked, and in nobody's way."""

from collections.abc import Callable

import psycopg
import pytest
from tests.db import backfill_bookings as bookings
from tests.db.sealing_parcels import settle_all

from pginterlock import apply, audit, backfill, sealing
from pginterlock.backfill import Done, Pace, Purpose
from pginterlock.verify import Scope, verify

Connect = Callable[..., psycopg.Connection]


@pytest.fixture
def old(make_database: Callable[..., str], connect: Connect) -> psycopg.Connection:
    """A thousand bookings, eight in a hundred of them wrong, under a machine that observes."""
    return connect(make_database("old_bookings", bookings.build), autocommit=True)


def rows(session: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return session.execute(query.encode()).fetchall()


def reconstruct(session: psycopg.Connection, pace: Pace | None = None) -> Done:
    return backfill.run(session, bookings.prepared(session), pace, purpose=Purpose.HISTORY)


LIFE = """
select kind, event, from_state, to_state, at::date::text, actor, reason
from interlock.booking_audit where key_id = {key} order by id
"""


def test_the_past_of_a_row_is_told_by_its_stamps(old: psycopg.Connection) -> None:
    done = reconstruct(old)

    # The rows in CONFIRMED have no stamp, and so no past; but for those whose stamp is wrong.
    assert (
        done.repaired
        == rows(old, "select count(distinct key_id) from interlock.booking_audit")[0][0]
    )
    by, why = "interlock backfill", "reconstructed from "
    assert rows(old, LIFE.format(key=16)) == [
        (
            "reconstructed",
            "check_in",
            "CONFIRMED",
            "CHECKED_IN",
            "2026-01-01",
            by,
            why + "checked_in_at",
        ),
        (
            "reconstructed",
            "check_out",
            "CHECKED_IN",
            "CHECKED_OUT",
            "2026-01-04",
            by,
            why + "checked_out_at",
        ),
    ]
    assert rows(old, LIFE.format(key=15)) == []


def test_it_is_idempotent_and_leaves_rows_alone(old: psycopg.Connection) -> None:
    before = rows(old, "select ctid, * from booking order by id")
    first = reconstruct(old)
    count = rows(old, "select count(*) from interlock.booking_audit")

    assert first.repaired > 700
    assert reconstruct(old).repaired == 0
    assert rows(old, "select count(*) from interlock.booking_audit") == count
    assert rows(old, "select ctid, * from booking order by id") == before


def test_it_goes_on_where_it_stopped(old: psycopg.Connection) -> None:
    first = reconstruct(old, Pace(max_rows=100))
    rest = reconstruct(old)

    assert not first.is_whole
    assert rest.job.id == first.job.id
    assert first.repaired + rest.repaired > 700
    assert reconstruct(old).repaired == 0


def test_replay_seal_and_later_entries_live_with_it(old: psycopg.Connection) -> None:
    bookings.run(old)
    reconstruct(old)
    old.execute("update booking set status = 'CANCELLED', cancelled_at = now() where id = 15")
    old.execute("update booking set status = 'CHECKED_OUT', checked_out_at = now() where id = 5")
    assert bookings.findings(old) == []

    settle_all(old, "booking_audit")
    sealing.seal(old, older_than="0")
    scope = Scope(probes=False, seals=True)
    assert [it.message for it in verify(old, bookings.wanted(), scope=scope).findings] == []
    apply.install(old, bookings.wanted(mode="enforce"))
    assert bookings.findings(old, bookings.wanted(mode="enforce")) == []


def test_history_shows_what_is_reconstructed(old: psycopg.Connection) -> None:
    reconstruct(old)

    told = audit.history(old, "booking", ["16"])

    assert [it.kind for it in told] == ["reconstructed", "reconstructed"]
    assert sorted(it.to_state or "" for it in told) == ["CHECKED_IN", "CHECKED_OUT"]
