"""Ratchet: what was sound stays so; what was broken may be touched, breaks no more, and tells."""

from collections.abc import Callable

import psycopg
import pytest
from tests.db import mode_parcels
from tests.db.mode_parcels import add, behind, codes, install, refusal

PAID = "paid_at = '2026-01-01'"
NOW = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def bare(
    make_database: Callable[..., str], connect: Callable[..., psycopg.Connection]
) -> psycopg.Connection:
    """A session with parcels and no machine."""
    return connect(make_database("mode_parcels", mode_parcels.build), autocommit=True)


@pytest.fixture
def db(bare: psycopg.Connection) -> psycopg.Connection:
    """A session with parcels under a machine in ratchet."""
    install(bare, "ratchet")
    return bare


def update(assignment: str, number: int = 1) -> str:
    return f"update depot.parcel set {assignment} where id = {number}"


@pytest.mark.parametrize(
    ("start", "assignment", "code"),
    [
        pytest.param({}, "weight = 0", "IL14", id="an invariant"),
        pytest.param({"paid_at": NOW}, "status = 'SENT'", "IL13", id="a state row, by the move"),
        pytest.param(
            {"paid_at": NOW, "carrier": "x", "weight": 40},
            "status = 'SENT'",
            "IL14",
            id="an invariant of the state entered",
        ),
        pytest.param(
            {"state": "SENT", "sent_at": NOW, "carrier": "x"},
            "status = 'DELIVERED'",
            "IL12",
            id="a stamp that nothing fills",
        ),
        pytest.param(
            {"state": "SENT", "sent_at": NOW, "carrier": "x"},
            "carrier = null",
            "IL13",
            id="a state row, without a move",
        ),
        pytest.param({}, "sent_at = now()", "IL07", id="a stamp without its state"),
        pytest.param({}, "status = 'nonsense'", "IL01", id="a state that is not known"),
        pytest.param({}, "status = 'DELIVERED'", "IL01", id="a move that is not listed"),
        pytest.param({"carrier": "x"}, "status = 'SENT'", "IL04", id="a guard"),
        pytest.param(
            {"state": "DELIVERED", "sent_at": NOW, "delivered_at": NOW, "carrier": "x"},
            "carrier = 'y'",
            "IL07",
            id="a frozen column",
        ),
        pytest.param({}, "id = 9", "IL07", id="the key"),
    ],
)
def test_a_sound_row_is_not_broken(
    db: psycopg.Connection, start: dict[str, object], assignment: str, code: str
) -> None:
    add(db, 1, **start)  # type: ignore[arg-type]

    assert refusal(db, update(assignment)) == code
    assert codes(db) == []


@pytest.mark.parametrize(
    ("start", "assignment", "code"),
    [
        pytest.param({"weight": -1}, "weight = -2", "IL14", id="an invariant"),
        pytest.param({"weight": -1}, "carrier = 'x'", "IL14", id="another column that counts"),
        pytest.param(
            {"state": "SENT", "sent_at": NOW, "weight": 40, "carrier": "x"},
            "carrier = 'y'",
            "IL14",
            id="an invariant of its state",
        ),
        pytest.param(
            {"state": "SENT", "carrier": "x"}, "carrier = 'y'", "IL12", id="a stamp that is missing"
        ),
        pytest.param(
            {"sent_at": NOW}, "carrier = 'y'", "IL12", id="a stamp that is there too early"
        ),
        pytest.param({"state": "SENT", "sent_at": NOW}, "insured = true", "IL13", id="a state row"),
        pytest.param({"state": "nonsense"}, "weight = 2", "IL11", id="a state that is not known"),
    ],
)
def test_a_broken_row_may_be_touched_and_the_touch_is_recorded(
    db: psycopg.Connection, start: dict[str, object], assignment: str, code: str
) -> None:
    add(db, 1, **start)  # type: ignore[arg-type]

    assert refusal(db, update(assignment)) is None
    assert codes(db) == [code]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "assignment", "code"),
    [
        pytest.param({"sent_at": NOW}, "weight = -1", "IL14", id="another rule"),
        pytest.param(
            {"weight": -1, "paid_at": NOW}, "status = 'SENT'", "IL13", id="another rule, by a move"
        ),
        pytest.param(
            {"state": "nonsense"}, "weight = -1", "IL14", id="another rule, in no known state"
        ),
        pytest.param(
            {"state": "SENT", "sent_at": NOW, "delivered_at": NOW},
            "status = 'DELIVERED'",
            "IL13",
            id="another item of the same rule",
        ),
        pytest.param(
            {"state": "SENT", "sent_at": NOW, "weight": 40, "carrier": "x"},
            "weight = -1",
            "IL14",
            id="another invariant, though the one before is mended",
        ),
        pytest.param(
            {"state": "SENT", "sent_at": NOW, "carrier": "x", "delivered_at": NOW},
            "status = 'DELIVERED', delivered_at = null",
            "IL12",
            id="the same stamp the other way round",
        ),
        pytest.param(
            {"state": "nonsense"}, "status = 'rubbish'", "IL11", id="another unknown state"
        ),
        pytest.param({"sent_at": NOW}, "sent_at = now()", "IL07", id="a stamp moved, not mended"),
        pytest.param(
            {"weight": -1}, "status = 'DELIVERED'", "IL01", id="a move that is not listed"
        ),
    ],
)
def test_a_broken_row_breaks_nothing_more(
    db: psycopg.Connection, start: dict[str, object], assignment: str, code: str
) -> None:
    add(db, 1, **start)  # type: ignore[arg-type]
    before = db.execute("select p.*::text from depot.parcel as p").fetchone()

    assert refusal(db, update(assignment)) == code
    assert db.execute("select p.*::text from depot.parcel as p").fetchone() == before
    assert codes(db) == []


