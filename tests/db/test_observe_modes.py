"""Modes of single rules: each decides for itself, in both directions, and replay judges by it."""

import json
from collections.abc import Callable

import psycopg
import pytest
from tests.db import mode_parcels
from tests.db.mode_parcels import add, codes, install, parcel_spec, refusal

from pginterlock import apply, steps
from pginterlock.errors import UnsafeError
from pginterlock.verify import Scope, verify

PAID = "paid_at = '2026-01-01'"


@pytest.fixture
def db(
    make_database: Callable[..., str], connect: Callable[..., psycopg.Connection]
) -> psycopg.Connection:
    """A session with parcels and no machine."""
    return connect(make_database("mode_parcels", mode_parcels.build), autocommit=True)


def update(assignment: str, number: int = 1) -> str:
    return f"update depot.parcel set {assignment} where id = {number}"


# Rule, as the spec names it; the state and columns of a row; a write that breaks this rule alone;
# its code.
CASES = [
    pytest.param("transition", {"state": "LOST"}, update("status = 'PACKED'"), "IL01",
        id="transition"),
    pytest.param("birth", {"number": 7}, "insert into depot.parcel (id, status, weight, carrier,"
        " sent_at) values (1, 'SENT', 1, 'x', now())", "IL02", id="birth"),
    pytest.param("death", {}, "delete from depot.parcel", "IL03", id="death"),
    pytest.param("IL03", {}, "truncate depot.parcel", "IL03", id="truncate, by the code"),
    pytest.param("guard", {"carrier": "x"}, update("status = 'SENT', sent_at = now()"), "IL04",
        id="guard"),
    pytest.param("attribution", {}, update("status = 'LOST'"), "IL06", id="attribution"),
    pytest.param("freeze", {}, update("id = 2"), "IL07", id="freeze"),
    pytest.param("known_state", {}, "insert into depot.parcel (id, status, weight)"
        " values (2, 'nonsense', 1)", "IL11", id="known state"),
    pytest.param("stamp.delivered_at", {"state": "SENT", "carrier": "x", "sent_at": "now"},
        update("status = 'DELIVERED'"), "IL12", id="stamp"),
    pytest.param("IL13", {}, update("status = 'SENT', sent_at = now(), paid_at = now()"), "IL13",
        id="state row, by the code"),
    pytest.param("invariant.weight_is_positive", {}, update("weight = 0"), "IL14", id="invariant"),
]  # fmt: skip


@pytest.mark.parametrize("checks", ["function", "native", "trigger"])
@pytest.mark.parametrize(("rule", "start", "write", "code"), CASES)
def test_a_rule_in_observe_alone_records_what_the_others_let_be(
    db: psycopg.Connection,
    rule: str,
    start: dict[str, object],
    write: str,
    code: str,
    checks: str,
) -> None:
    others = ", birth: observe, transition: observe" if rule == "known_state" else ""
    install(db, "enforce", f"{rule}: observe{others}", checks)
    add(db, **{"number": 1, **start})  # type: ignore[arg-type]

    assert refusal(db, write) is None
    recorded = codes(db)
    assert code in recorded
    assert set(recorded) - {code} <= ({"IL02"} if others else set())


@pytest.mark.parametrize("checks", ["function", "native", "trigger"])
@pytest.mark.parametrize(("rule", "start", "write", "code"), CASES)
def test_a_rule_in_enforce_alone_refuses_what_the_others_would_record(
    db: psycopg.Connection,
    rule: str,
    start: dict[str, object],
    write: str,
    code: str,
    checks: str,
) -> None:
    install(db, "observe", f'"{rule}": enforce', checks)
    add(db, **{"number": 1, **start})  # type: ignore[arg-type]

    assert refusal(db, write) == code
    assert codes(db) == []


def test_the_more_exact_name_wins(db: psycopg.Connection) -> None:
    install(db, "observe", "invariant: enforce, invariant.weight_is_positive: observe")
    add(db, 1, "SENT", weight=1, carrier="x", sent_at="now")

    assert refusal(db, update("weight = -1")) is None
    assert refusal(db, update("weight = 40")) == "IL14"
    assert codes(db) == ["IL14"]


