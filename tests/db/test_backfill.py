"""Backfill: rows that were wrong are repaired, recorded, and nothing else is touched."""

from collections.abc import Callable

import psycopg
import pytest
from tests.db import backfill_bookings as bookings

from pginterlock import apply, backfill
from pginterlock.backfill import Choice, Pace
from pginterlock.errors import SpecError, UnsafeError, UsageError
from pginterlock.waiting import Waiting

Connect = Callable[..., psycopg.Connection]

ALL = "select * from booking order by id"
QUICK = Waiting(50, 0.5)


@pytest.fixture
def old(make_database: Callable[..., str], connect: Connect) -> psycopg.Connection:
    """A thousand bookings, eight in a hundred of them wrong, under a machine that observes."""
    return connect(make_database("old_bookings", bookings.build), autocommit=True)


def rows(session: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return session.execute(query.encode()).fetchall()


def one(session: psycopg.Connection, query: str) -> object:
    return rows(session, query)[0][0]


def test_a_backfill_makes_every_row_sound_and_history_and_rows_agree(
    old: psycopg.Connection,
) -> None:
    assert set(bookings.findings(old)) == {"IL11", "IL12", "IL13"}

    done = bookings.run(old)

    assert (done.repaired, done.quarantined, done.locked) == (80, 0, 0)
    assert bookings.findings(old) == []
    assert one(old, "select count(*) from interlock.violation") == 0


def test_a_look_tells_rows_before_and_after_and_changes_nothing(old: psycopg.Connection) -> None:
    before = rows(old, ALL)

    found = bookings.look(old)

    assert (found.repaired, found.unrepaired) == (80, 0)
    late = next(it for it in found.kinds if it.repairs == ("cancelled_at_from_updated_at",))
    assert late.broken == ("IL12 stamp cancelled_at",)
    assert late.row_count == 10
    sample = late.samples[0]
    assert sample["before"]["cancelled_at"] is None
    assert sample["after"]["cancelled_at"] is not None
    assert rows(old, ALL) == before
    assert one(old, "select count(*) from interlock.backfill_job") == 0


def test_a_run_does_what_the_look_said(old: psycopg.Connection) -> None:
    found = bookings.look(old)
    said = {
        (str(s["key"]["id"]), column): s["after"][column]
        for kind in found.kinds
        for s in kind.samples
        for column in s["after"]
    }

    bookings.run(old)

    assert said
    for (key, column), value in said.items():
        stored = one(old, f"select {column}::text from booking where id = {key}")
        assert stored == value


def test_sound_rows_are_not_written(old: psycopg.Connection) -> None:
    place = "select id, ctid, xmin from booking where id % 100 not in (1, 2, 3, 4, 6, 7, 8, 11)"
    before = rows(old, place)

    bookings.run(old)

    assert rows(old, place) == before


def test_every_repaired_row_has_one_entry_with_its_provenance(old: psycopg.Connection) -> None:
    bookings.run(old)

    told = rows(
        old,
        "select count(*), count(distinct key_id), count(*) filter (where kind = 'backfill'),"
        " min(actor), max(actor), count(reason) from interlock.booking_audit",
    )
    assert told == [(80, 80, 80, "interlock backfill", "interlock backfill", 80)]
    said = "select key_id, (from_state, to_state, reason)::text from interlock.booking_audit"
    entries = {it[0]: it[1] for it in rows(old, said)}
    assert entries[2] == '(CANCELLED,CANCELLED,"cancelled_at inferred from updated_at")'
    assert entries[3] == '("Confirmed ",CONFIRMED,"status spelled as the machine spells it")'
    assert entries[8] == '(CHECKED_OUT,CHECKED_OUT,"checked_in_at inferred from checked_out_at")'
    assert entries[7] == '(CONFIRMED,CHECKED_IN,"status inferred from its stamps")'
    assert entries[11] == '(CONFIRMED,CONFIRMED,"checked_in_at cleared: its state was not entered")'
    cleared = rows(
        old, "select old_room, new_room, reason from interlock.booking_audit where key_id = 6"
    )
    assert cleared == [(7, None, "room cleared: CANCELLED forbids it")]


def test_batches_and_job_are_recorded(old: psycopg.Connection) -> None:
    done = bookings.run(old)

    job = rows(
        old,
        "select id, state_name, scanned_rows, repaired_rows, last_key from interlock.backfill_job",
    )
    assert job == [(done.job.id, "done", 1000, 80, ["1000"])]
    assert rows(
        old, "select sum(scanned_rows), sum(repaired_rows) from interlock.backfill_batch"
    ) == [(1000, 80)]
    assert one(old, "select count(*) from interlock.backfill_pass") == 0


def test_a_second_run_finds_nothing_to_do(old: psycopg.Connection) -> None:
    bookings.run(old)
    before = rows(old, "select ctid, * from booking order by id")

    assert bookings.look(old).repaired == 0
    assert bookings.run(old).repaired == 0
    assert rows(old, "select ctid, * from booking order by id") == before


def test_a_declared_repair_goes_first_and_wins(old: psycopg.Connection) -> None:
    spec = bookings.wanted(bookings.DECLARED)

    bookings.run(old, spec)

    told = rows(
        old,
        "select b.updated_at - b.checked_in_at = interval '1 hour', a.reason"
        " from booking as b join interlock.booking_audit as a on a.key_id = b.id where b.id = 1",
    )
    assert told == [(True, "in_late: checked_in_at = updated_at - interval '1 hour'")]
    assert bookings.findings(old, bookings.wanted()) == []


BREAKS = "repairs: {cheap: {when: id < 4, set: {price: -1}}}"


def test_a_repair_that_would_break_another_rule_is_refused_by_name(
    old: psycopg.Connection,
) -> None:
    before = rows(old, ALL)

    with pytest.raises(UnsafeError, match="repair cheap would break IL14 invariant pays"):
        backfill.demand_harmless(bookings.look(old, bookings.wanted(BREAKS)))

    assert rows(old, ALL) == before


def test_a_row_that_a_repair_would_break_is_not_written(old: psycopg.Connection) -> None:
    """Whoever runs without the look is still safe: such rows go to the quarantine."""
    bookings.run(old, bookings.wanted(BREAKS))

    assert one(old, "select min(price) from booking") == 100
    listed = backfill.quarantine(old, "booking")
    assert [it["key"]["id"] for it in listed] == [1, 2, 3]
    assert listed[0]["rules"] == ["IL14 invariant pays"]
    assert "still broken after cheap" in listed[0]["reason"]


def test_a_repair_whose_condition_holds_after_it_is_refused(old: psycopg.Connection) -> None:
    spec = bookings.wanted("repairs: {dearer: {when: price >= 100, set: {price: price + 1}}}")

    with pytest.raises(UnsafeError, match="dearer would repair the same 1,000 rows again"):
        backfill.demand_harmless(bookings.look(old, spec))


def test_an_expression_that_fails_on_one_row_costs_that_row_only(old: psycopg.Connection) -> None:
    spec = bookings.wanted(
        "repairs: {share: {when: note is not null, set: {price: price / nights, note: null}}}"
    )
    old.execute("update booking set note = 'share', nights = 2 where id between 500 and 599")
    old.execute("update booking set nights = 0 where id = 555")

    found = bookings.look(old, spec)
    done = bookings.run(old, spec)

    assert found.failing == [(("555",), "division by zero")]
    assert (done.quarantined, done.repaired) == (1, 99 + 72)
    assert [it["reason"] for it in backfill.quarantine(old, "booking")] == [
        "its repair fails: division by zero"
    ]
    assert one(old, "select count(*) from booking where price = 50 and note is null") == 99
    assert rows(old, "select price, note from booking where id = 555") == [(100, "share")]


def test_a_condition_that_fails_on_one_row_costs_that_row_only(old: psycopg.Connection) -> None:
    spec = bookings.wanted(
        "repairs: {share: {when: 100 / nights > 40 and note is not null, set: {note: null}}}"
    )
    old.execute("update booking set note = 'x', nights = 2 where id between 500 and 599")
    old.execute("update booking set nights = 0 where id = 555")

    done = bookings.run(old, spec)

    assert (done.quarantined, done.repaired) == (1, 171)


def test_a_row_that_nothing_mends_goes_to_the_quarantine(old: psycopg.Connection) -> None:
    old.execute("update booking set price = 0 where id in (16, 17)")

    done = bookings.run(old)

    assert done.quarantined == 2
    assert [
        (it["key"], it["rules"], it["reason"]) for it in backfill.quarantine(old, "booking")
    ] == [
        ({"id": 16}, ["IL14 invariant pays"], "no repair for it"),
        ({"id": 17}, ["IL14 invariant pays"], "no repair for it"),
    ]
    assert bookings.findings(old) == ["IL14"]


@pytest.mark.parametrize(
    ("choice", "repaired"),
    [
        pytest.param(Choice(only=("IL13",)), 10, id="rule code"),
        pytest.param(Choice(only=("known_state",)), 10, id="rule"),
        pytest.param(Choice(only=("cancelled_at_from_updated_at",)), 10, id="repair"),
        pytest.param(Choice(only=("IL13", "IL11")), 20, id="two"),
        pytest.param(Choice(where="id <= 100"), 8, id="where"),
        pytest.param(Choice(where="id % 2 = 0", only=("IL12",)), 30, id="both"),
    ],
)
def test_a_choice_of_repairs_and_rows(
    old: psycopg.Connection, choice: Choice, repaired: int
) -> None:
    assert bookings.look(old, choice=choice).repaired == repaired

    done = bookings.run(old, choice=choice)

    assert (done.repaired, done.quarantined) == (repaired, 0)


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        pytest.param(Choice(only=("IL31",)), "no repair and no rule is called 'IL31'", id="only"),
        pytest.param(Choice(where="id >"), "--where 'id >'", id="where"),
        pytest.param(
            Choice(where="idd > 1"), "has no column 'idd'; did you mean 'id'", id="column"
        ),
        pytest.param(Choice(where="id = (select 1)"), "subquery", id="subquery"),
    ],
)
def test_a_choice_that_makes_no_sense(old: psycopg.Connection, choice: Choice, told: str) -> None:
    with pytest.raises(UsageError, match=told.replace("(", r"\(")):
        bookings.prepared(old, choice=choice)