@pytest.mark.parametrize(
    ("start", "assignment"),
    [
        pytest.param({"weight": -1}, "weight = 1", id="an invariant"),
        pytest.param({"sent_at": NOW}, "sent_at = null", id="a stamp too early"),
        pytest.param({"state": "SENT", "carrier": "x"}, "sent_at = now()", id="a stamp missing"),
        pytest.param(
            {"state": "DELIVERED", "sent_at": NOW, "delivered_at": NOW},
            "carrier = 'x'",
            id="a column that is frozen where it is missing",
        ),
    ],
)
def test_mending_is_allowed_and_leaves_nothing_to_tell(
    db: psycopg.Connection, start: dict[str, object], assignment: str
) -> None:
    add(db, 1, **start)  # type: ignore[arg-type]

    assert refusal(db, update(assignment)) is None
    assert codes(db) == []


def test_a_missing_stamp_is_carried_along_a_move(db: psycopg.Connection) -> None:
    add(db, 1, "SENT", carrier="x")

    assert refusal(db, update("status = 'DELIVERED', delivered_at = now()")) is None
    assert codes(db) == ["IL12"]


@pytest.mark.parametrize("state", ["nonsense", ""])
def test_a_row_in_no_known_state_goes_to_a_known_one_and_the_move_is_recorded(
    db: psycopg.Connection, state: str
) -> None:
    add(db, 1, state)

    assert refusal(db, update("status = 'PACKED'")) is None
    assert codes(db) == ["IL01"]


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        pytest.param("(1, 'SENT', 1, 'x')", "IL02", id="in a late state"),
        pytest.param("(1, 'nonsense', 1, 'x')", "IL02", id="in no known state"),
        pytest.param("(1, 'PACKED', -1, 'x')", "IL14", id="against an invariant"),
    ],
)
def test_no_row_is_born_broken(db: psycopg.Connection, columns: str, code: str) -> None:
    write = f"insert into depot.parcel (id, status, weight, carrier) values {columns}"

    assert refusal(db, write) == code
    assert codes(db) == []


def test_a_broken_row_is_no_way_to_a_second_broken_one(db: psycopg.Connection) -> None:
    add(db, 1, weight=-1)
    upsert = (
        "insert into depot.parcel (id, status, weight) values ({}, 'PACKED', -1)"
        " on conflict (id) do update set weight = excluded.weight - 1"
    )

    assert refusal(db, upsert.format(2)) == "IL14"
    assert refusal(db, upsert.format(1)) is None
    assert codes(db) == ["IL14"]


def test_one_update_of_many_is_judged_row_by_row(db: psycopg.Connection) -> None:
    add(db, 1, weight=-1)
    add(db, 2, weight=1)

    assert refusal(db, "update depot.parcel set weight = weight - 1") == "IL14"
    assert refusal(db, "update depot.parcel set weight = -5 where weight < 0") is None
    assert codes(db) == ["IL14"]


def test_a_row_that_is_broken_and_mended_in_one_transaction_is_refused_at_once(
    db: psycopg.Connection,
) -> None:
    add(db, 1)
    db.execute("begin")

    assert refusal(db, update("weight = -1")) == "IL14"
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        db.execute(update("weight = 1").encode())


def test_a_broken_row_cannot_be_deleted_where_deletion_is_not_allowed(
    db: psycopg.Connection,
) -> None:
    add(db, 1, weight=-1)

    assert refusal(db, "delete from depot.parcel") == "IL03"
    assert refusal(db, "truncate depot.parcel") == "IL03"


def test_one_rule_in_ratchet_forgives_what_the_others_do_not(bare: psycopg.Connection) -> None:
    install(bare, "enforce", "invariant.weight_is_positive: ratchet")
    add(bare, 1, weight=-1)
    add(bare, 2)

    assert refusal(bare, update("weight = -2")) is None
    assert refusal(bare, update("weight = -2", 2)) == "IL14"
    assert refusal(bare, update("paid_at = now(), status = 'SENT'")) == "IL13"
    assert codes(bare) == ["IL14"]


def test_one_rule_in_ratchet_is_held_by_the_trigger_and_the_others_by_the_check(
    bare: psycopg.Connection,
) -> None:
    install(bare, "enforce", "invariant.weight_is_positive: ratchet")
    behind(bare, "insert into depot.parcel (id, status, weight) values (1, 'PACKED', -1)")

    with pytest.raises(psycopg.errors.CheckViolation, match="sent_at does not fit"):
        behind(
            bare,
            "insert into depot.parcel (id, status, weight, sent_at) values (2, 'PACKED', 1, now())",
        )


def test_a_missing_stamp_can_be_mended_while_its_rule_alone_is_in_ratchet(
    bare: psycopg.Connection,
) -> None:
    install(bare, "enforce", "stamp: ratchet")
    add(bare, 1, "SENT", carrier="x")

    assert refusal(bare, update("sent_at = now()")) is None
    assert refusal(bare, update("sent_at = now() - interval '1 day'")) == "IL07"