def test_only_what_is_enforced_stops_an_apply(db: psycopg.Connection) -> None:
    add(db, 1, weight=-1)
    add(db, 2, "SENT", sent_at="now")

    with pytest.raises(UnsafeError) as refused:
        install(db, "enforce", "invariant: observe")
    assert "IL13 state_row SENT requires carrier: 1 row" in refused.value.message
    assert "IL14" not in refused.value.message
    install(db, "enforce", "invariant: observe, state_row: ratchet")
    assert steps.make_plan(
        db, parcel_spec("enforce", "invariant: observe, state_row: ratchet")
    ).is_empty


def test_a_row_in_no_known_state_must_keep_the_invariants_that_are_enforced(
    db: psycopg.Connection,
) -> None:
    install(db, "observe", "invariant: enforce")
    write = "insert into depot.parcel (id, status, weight) values ({}, 'nonsense', {})"

    assert refusal(db, write.format(1, 1)) is None
    assert refusal(db, write.format(2, -1)) == "IL14"


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        pytest.param("", [], id="all in observe"),
        pytest.param("stamp.sent_at: ratchet", ["sent_at"], id="one stamp"),
        pytest.param("state_row: enforce", ["carrier"], id="state rows"),
    ],
)
def test_a_column_is_filled_or_cleared_where_its_rule_is_not_only_observed(
    db: psycopg.Connection, modes: str, expected: list[str]
) -> None:
    install(db, "observe", modes)
    add(db, 1, carrier="x", paid_at="now")
    add(db, 2, carrier="x")
    db.execute(update("status = 'SENT'", 1).encode())
    db.execute(update("status = 'LOST'", 2).encode())

    sent, lost = db.execute(
        "select (select sent_at is not null from depot.parcel where id = 1),"
        " (select carrier is null from depot.parcel where id = 2)"
    ).fetchone() or (None, None)

    assert (sent, lost) == ("sent_at" in expected, "carrier" in expected)


@pytest.mark.slow
@pytest.mark.parametrize("checks", ["function", "native"])
@pytest.mark.parametrize(
    "path",
    [
        ["stamp: observe", "", "stamp: ratchet", "invariant: observe, stamp: enforce"],
        ["IL11: observe", "IL12: observe, IL13: observe, IL14: observe, IL11: observe", ""],
    ],
)
def test_every_change_of_modes_is_one_apply_and_leaves_nothing_to_do(
    db: psycopg.Connection, path: list[str], checks: str
) -> None:
    install(db, "enforce", "", checks)
    for modes in path:
        install(db, "enforce", modes, checks)
        assert steps.make_plan(db, parcel_spec("enforce", modes, checks)).is_empty
        assert verify(db, parcel_spec("enforce", modes, checks)).findings == ()


def test_native_checks_keep_their_names_when_one_rule_leaves(db: psycopg.Connection) -> None:
    install(db, "enforce", "", "native")
    before = checks_of(db)
    install(db, "enforce", "stamp.sent_at: observe", "native")

    assert before - checks_of(db) == {"interlock_parcel_02_sent_at"}
    assert checks_of(db) < before


def checks_of(db: psycopg.Connection) -> set[str]:
    found = db.execute(
        "select conname from pg_constraint where conrelid = 'depot.parcel'::regclass"
        " and contype = 'c' and conname like 'interlock%'"
    )
    return {name for (name,) in found}


def test_the_journal_tells_the_modes_of_rules_before_and_after(db: psycopg.Connection) -> None:
    install(db, "observe")
    install(db, "observe", "stamp: ratchet, IL14: enforce")
    install(db, "enforce", "stamp: ratchet")
    install(db, "enforce", "stamp: ratchet", "native")

    told = db.execute("select event, detail from interlock.journal order by id").fetchall()

    events = [event for event, _ in told]
    assert events == ["install", "mode", "mode", "change"]
    assert told[1][1]["rule_modes"] == {"stamp": "ratchet", "invariant": "enforce"}
    assert told[1][1]["rule_modes_before"] == {}
    assert (told[2][1]["mode_before"], told[2][1]["mode"]) == ("observe", "enforce")
    assert told[2][1]["rule_modes_before"] == {"stamp": "ratchet", "invariant": "enforce"}


def test_replay_judges_an_entry_by_the_mode_that_its_rule_had_then(db: psycopg.Connection) -> None:
    install(db, "enforce", "transition: observe, attribution: observe")
    db.execute("insert into depot.parcel (id, status, weight) values (2, 'PACKED', 1)")
    db.execute(update("status = 'LOST'", 2).encode())
    db.execute(update("status = 'PACKED'", 2).encode())
    install(db, "enforce", "attribution: observe")

    assert history_findings(db, "attribution: observe") == []
    forge(db, 2, kind="move", event=None, from_state="PACKED", to_state="LOST")
    forge(db, 2, kind="move", event=None, from_state="LOST", to_state="PACKED")
    [told] = history_findings(db, "attribution: observe")
    assert "the machine that was in force did not allow" in told


