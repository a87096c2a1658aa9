"""A reaction: a payment confirms the stay in the same statement, and the history says so."""

import psycopg
import pytest
from psycopg import errors
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

LIMITED = wanted(
    ("audit:", "invariants:\n      fair: {check: rate > 0, in: [CONFIRMED]}\n    audit:")
)

BYSTANDER = """
create function inn.pay() returns trigger language plpgsql as
    'begin new.paid_at := pg_catalog.now(); return new; end';
create trigger {name} before update on inn.stay for each row execute function inn.pay();
"""


@pytest.fixture
def session(stays_session: psycopg.Connection) -> psycopg.Connection:
    return stays_session


@pytest.mark.parametrize("start", ["PENDING", "ASKED"])
def test_a_payment_confirms_in_the_same_statement(session: psycopg.Connection, start: str) -> None:
    put(session, start)

    row = session.execute(f"{PAY} returning status, confirmed_at is not null".encode()).fetchone()

    assert row == ("CONFIRMED", True)
    assert stays.wrong(session) == []


def test_the_history_says_that_the_database_did_it_and_who_wrote(
    session: psycopg.Connection,
) -> None:
    put(session)
    with session.transaction():
        session.execute("select interlock.act_as('webhook', reason => 'evt_1')")
        session.execute(PAY)

    assert last(session) == (
        "move", "confirm", "PENDING", "CONFIRMED", ACTOR, "evt_1", CAUSE, "webhook"
    )  # fmt: skip


def test_the_entry_keeps_the_audited_column_and_the_facts(session: psycopg.Connection) -> None:
    put(session)

    session.execute(PAY)

    row = session.execute(
        "select new_paid_at is not null, session_role = session_user, statement like '%paid_at%'"
        " from interlock.stay_audit order by id desc limit 1"
    ).fetchone()
    assert row == (True, True, True)


def test_a_reason_that_is_required_is_the_reactions_own(session: psycopg.Connection) -> None:
    put(session)

    session.execute(PAY)

    assert last(session)[4:] == (ACTOR, CAUSE, CAUSE, None)


def test_who_may_make_the_move_by_hand_does_not_bind_the_reaction(
    session: psycopg.Connection,
) -> None:
    put(session)
    session.execute("set role pg_read_all_data")
    with refused("IL05"):
        session.execute("update inn.stay set status = 'CONFIRMED' where id = 1")

    session.execute(PAY)

    assert state(session) == "CONFIRMED"


def test_without_its_guard_the_payment_is_kept_and_nothing_moves(
    session: psycopg.Connection,
) -> None:
    put(session, rate=None)

    session.execute(PAY)

    assert state(session) == "PENDING"
    assert last(session)[:2] == ("change", None)


def test_the_write_that_meets_the_guard_later_makes_the_move(session: psycopg.Connection) -> None:
    put(session, rate=None)
    session.execute(PAY)

    session.execute("update inn.stay set rate = 90 where id = 1")

    assert state(session) == "CONFIRMED"
    assert last(session)[4] == ACTOR


def test_a_row_that_is_inserted_paid_stays_where_it_began(session: psycopg.Connection) -> None:
    session.execute(
        "insert into inn.stay (id, status, rate, paid_at) values (1, 'PENDING', 9, now())"
    )

    assert state(session) == "PENDING"


def test_an_edit_beside_it_moves_no_row_that_was_paid_before(session: psycopg.Connection) -> None:
    session.execute(
        "insert into inn.stay (id, status, rate, paid_at) values (1, 'PENDING', 9, now())"
    )

    session.execute("update inn.stay set note = 'late', rate = 10, paid_at = paid_at where id = 1")

    assert state(session) == "PENDING"


def test_verify_tells_of_rows_that_wait(session: psycopg.Connection) -> None:
    session.execute(
        "insert into inn.stay (id, status, rate, paid_at) values (1, 'PENDING', 9, now())"
    )

    [found] = [it for it in stays.found(session) if it.code == "reaction-waits"]

    assert (found.count, found.samples) == (1, ({"id": 1},))
    assert found.message.startswith("payment_confirms could confirm rows")
    assert stays.wrong(session) == []