@pytest.mark.parametrize(
    ("repair", "told"),
    [
        pytest.param("set: {nite: 1}", "has no column 'nite'; did you mean 'note'", id="unknown"),
        pytest.param("set: {id: id + 1}", "the key 'id' cannot be repaired", id="key"),
        pytest.param("set: {price: note || 'x'}", "price.*numeric but expression", id="type"),
        pytest.param("set: {twice: 1}", "'twice' is generated", id="generated"),
        pytest.param("set: {}", "sets one column at least", id="nothing"),
        pytest.param("set: {note: a b c}", "expression", id="no expression"),
        pytest.param("set: {note: lower(prize)}", "has no column 'prize'", id="unknown read"),
        pytest.param("set: {note: now()::text}", "now", id="clock"),
    ],
)
def test_a_repair_that_does_not_fit_the_table_is_told_where_it_stands(
    old: psycopg.Connection, repair: str, told: str
) -> None:
    old.execute("alter table booking add twice int generated always as (nights * 2) stored")

    with pytest.raises(SpecError, match=r"spec\.yaml:\d+:\d+: .*" + told):
        bookings.prepared(old, bookings.wanted(f"repairs: {{r: {{when: id = 1, {repair}}}}}"))


def test_a_machine_that_is_not_applied_is_not_repaired(old: psycopg.Connection) -> None:
    with pytest.raises(UnsafeError, match="installed otherwise than the spec says"):
        bookings.prepared(old, bookings.wanted(mode="ratchet"))


