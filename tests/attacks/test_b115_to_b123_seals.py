"""Histories that a superuser rewrites: the seal shows it, and a root kept elsewhere the rest."""

import psycopg
import pytest
from tests.attacks.hotel import Attacked
from tests.db.sealing_parcels import settle_all

from pginterlock import chain, database, sealed, sealing
from pginterlock.findings import Finding
from pginterlock.verify import seals


@pytest.fixture
def anchored(attacked: Attacked) -> str:
    """The line that was kept elsewhere, before the attack."""
    return anchor(attacked.admin)


def anchor(session: psycopg.Connection) -> str:
    """Seal all there is, and return the line that is kept elsewhere."""
    settle_all(session, "booking_audit")
    sealing.seal(session, older_than="0")
    last = sealed.last_seal(session)
    assert last is not None
    return chain.anchor(last, session.info.dbname).line()


def told(attacked: Attacked, line: str | None = None) -> list[Finding]:
    """Return what `verify --seal` finds, against a root where one is given."""
    with database.snapshot(attacked.admin):
        return seals.check(attacked.admin, (line,) if line else None, None).findings


def unseen(attacked: Attacked, statement: str) -> None:
    """Run *statement* with the triggers of the history off, and put them back as they were."""
    attacked.admin.execute("alter table interlock.booking_audit disable trigger user")
    attacked.admin.execute(statement.encode())
    for trigger in ("interlock_10_once", "interlock_20_once"):
        attacked.admin.execute(
            f"alter table interlock.booking_audit enable always trigger {trigger}".encode()
        )


def forget_seals(session: psycopg.Connection) -> None:
    """Take all seals away, and seal the history anew as if for the first time."""
    for table in ("seal", "seal_tree", "seal_chunk"):
        session.execute(f"alter table interlock.{table} disable trigger user".encode())
        session.execute(f"delete from interlock.{table}".encode())
        for trigger in ("interlock_10_once", "interlock_20_once"):
            session.execute(
                f"alter table interlock.{table} enable always trigger {trigger}".encode()
            )
    settle_all(session, "booking_audit")
    sealing.seal(session, older_than="0")


def entry(attacked: Attacked, booking: int) -> int:
    """Return the last entry of one booking."""
    row = attacked.admin.execute(
        "select max(id) from interlock.booking_audit where key_id = %s", [booking]
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_b115_the_tail_of_a_history_deleted_with_its_row(attacked: Attacked, anchored: str) -> None:
    last = entry(attacked, 3)
    unseen(attacked, f"delete from interlock.booking_audit where id = {last}")

    [finding] = told(attacked, anchored)
    assert finding.code == "seal-missing"
    assert finding.samples[0] == {"seal": 1, "entry": last}


def test_b116_another_actor_in_an_old_entry(attacked: Attacked, anchored: str) -> None:
    last = entry(attacked, 4)
    unseen(attacked, f"update interlock.booking_audit set actor = 'you' where id = {last}")

    assert attacked.found() == set()
    [finding] = told(attacked, anchored)
    assert (finding.code, finding.machine) == ("seal-changed", "booking")
    assert finding.samples[0] == {"seal": 1, "entry": last, "id": 4}


def test_b117_an_anchored_history_rewritten_and_sealed_anew(
    attacked: Attacked, anchored: str
) -> None:
    unseen(attacked, "update interlock.booking_audit set actor = 'you' where key_id = 4")
    forget_seals(attacked.admin)

    assert told(attacked) == []
    assert {it.code for it in told(attacked, anchored)} == {"anchor-foreign"}


def test_b118_what_came_after_the_last_anchor_rewritten(attacked: Attacked, anchored: str) -> None:
    """Not seen against a root from before; seen against the next one that was kept."""
    attacked.admin.execute("update hotel.room_booking set status = 'CANCELLED' where id = 1")
    later = anchor(attacked.admin)
    unseen(
        attacked, f"update interlock.booking_audit set actor = 'x' where id = {entry(attacked, 1)}"
    )
    for table in ("seal", "seal_tree", "seal_chunk"):
        attacked.admin.execute(f"alter table interlock.{table} disable trigger user".encode())
        attacked.admin.execute(f"delete from interlock.{table} where number = 2".encode())
    settle_all(attacked.admin, "booking_audit")
    sealing.seal(attacked.admin, older_than="0")

    assert told(attacked, anchored) == []
    assert {it.code for it in told(attacked, later)} == {"anchor-differs"}


def test_b119_a_row_and_its_whole_history_gone(attacked: Attacked, anchored: str) -> None:
    attacked.admin.execute("alter table hotel.room_booking disable trigger user")
    attacked.admin.execute("delete from hotel.room_booking where id = 5")
    for trigger in attacked.admin.execute(
        "select tgname::text from pg_trigger where tgrelid = 'hotel.room_booking'::regclass"
        " and not tgisinternal"
    ).fetchall():
        attacked.admin.execute(
            f"alter table hotel.room_booking enable always trigger {trigger[0]}".encode()
        )
    unseen(attacked, "delete from interlock.booking_audit where key_id = 5")

    assert attacked.found() == set()
    [finding] = told(attacked, anchored)
    assert (finding.code, finding.count) == ("seal-missing", 2)


def test_b123_an_entry_forged_as_of_before_the_anchor(attacked: Attacked, anchored: str) -> None:
    forged = (
        "insert into interlock.booking_audit"
        " (id, key_id, kind, event, from_state, to_state, transaction_id) overriding system value"
        " select 900, key_id, kind, event, from_state, to_state, transaction_id"
        " from interlock.booking_audit where key_id = 2 and kind = 'move' limit 1"
    )
    unseen(attacked, forged)

    assert [(it.code, it.samples[0]["entry"]) for it in told(attacked)] == [("seal-added", 900)]
    attacked.admin.execute(
        "select setval(pg_get_serial_sequence('interlock.booking_audit', 'id'), 900)"
    )
    forget_seals(attacked.admin)
    assert told(attacked) == []
    assert {it.code for it in told(attacked, anchored)} == {"anchor-foreign"}


def test_b123_a_perfect_forgery_after_the_anchor_is_not_seen(
    attacked: Attacked, anchored: str
) -> None:
    """The guard itself wrote it: nothing inside the database tells it from an honest one."""
    attacked.admin.execute("update hotel.room_booking set status = 'CANCELLED' where id = 7")

    assert told(attacked, anchored) == []
    assert attacked.found() == set()