def test_a_payment_elsewhere_moves_nothing(session: psycopg.Connection) -> None:
    put(session)
    session.execute("update inn.stay set status = 'CANCELLED' where id = 1")

    session.execute(PAY)

    assert state(session) == "CANCELLED"


# The statement that moves the row itself.


def test_a_state_from_which_the_event_leads_on_is_not_entered(session: psycopg.Connection) -> None:
    put(session)

    session.execute("update inn.stay set status = 'ASKED', paid_at = now() where id = 1")

    assert [it[1:5] for it in entries(session)[1:]] == [("confirm", "PENDING", "CONFIRMED", ACTOR)]
    assert stays.wrong(session) == []


def test_a_stamp_of_that_state_is_not_written_either(session: psycopg.Connection) -> None:
    put(session)

    session.execute(
        "update inn.stay set status = 'ASKED', asked_at = now(), paid_at = now() where id = 1"
    )

    row = session.execute("select status, asked_at from inn.stay").fetchone()
    assert row == ("CONFIRMED", None)


def test_a_row_that_is_cancelled_in_the_same_write_stays_so(session: psycopg.Connection) -> None:
    put(session)

    session.execute("update inn.stay set status = 'CANCELLED', paid_at = now() where id = 1")

    assert state(session) == "CANCELLED"
    assert last(session)[1] == "cancel"


def test_a_payment_makes_no_illegal_move_legal(session: psycopg.Connection) -> None:
    put(session)

    with refused("IL01"):
        session.execute("update inn.stay set status = 'LEFT', paid_at = now() where id = 1")


def test_the_state_written_beside_the_payment_is_the_reactions_move(
    session: psycopg.Connection,
) -> None:
    put(session)
    session.execute("set role pg_read_all_data")

    with session.transaction():
        session.execute("select interlock.act_as('webhook')")
        session.execute("update inn.stay set status = 'CONFIRMED', paid_at = now() where id = 1")

    session.execute("reset role")
    assert last(session)[4:] == (ACTOR, CAUSE, CAUSE, "webhook")


def test_a_confirmation_by_hand_is_nobody_elses(session: psycopg.Connection) -> None:
    session.execute(
        "insert into inn.stay (id, status, rate, paid_at) values (1, 'PENDING', 9, now())"
    )

    with session.transaction():
        session.execute("select interlock.act_as('user:anna', reason => 'paid cash')")
        session.execute("update inn.stay set status = 'CONFIRMED' where id = 1")

    assert last(session)[4:] == ("user:anna", "paid cash", None, None)


# A state that the write enters, and where the reaction goes on.


def draft(session: psycopg.Connection, *, paid: bool) -> None:
    session.execute(
        "insert into inn.stay (id, status, rate, paid_at) values (1, 'DRAFT', 9, %s::timestamptz)",
        ["2026-01-01" if paid else None],
    )


@pytest.mark.parametrize("paid", [True, False], ids=["paid before", "paid with it"])
def test_a_row_that_comes_paid_is_moved_on_with_two_entries(
    session: psycopg.Connection, paid: bool
) -> None:
    draft(session, paid=paid)

    with session.transaction():
        session.execute("select interlock.act_as('user:anna', reason => 'sent in')")
        session.execute(
            "update inn.stay set status = 'PENDING', paid_at = coalesce(paid_at, now())"
        )

    assert entries(session)[1:] == [
        ("move", "submit", "DRAFT", "PENDING", "user:anna", "sent in", None, None),
        ("move", "confirm", "PENDING", "CONFIRMED", ACTOR, "sent in", CAUSE, "user:anna"),
    ]
    assert stays.wrong(session) == []


