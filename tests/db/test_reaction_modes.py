"""A reaction under modes, changes of the spec, bypasses and backfills, and when a row is fired."""

import psycopg
import pytest
from tests.db import reacting_stays as stays
from tests.db.reacting_stays import (
    ACTOR,
    CAUSE,
    PAY,
    Make,
    entries,
    last,
    put,
    refused,
    state,
    wanted,
)

from pginterlock import apply, backfill, bypasses, difference, erasure, steps, uninstall
from pginterlock.backfill import Choice, Pace
from pginterlock.bypasses import Kind, Wish, duration
from pginterlock.waiting import Waiting

WITHOUT = (
    "    reactions:\n      payment_confirms: {when: paid_at is not null, event: confirm}\n",
    "",
)
OF_RULE = ("    mode: enforce\n", "    mode: enforce\n    modes: {reaction: observe}\n")
OF_ONE = (
    "    mode: enforce\n",
    "    mode: enforce\n    modes: {reaction.payment_confirms: observe}\n",
)
IN_OBSERVE = ("mode: enforce", "mode: observe")
IN_RATCHET = ("mode: enforce", "mode: ratchet")
REPAIRS = (
    "    audit:",
    "    repairs:\n"
    "      paid_cash: {when: note = 'cash' and paid_at is null, set: {paid_at: \"'2026-01-01'\"}}\n"
    "    audit:",
)


@pytest.fixture
def session(stays_session: psycopg.Connection) -> psycopg.Connection:
    return stays_session


@pytest.mark.parametrize(
    ("name", "change", "became"),
    [
        pytest.param("observing", IN_OBSERVE, "PENDING", id="a machine that observes"),
        pytest.param("ratchet", IN_RATCHET, "CONFIRMED", id="a ratchet"),
        pytest.param("none_acts", OF_RULE, "PENDING", id="reactions in observe"),
        pytest.param("one_does_not", OF_ONE, "PENDING", id="this one in observe"),
    ],
)
def test_who_observes_moves_nothing(
    make_stays: Make, name: str, change: tuple[str, str], became: str
) -> None:
    machine = wanted(change)
    session = make_stays(name, machine)
    put(session)

    session.execute(PAY)

    assert state(session) == became
    waiting = [it.count for it in stays.found(session, machine) if it.code == "reaction-waits"]
    assert waiting == ([1] if became == "PENDING" else [])
    assert stays.wrong(session, machine) == []


def test_an_observing_machine_whose_reactions_act(make_stays: Make) -> None:
    machine = wanted(("mode: enforce\n", "mode: observe\n    modes: {reaction: enforce}\n"))
    session = make_stays("acts_in_observe", machine)
    put(session)

    session.execute(PAY)

    assert last(session)[1:5] == ("confirm", "PENDING", "CONFIRMED", ACTOR)
    # Who observes fills no stamp either.
    assert stays.wrong(session, machine) == [
        "stamp confirmed_at: confirmed_at does not fit the state"
    ]


def test_what_one_may_not_claim_to_be_is_recorded_in_observe(make_stays: Make) -> None:
    session = make_stays("observing", wanted(IN_OBSERVE))
    put(session)
    session.execute(f"set interlock.actor = '{ACTOR}'".encode())

    session.execute("update inn.stay set status = 'CANCELLED' where id = 1")

    row = session.execute(
        "select code, message from interlock.violation where code = 'IL06'"
    ).fetchone()
    assert row == (
        "IL06",
        f"stay 1: nobody acts as {ACTOR} but the database itself",
    )


# A spec that changes.


def test_a_reaction_comes_to_a_machine_that_is_there(make_stays: Make) -> None:
    session = make_stays("without", wanted(WITHOUT))
    put(session)

    made = steps.make_plan(session, wanted())
    assert [it.text for it in made.differences] == [
        "stay: reaction added payment_confirms; 1 row; confirm when paid_at is not null"
    ]
    apply.run(session, made)
    session.execute(PAY)

    assert last(session)[1:] == ("confirm", "PENDING", "CONFIRMED", ACTOR, CAUSE, CAUSE, None)
    assert stays.wrong(session) == []
    assert steps.make_plan(session, wanted()).steps == ()


