"""Backfill of claims: of rows that hold the same the older lets go; what cannot is set aside."""

from collections.abc import Callable

import psycopg
import pytest
from tests.db.claimed_desks import TEXT, add, build_bare

from pginterlock import apply, backfill, spec
from pginterlock.backfill import Choice, Done, Outlook, Pace
from pginterlock.errors import UnsafeError
from pginterlock.model import Spec
from pginterlock.verify import Scope, verify
from pginterlock.waiting import Waiting

Connect = Callable[..., psycopg.Connection]
PACE = Pace(waiting=Waiting(50, 0.5))


def office(more: str = "", mode: str = "observe", change: tuple[str, str] = ("", "")) -> Spec:
    """Return the machine, with *more* at its end and one piece of its text changed."""
    text = TEXT.format(mode=mode, checks="function").replace(*change)
    return spec.parse(text + more, "office.yaml")


@pytest.fixture
def db(make_database: Callable[..., str], connect: Connect) -> psycopg.Connection:
    """A session with an empty table and no machine."""
    return connect(make_database("office_bare", build_bare), autocommit=True)


def look(session: psycopg.Connection, of: Spec, choice: Choice | None = None) -> Outlook:
    return backfill.look(session, backfill.prepare(session, of, "booking", choice or Choice()))


def run(
    session: psycopg.Connection, of: Spec, choice: Choice | None = None, pace: Pace = PACE
) -> Done:
    asked = backfill.prepare(session, of, "booking", choice or Choice())
    return backfill.run(session, asked, pace)


def held(session: psycopg.Connection, column: str = "room") -> list[tuple[object, ...]]:
    return session.execute(
        f"select id, status, {column} from office.booking order by id".encode()
    ).fetchall()


def findings(session: psycopg.Connection, of: Spec) -> list[str]:
    return [it.code for it in verify(session, of, scope=Scope(probes=False)).findings]


def test_the_older_of_two_lets_go_and_the_entry_names_the_other(db: psycopg.Connection) -> None:
    add(db, 1, status="HELD", room=7, days=(1, 4))
    add(db, 2, status="HELD", room=7, days=(3, 6))
    add(db, 3, status="HELD", room=8, days=(3, 6))
    apply.install(db, office())

    found = look(db, office())
    done = run(db, office())

    [kind] = found.kinds
    assert (kind.repairs, kind.broken, kind.row_count) == (
        ("room_released",),
        ("IL15 claim room",),
        1,
    )
    assert kind.samples[0] == {
        "key": {"id": 1},
        "before": {"status": "HELD", "room": "7", "desk": None},
        "after": {"status": "HELD", "room": None, "desk": None},
        "others": "room is held by id=2 too",
    }
    assert (done.repaired, done.quarantined) == (1, 0)
    assert held(db) == [(1, "HELD", None), (2, "HELD", 7), (3, "HELD", 8)]
    told = db.execute(
        "select kind, key_id, from_state, to_state, actor, reason from interlock.booking_audit"
    ).fetchall()
    assert told == [
        (
            "backfill",
            1,
            "HELD",
            "HELD",
            "interlock backfill",
            "room released: id=2 holds it too",
        )
    ]
    assert db.execute("select count(*) from interlock.violation").fetchone() == (0,)
    assert findings(db, office()) == []
    apply.install(db, office(mode="enforce"))


def test_a_look_changes_nothing(db: psycopg.Connection) -> None:
    for number in (1, 2):
        add(db, number, status="HELD", room=7)
    apply.install(db, office())

    assert look(db, office()).repaired == 1
    assert held(db) == [(1, "HELD", 7), (2, "HELD", 7)]