def test_the_stamp_of_a_state_on_the_way_is_written(make_stays: Make) -> None:
    machine = wanted(("submit:  {from: DRAFT, to: PENDING}", "submit:  {from: DRAFT, to: ASKED}"))
    session = make_stays("on_the_way", machine)
    draft(session, paid=True)

    session.execute("update inn.stay set status = 'ASKED' where id = 1")

    row = session.execute("select status, asked_at is not null from inn.stay").fetchone()
    assert row == ("CONFIRMED", True)
    assert stays.wrong(session, machine) == []


def test_the_first_of_the_two_moves_is_judged_like_any_other(make_stays: Make) -> None:
    guarded = "{from: DRAFT, to: PENDING, guard: note is not null}"
    session = make_stays("guarded", wanted(("{from: DRAFT, to: PENDING}", guarded)))
    draft(session, paid=True)

    with refused("IL04") as told:
        session.execute("update inn.stay set status = 'PENDING' where id = 1")

    assert (told["from"], told["to"], told["event"]) == ("DRAFT", "PENDING", "submit")


@pytest.mark.parametrize("checks", ["function", "trigger"])
@pytest.mark.parametrize("paid", [True, False])
def test_nobody_goes_both_steps_by_hand(make_stays: Make, checks: str, *, paid: bool) -> None:
    session = make_stays(checks, wanted(("    audit:", f"    checks: {checks}\n    audit:")))
    draft(session, paid=paid)

    with refused("IL01"):
        session.execute("update inn.stay set status = 'CONFIRMED' where id = 1")


def test_one_reaction_at_most_is_made_in_a_write(make_stays: Make) -> None:
    another = "event: confirm}\n      leaves: {when: vouched_by is not null, event: leave}"
    machine = wanted(("event: confirm}", another))
    session = make_stays("chained", machine)
    put(session)

    session.execute("update inn.stay set paid_at = now(), vouched_by = 'x', room = 1 where id = 1")

    assert state(session) == "CONFIRMED"
    assert [it.code for it in stays.found(session, machine)] == ["reaction-waits"]


def test_of_two_reactions_the_first_is_made(make_stays: Make) -> None:
    first = "reactions:\n      vouched: {when: vouched_by is not null, event: cancel}\n"
    fewer = ("[DRAFT, PENDING, ASKED, CONFIRMED], to: CAN", "[PENDING, ASKED], to: CAN")
    machine = wanted(("reactions:\n", first), fewer)
    session = make_stays("two", machine)
    put(session)

    session.execute("update inn.stay set paid_at = now(), vouched_by = 'x' where id = 1")

    assert state(session) == "CANCELLED"
    assert last(session)[4] == "interlock:vouched"


# What else may refuse the write.


def test_another_rule_refuses_the_write_and_names_the_reaction(make_stays: Make) -> None:
    session = make_stays("limited", LIMITED)
    put(session, rate=-5)

    with refused("IL14") as told:
        session.execute(PAY)

    assert (told["to"], told["reaction"]) == ("CONFIRMED", "payment_confirms")
    assert str(told["hint"]).endswith("the move is that of reaction payment_confirms")


def test_a_later_refusal_does_not_name_it(make_stays: Make) -> None:
    session = make_stays("limited", LIMITED)
    put(session)

    with refused("IL14") as told, session.transaction():
        session.execute(PAY)
        session.execute("update inn.stay set rate = -1 where id = 1")

    assert "reaction" not in told


# Nobody else is a reaction.


@pytest.mark.parametrize(
    "write",
    [
        "insert into inn.stay (id, status) values (2, 'PENDING')",
        "update inn.stay set status = 'CANCELLED' where id = 1",
        "update inn.stay set paid_at = now() where id = 1",
    ],
    ids=["a birth", "a move", "a payment"],
)
@pytest.mark.parametrize("way", ["set interlock.actor = '{}'", "select interlock.act_as('{}')"])
def test_an_actor_of_the_database_cannot_be_claimed(
    session: psycopg.Connection, write: str, way: str
) -> None:
    put(session)

    with refused("IL06") as told, session.transaction():
        session.execute(way.format(ACTOR).encode())
        session.execute(write.encode())

    nobody = f": nobody acts as {ACTOR} but the database itself"
    assert str(told["message"]).endswith(nobody)