def test_at_most_so_many_rows_and_then_on(old: psycopg.Connection) -> None:
    first = bookings.run(old, pace=Pace(max_rows=25, waiting=QUICK))

    assert (first.repaired, first.is_whole) == (25, False)
    rest = bookings.run(old)
    assert (rest.repaired, rest.is_whole, rest.job.id) == (55, True, first.job.id)
    assert bookings.findings(old) == []


def test_a_changed_spec_begins_a_new_job_and_says_so(old: psycopg.Connection) -> None:
    first = bookings.run(old, pace=Pace(max_rows=25, waiting=QUICK))
    said: list[str] = []

    asked = bookings.prepared(old, bookings.wanted(bookings.DECLARED))
    done = backfill.run(old, asked, say=said.append)

    assert done.job.id != first.job.id
    assert "the spec has changed since: a new job begins" in said[0]
    assert rows(old, "select state_name from interlock.backfill_job order by id") == [
        ("replaced",),
        ("done",),
    ]
    assert bookings.findings(old) == []


def test_ratchet_is_repaired_too(old: psycopg.Connection) -> None:
    spec = bookings.wanted(mode="ratchet")
    apply.install(old, spec)

    assert bookings.run(old, spec).repaired == 80
    assert bookings.findings(old, spec) == []


@pytest.mark.parametrize("checks", ["function", "native", "trigger"])
def test_after_a_backfill_the_machine_can_enforce_and_a_repair_may_move_as_no_user_may(
    old: psycopg.Connection, checks: str
) -> None:
    bookings.run(old)
    revive = (
        "repairs: {revive: {when: status = 'CANCELLED' and note is not null,"
        " set: {status: \"'CONFIRMED'\", cancelled_at: null, note: null}}}"
    )
    spec = bookings.wanted(revive, mode="enforce", checks=checks)
    apply.install(old, spec)
    old.execute("update booking set note = 'was not cancelled' where id = 2")
    with pytest.raises(psycopg.errors.CheckViolation, match="CANCELLED -> CONFIRMED"):
        old.execute("update booking set status = 'CONFIRMED', cancelled_at = null where id = 2")

    done = bookings.run(old, spec)

    assert done.repaired == 1
    assert rows(old, "select status, cancelled_at from booking where id = 2") == [
        ("CONFIRMED", None)
    ]
    told = "select kind, from_state, to_state from interlock.booking_audit where key_id = 2"
    assert rows(old, f"{told} order by id desc limit 1") == [("backfill", "CANCELLED", "CONFIRMED")]
    assert bookings.findings(old, spec) == []