@pytest.mark.parametrize("batch_rows", [1, 1000])
def test_of_many_that_overlap_none_is_left_that_does(
    db: psycopg.Connection, batch_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch sees the rows of all others: also where each has one row."""
    monkeypatch.setattr("pginterlock.backfill.batches._FIRST_ROWS", batch_rows)
    monkeypatch.setattr("pginterlock.backfill.batches._LEAST_ROWS", batch_rows)
    monkeypatch.setattr("pginterlock.backfill.batches._MOST_ROWS", batch_rows)
    for number in (1, 2, 3):
        add(db, number, status="HELD", room=7, desk=5)
    add(db, 4, status="USED", room=8, days=(1, 9))
    add(db, 5, status="USED", room=8, days=(8, 12))
    add(db, 6, status="DONE", room=8, days=(1, 12), desk=5)
    apply.install(db, office())

    looked = look(db, office())
    done = run(db, office())

    assert (looked.repaired, done.repaired, done.quarantined) == (3, 3, 0)
    assert [it[2] for it in held(db)] == [None, None, 7, None, 8, 8]
    assert [it[2] for it in held(db, "desk")] == [None, None, 5, None, None, 5]
    assert run(db, office()).repaired == 0
    apply.install(db, office(mode="enforce"))


REQUIRED = "    states: {HELD: {require: [room]}, USED: {require: [room]}}\n"


def test_where_the_state_needs_the_resource_the_row_goes_back_by_the_free_move(
    db: psycopg.Connection,
) -> None:
    for number in (1, 2):
        add(db, number, status="HELD", room=7)
    of = office(REQUIRED)
    apply.install(db, of)

    run(db, of)

    assert held(db) == [(1, "NEW", 7), (2, "HELD", 7)]
    reason = db.execute("select reason, to_state from interlock.booking_audit").fetchall()
    assert reason == [("room released by the move to NEW: id=2 holds it too", "NEW")]
    apply.install(db, office(REQUIRED, mode="enforce"))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            ("{from: HELD, to: NEW}", "{from: HELD, to: NEW, guard: desk > 0}"), id="guard"
        ),
        pytest.param(
            ("{from: HELD, to: NEW}", "{from: HELD, to: NEW, reason: required}"), id="reason"
        ),
        pytest.param(("{from: HELD, to: NEW}", "{from: USED, to: NEW}"), id="no way back"),
    ],
)
def test_what_nobody_may_release_is_set_aside_with_the_key_of_the_other(
    db: psycopg.Connection, change: tuple[str, str]
) -> None:
    for number in (1, 2):
        add(db, number, status="HELD", room=7)
    of = office(REQUIRED, change=change)
    apply.install(db, of)

    looked = look(db, of)
    done = run(db, of)

    assert (looked.repaired, looked.unrepaired) == (0, 1)
    [sample] = looked.stuck[0].samples
    assert str(sample["others"]) == "room is held by id=2 too"
    assert (done.repaired, done.quarantined) == (0, 1)
    assert held(db) == [(1, "HELD", 7), (2, "HELD", 7)]
    [row] = backfill.quarantine(db, "booking")
    assert (row["key"], row["rules"]) == ({"id": 1}, ["IL15 claim room"])
    assert row["reason"] == "no repair for it; room is held by id=2 too"


def test_a_resource_that_cannot_be_null_is_not_released(db: psycopg.Connection) -> None:
    for number in (1, 2):
        add(db, number, status="USED", room=7)
    db.execute("alter table office.booking alter column room set not null")
    apply.install(db, office())

    assert (run(db, office()).repaired, held(db)[0]) == (0, (1, "USED", 7))
    assert [it["key"] for it in backfill.quarantine(db, "booking")] == [{"id": 1}]


def test_a_declared_repair_wins(db: psycopg.Connection) -> None:
    add(db, 1, status="HELD", room=7)
    add(db, 2, status="HELD", room=7)
    add(db, 3, status="USED", room=7)
    of = office("    repairs: {other: {when: id = 1 and room = 7, set: {room: 70}}}\n")
    apply.install(db, of)

    run(db, of)

    assert held(db) == [(1, "HELD", 70), (2, "HELD", None), (3, "USED", 7)]
    reasons = db.execute("select reason from interlock.booking_audit order by key_id").fetchall()
    assert reasons == [("other: room = 70",), ("room released: id=3 holds it too",)]


def test_a_declared_repair_that_begins_an_overlap_is_refused_by_name(
    db: psycopg.Connection,
) -> None:
    add(db, 1, status="HELD", room=7)
    add(db, 2, status="HELD", room=8)
    of = office("    repairs: {other: {when: room = 8, set: {room: 7}}}\n")
    apply.install(db, of)

    with pytest.raises(UnsafeError, match="repair other would break IL15 claim room in 1 row"):
        backfill.demand_harmless(look(db, of))

    done = run(db, of)
    assert (done.repaired, done.quarantined) == (0, 1)
    assert held(db) == [(1, "HELD", 7), (2, "HELD", 8)]
    [row] = backfill.quarantine(db, "booking")
    assert row["reason"] == "still broken after other; room is held by id=1 too"


def test_a_row_that_a_user_has_changed_meanwhile_is_left_alone(
    db: psycopg.Connection, connect: Connect
) -> None:
    for number in (1, 2):
        add(db, number, status="HELD", room=7)
    apply.install(db, office())
    user = connect(db.info.dsn)
    user.execute("update office.booking set room = 9 where id = 1")

    def commit(told: str) -> None:
        del told

    asked = backfill.prepare(db, office(), "booking", Choice())
    done = backfill.run(db, asked, PACE, progress=lambda _: user.commit(), say=commit)

    assert (done.repaired, done.quarantined, done.locked) == (0, 0, 0)
    assert held(db) == [(1, "HELD", 9), (2, "HELD", 7)]


@pytest.mark.parametrize("word", ["room_released", "claim", "IL15"])
def test_claims_alone_can_be_asked_for(db: psycopg.Connection, word: str) -> None:
    for number in (1, 2):
        add(db, number, status="HELD", room=7)
    apply.install(db, office())

    assert run(db, office(), Choice((word,))).repaired == 1


def test_in_a_ratchet_what_was_there_is_released_too(db: psycopg.Connection) -> None:
    for number in (1, 2):
        add(db, number, status="HELD", room=7)
    apply.install(db, office(mode="ratchet"))

    assert run(db, office(mode="ratchet")).repaired == 1
    assert findings(db, office(mode="ratchet")) == []