def test_a_deadline_may_act_still(session: psycopg.Connection) -> None:
    put(session)
    session.execute("set interlock.actor = 'interlock:deadline'")

    session.execute("update inn.stay set status = 'CANCELLED' where id = 1")

    assert last(session)[4] == "interlock:deadline"


@pytest.mark.parametrize("setting", ["interlock.reacting", "interlock.event", "interlock.lift"])
def test_no_setting_makes_a_move_a_reactions(session: psycopg.Connection, setting: str) -> None:
    put(session)
    for value in ("payment_confirms", 'stay/{"id": 1}/CONFIRMED=payment_confirms', "stay/x"):
        session.execute("select set_config(%s, %s, false)", [setting, value])
        session.execute("set role pg_read_all_data")
        with refused("IL05"):
            session.execute("update inn.stay set status = 'CONFIRMED' where id = 1")
        session.execute("reset role")


# Transactions.


def test_what_is_rolled_back_leaves_nothing(session: psycopg.Connection) -> None:
    put(session)
    with session.transaction(force_rollback=True):
        session.execute(PAY)

    assert state(session) == "PENDING"
    assert len(entries(session)) == 1


def test_a_history_that_cannot_be_written_fails_the_payment(session: psycopg.Connection) -> None:
    put(session)
    session.execute(
        "alter table interlock.stay_audit add constraint full_ check (id < 2) not valid"
    )

    with pytest.raises(errors.CheckViolation):
        session.execute(PAY)

    assert session.execute("select status, paid_at from inn.stay").fetchone() == ("PENDING", None)


def test_a_reaction_that_is_rolled_back_to_a_savepoint_can_be_made_again(
    session: psycopg.Connection,
) -> None:
    put(session)
    with session.transaction():
        with session.transaction(force_rollback=True):
            session.execute(PAY)
        session.execute(PAY)

    assert [it[1] for it in entries(session)] == [None, "confirm"]


def test_rows_of_all_kinds_in_one_statement(session: psycopg.Connection) -> None:
    session.execute(
        "insert into inn.stay (id, status, rate)"
        " select n, case n % 3 when 0 then 'DRAFT' else 'PENDING' end, nullif(n % 5, 0)"
        " from generate_series(1, 300) as n"
    )
    session.execute("update inn.stay set status = 'CANCELLED' where id % 3 = 1")

    session.execute("update inn.stay set paid_at = now()")

    rows = session.execute("select status, count(*) from inn.stay group by 1 order by 1").fetchall()
    assert rows == [("CANCELLED", 100), ("CONFIRMED", 80), ("DRAFT", 100), ("PENDING", 20)]
    assert stays.wrong(session) == []


def test_an_update_that_names_none_of_its_columns_does_not_call_it(
    session: psycopg.Connection,
) -> None:
    row = session.execute(
        "select array(select a.attname::text from unnest(t.tgattr) as n (num)"
        " join pg_attribute as a on a.attrelid = t.tgrelid and a.attnum = n.num order by 1)"
        " from pg_trigger as t where t.tgname = 'interlock_10_stay_premove'"
    ).fetchone()

    assert row == (["paid_at", "rate", "status"],)


@pytest.mark.parametrize(
    ("name", "became"), [("aa_first", "CONFIRMED"), ("zz_last", "PENDING")], ids=["first", "last"]
)
def test_a_payment_that_another_trigger_writes_counts_if_that_one_comes_first(
    make_stays: Make, name: str, became: str
) -> None:
    session = make_stays(name, None, BYSTANDER.format(name=name))
    put(session)

    session.execute("update inn.stay set note = 'pay' where id = 1")

    assert state(session) == became
    waiting = [it for it in stays.found(session) if it.code == "reaction-waits"]
    assert bool(waiting) == (became == "PENDING")