def test_a_stamp_that_is_always_filled_is_not_filled_by_a_repair(old: psycopg.Connection) -> None:
    spec = bookings.changed(
        "checked_in_at: CHECKED_IN", "checked_in_at: {state: CHECKED_IN, fill: always}"
    )
    apply.install(old, spec)

    bookings.run(old, spec)

    assert rows(old, "select status, checked_in_at::date::text from booking where id = 7") == [
        ("CHECKED_IN", "2026-01-01")
    ]


def test_actors_that_are_required_or_signed_do_not_stop_a_repair(old: psycopg.Connection) -> None:
    for need in ("required", "signed"):
        spec = bookings.changed("columns: [room]}", f"columns: [room], actor: {need}}}")
        apply.install(old, spec)
        choice = Choice(where="id <= 500" if need == "required" else None)
        done = bookings.run(old, spec, choice=choice)
        assert done.repaired == 40
    assert one(old, "select count(distinct actor) from interlock.booking_audit") == 1


def test_a_stamp_is_taken_from_the_entry_that_entered_its_state(old: psycopg.Connection) -> None:
    bookings.run(old)
    old.execute("update booking set status = 'CANCELLED', cancelled_at = now() where id = 15")
    entered = one(
        old, "select at from interlock.booking_audit where key_id = 15 and to_state = 'CANCELLED'"
    )
    old.execute("update booking set cancelled_at = null where id = 15")

    bookings.run(old)

    assert one(old, "select cancelled_at from booking where id = 15") == entered