def test_replay_finds_a_birth_that_was_forged_while_only_moves_were_observed(
    db: psycopg.Connection,
) -> None:
    install(db, "enforce", "transition: observe")
    db.execute("insert into depot.parcel (id, status, weight) values (3, 'PACKED', 1)")
    assert history_findings(db, "transition: observe") == []

    db.execute("alter table depot.parcel disable trigger user")
    db.execute(
        "insert into depot.parcel (id, status, weight, carrier, sent_at)"
        " values (4, 'SENT', 1, 'x', now())"
    )
    forge(db, number=4, kind="birth", event=None, from_state=None, to_state="SENT")

    assert any("did not allow" in it for it in history_findings(db, "transition: observe"))


def history_findings(db: psycopg.Connection, modes: str) -> list[str]:
    report = verify(db, parcel_spec("enforce", modes), scope=Scope(rows=False, probes=False))
    return [it.message for it in report.findings if it.code == "IL10"]


def forge(db: psycopg.Connection, number: int = 9, **values: object) -> None:
    """Write an entry as only the owner of the schema could."""
    names = ", ".join(["key_id", *values])
    slots = ", ".join(["%s"] * (len(values) + 1))
    db.execute(
        f"insert into interlock.parcel_audit ({names}) values ({slots})".encode(),
        [number, *values.values()],
    )


def test_a_version_from_before_modes_of_rules_is_still_replayed(db: psycopg.Connection) -> None:
    install(db, "enforce")
    row = db.execute("select definition from interlock.machine").fetchone()
    assert row
    assert "modes" not in row[0]
    db.execute("insert into depot.parcel (id, status, weight) values (1, 'PACKED', 1)")

    assert history_findings(db, "") == []
    assert json.dumps(row[0])


def test_verify_tries_what_is_enforced_and_nothing_else(db: psycopg.Connection) -> None:
    install(db, "observe", "transition: enforce")
    db.execute("insert into depot.parcel (id, status, weight) values (1, 'PACKED', 1)")
    wanted = parcel_spec("observe", "transition: enforce")

    assert verify(db, wanted).findings == ()
    db.execute("update pg_class set relhastriggers = false where oid = 'depot.parcel'::regclass")
    found = [it.message for it in verify(db, wanted).findings if it.code == "probe-went-through"]

    assert found
    assert all(" -> " in it for it in found)


def test_a_rule_that_is_promoted_holds_old_rows_to_it(db: psycopg.Connection) -> None:
    install(db, "enforce", "invariant: observe")
    db.execute("insert into depot.parcel (id, status, weight) values (1, 'PACKED', -1)")

    with pytest.raises(UnsafeError, match="weight_is_positive: 1 row, for example id=1"):
        install(db, "enforce")
    db.execute("update depot.parcel set weight = 1")
    install(db, "enforce")

    assert refusal(db, update("weight = -1")) == "IL14"


def test_observe_goes_through_a_role_that_may_write_the_table_alone(
    db: psycopg.Connection,
) -> None:
    install(db, "enforce", "IL02: observe, IL01: observe, IL07: observe, IL14: observe")
    db.execute("grant usage on schema depot to hotel_app")
    db.execute("grant select, insert, update on depot.parcel to hotel_app")
    db.execute("set role hotel_app")
    db.execute(
        "insert into depot.parcel (id, status, weight, carrier, sent_at)"
        " values (1, 'SENT', -1, 'x', now())"
    )
    db.execute("update depot.parcel set status = 'PACKED', sent_at = null")
    db.execute("reset role")

    assert codes(db) == ["IL02", "IL14", "IL01", "IL07", "IL14"]


def test_apply_by_hand_of_a_plan_with_modes(db: psycopg.Connection) -> None:
    wanted = parcel_spec("observe", '"state_row.SENT requires carrier": enforce')
    apply.run(db, steps.make_plan(db, wanted))
    add(db, 1, paid_at="now")

    assert refusal(db, update("status = 'SENT', sent_at = now()")) == "IL13"
    assert refusal(db, update("status = 'LOST'")) is None