def test_a_reaction_goes_and_its_entries_stay(session: psycopg.Connection) -> None:
    put(session)
    session.execute(PAY)
    session.execute("insert into inn.stay (id, status, rate) values (2, 'PENDING', 9)")

    apply.install(session, wanted(WITHOUT))
    session.execute("update inn.stay set paid_at = now() where id = 2")

    assert state(session, 2) == "PENDING"
    assert [it[6] for it in entries(session)] == [None, CAUSE, None, None]
    assert stays.wrong(session, wanted(WITHOUT)) == []
    assert steps.make_plan(session, wanted(WITHOUT)).steps == ()


def test_another_condition_is_in_force_at_once(session: psycopg.Connection) -> None:
    put(session)
    changed = wanted(("when: paid_at is not null", "when: paid_at is not null and room > 0"))

    apply.install(session, changed)
    session.execute(PAY)
    assert state(session) == "PENDING"
    session.execute("update inn.stay set room = 1 where id = 1")

    assert state(session) == "CONFIRMED"
    assert stays.wrong(session, changed) == []


def test_a_trigger_or_a_function_that_was_changed_is_drift(session: psycopg.Connection) -> None:
    session.execute(
        "create or replace trigger interlock_10_stay_premove before update of status on inn.stay"
        " for each row execute function interlock.stay_premove();"
        "alter table inn.stay enable always trigger interlock_10_stay_premove"
    )
    assert any("interlock_10_stay_premove" in it for it in stays.wrong(session))

    session.execute(
        "create or replace function interlock.stay_premove() returns trigger language plpgsql"
        " as 'begin return new; end'"
    )
    assert any("stay_premove" in it for it in stays.wrong(session))
    apply.install(session, wanted())
    assert stays.wrong(session) == []


def test_it_is_taken_off_again(session: psycopg.Connection) -> None:
    put(session)
    session.execute(PAY)

    uninstall.take_off(session, [], drop_history=True)

    assert session.execute("select to_regnamespace('interlock') is null").fetchone() == (True,)
    session.execute("insert into inn.stay (id, status) values (3, 'PENDING')")
    session.execute("update inn.stay set paid_at = now()")


def test_a_state_under_two_names(session: psycopg.Connection) -> None:
    """While CONFIRMED is being renamed a reaction enters it under its new name."""
    put(session)
    renamed = wanted(
        ("CONFIRMED", "BOOKED"),
        ("BOOKED: {freeze", "BOOKED: {renamed_from: CONFIRMED, freeze"),
    )

    apply.install(session, renamed)
    session.execute(PAY)

    assert state(session) == "BOOKED"
    assert stays.wrong(session, renamed) == []


# Ways around.


def test_a_backfill_makes_no_reaction(make_stays: Make) -> None:
    machine = wanted(REPAIRS)
    session = make_stays("repairs", machine)
    put(session)
    session.execute("update inn.stay set note = 'cash' where id = 1")

    asked = backfill.prepare(session, machine, "stay", Choice())
    done = backfill.run(session, asked, Pace(waiting=Waiting(50, 0.5)))

    assert (done.repaired, state(session)) == (1, "PENDING")
    assert stays.wrong(session, machine) == []


@pytest.mark.parametrize("kind", list(Kind))
def test_a_bypass_leaves_them_be(session: psycopg.Connection, kind: Kind) -> None:
    put(session)
    role = str(session.execute("select current_user").fetchall()[0][0])
    wish = Wish("stay", role=role, reason="x", duration=duration("30m"), kind=kind)
    bypasses.open_one(session, wish)

    session.execute(PAY)

    assert last(session)[:5] == ("move", "confirm", "PENDING", "CONFIRMED", ACTOR)
    assert "IL10" not in {it.code for it in stays.found(session)}


# interlock.fire and interlock.allowed


def fire(session: psycopg.Connection, event: str, **options: object) -> dict[str, object]:
    row = session.execute(
        "select interlock.fire('stay', 1, %s, set => '{\"paid_at\": \"2026-01-01\"}',"
        " actor => 'user:anna', reason => 'cash', dry_run => %s)",
        [event, options.get("dry_run", False)],
    ).fetchone()
    assert row
    result: dict[str, object] = row[0]
    return result


def test_the_event_that_is_fired_is_its_callers_own(session: psycopg.Connection) -> None:
    put(session)

    told = fire(session, "confirm")

    assert (told["from"], told["to"]) == ("PENDING", "CONFIRMED")
    assert last(session)[4:] == ("user:anna", "cash", None, None)


def test_another_event_tells_how_far_the_row_came(session: psycopg.Connection) -> None:
    put(session)

    told = fire(session, "ask")

    assert (told["event"], told["from"], told["to"]) == ("ask", "PENDING", "CONFIRMED")
    assert last(session)[1:] == (
        "confirm", "PENDING", "CONFIRMED", ACTOR, "cash", CAUSE, "user:anna"
    )  # fmt: skip


def test_a_dry_run_tells_it_and_leaves_nothing(session: psycopg.Connection) -> None:
    put(session)

    told = fire(session, "ask", dry_run=True)

    assert (told["to"], told["dry_run"], state(session)) == ("CONFIRMED", True, "PENDING")


def test_who_may_not_confirm_may_not_by_firing_either(session: psycopg.Connection) -> None:
    put(session)
    session.execute("set role pg_read_all_data")

    with refused("IL05"):
        fire(session, "confirm")


def test_allowed_tells_what_a_caller_could_do(session: psycopg.Connection) -> None:
    put(session)

    rows = session.execute("select event, possible from interlock.allowed('stay', 1)").fetchall()

    assert ("ask", True) in rows
    assert ("confirm", False) in rows


# Actors: required, signed, erased.


def test_an_actor_that_is_required_is_that_of_the_payment(make_stays: Make) -> None:
    session = make_stays("required", wanted(("audit: {", "audit: {actor: required, ")))
    with session.transaction():
        session.execute("select interlock.act_as('user:anna')")
        put(session)

    with refused("IL06"):
        session.execute(PAY)
    with session.transaction():
        session.execute("select interlock.act_as('webhook')")
        session.execute(PAY)

    assert last(session)[4] == ACTOR


def test_nobody_is_asked_for_a_column_that_is_not_recorded(make_stays: Make) -> None:
    session = make_stays("unrecorded", wanted(("columns: [paid_at]", "actor: required")))
    with session.transaction():
        session.execute("select interlock.act_as('user:anna')")
        put(session)

    session.execute(PAY)

    assert last(session)[4:] == (ACTOR, CAUSE, CAUSE, None)


def test_who_wrote_is_erased_with_the_actor(make_stays: Make) -> None:
    machine = wanted(("columns: [paid_at]", "columns: [paid_at], erasable: [actor]"))
    session = make_stays("erasable", machine)
    put(session)
    with session.transaction():
        session.execute("select interlock.act_as('user:anna')")
        session.execute(PAY)

    erasure.erase(session, "stay", ["1"], reason="asked")

    assert last(session)[4:] == (None, None, CAUSE, None)
    assert stays.wrong(session, machine) == []


def test_what_changes_is_told_by_its_name() -> None:
    first, other = wanted(), wanted(("when: paid_at is not null", "when: room > 0"))
    none = wanted(WITHOUT)

    def told(*both: object) -> list[str]:
        return [it.text for it in difference.difference(*(it.machines[0] for it in both))]  # type: ignore[attr-defined]

    assert told(first, other) == ["stay: reaction changed payment_confirms; confirm when room > 0"]
    assert told(first, none) == [
        "stay: reaction removed payment_confirms; confirm when paid_at is not null"
    ]
    assert told(first, first) == []
