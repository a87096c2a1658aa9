"""A state gets a new name: both are accepted, rows move in batches, then the old name goes."""

import threading
from collections.abc import Callable

import psycopg
import pytest
from psycopg.errors import CheckViolation
from tests import version_parcels as parcels
from tests.conftest import wait_until_blocked

from pginterlock import apply, plan, steps
from pginterlock.errors import IncompleteError, SpecError, UnsafeError
from pginterlock.findings import Severity
from pginterlock.plan import Part
from pginterlock.verify import Scope, verify

Connect = Callable[..., psycopg.Connection]


@pytest.fixture
def session(empty: str, connect: Connect) -> psycopg.Connection:
    """Two parcels that were sent, and one that is packed."""
    opened = connect(empty, autocommit=True)
    parcels.make(opened)
    parcels.send(opened, 1, 2)
    return opened


def drop_old_names(session: psycopg.Connection) -> None:
    apply.run(session, steps.make_plan(session, parcels.renamed(), drop_old_names=True))


def findings(session: psycopg.Connection) -> list[str]:
    return [it.code for it in verify(session, parcels.renamed()).findings]


def test_apply_moves_the_rows_and_leaves_both_names_accepted(session: psycopg.Connection) -> None:
    made = apply.install(session, parcels.renamed())

    assert made.steps[-1].part is Part.MOVE
    assert parcels.standing(session) == {"ON_THE_WAY": 2, "PACKED": 1}
    parcels.send(session, 3)
    assert parcels.standing(session) == {"ON_THE_WAY": 2, "SENT": 1}


def test_a_second_plan_is_empty_and_says_that_the_old_name_is_accepted(
    session: psycopg.Connection,
) -> None:
    apply.install(session, parcels.renamed())

    again = steps.make_plan(session, parcels.renamed())

    assert again.is_empty
    assert again.notes[-1] == (
        "parcel: SENT is still accepted beside ON_THE_WAY, 0 rows; interlock apply --drop-old-names"
        " ends that"
    )


def test_a_move_of_the_rename_is_recorded_with_event_and_actor(
    session: psycopg.Connection,
) -> None:
    apply.install(session, parcels.renamed())

    assert parcels.entries(session, 1)[-1] == ("move", "interlock:rename", "SENT", "ON_THE_WAY")
    assert (
        session.execute(
            "select actor, reason from interlock.parcel_audit where event = 'interlock:rename'"
        ).fetchall()
        == [("interlock apply", "SENT is now ON_THE_WAY")] * 2
    )


def test_a_rename_enters_nothing_so_stamps_stay(session: psycopg.Connection) -> None:
    """`fill: always` would write a stamp anew."""
    before = session.execute("select id, sent_at from parcel order by id").fetchall()

    apply.install(session, parcels.renamed())

    assert session.execute("select id, sent_at from parcel order by id").fetchall() == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SENT", "ON_THE_WAY"])
@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        pytest.param("carrier = null", "state_row", id="its state row"),
        pytest.param("carrier = 'p', weight = 100", "invariant", id="its invariant"),
        pytest.param("carrier = 'p', weight = 0", "guard", id="its guard"),
    ],
)
def test_both_names_are_under_the_same_rules(
    session: psycopg.Connection, name: str, wrong: str, rule: str
) -> None:
    apply.install(session, parcels.renamed())

    with pytest.raises(CheckViolation) as refusal:
        session.execute(f"update parcel set status = '{name}', {wrong} where id = 3".encode())

    assert refusal.value.diag.constraint_name == f"parcel.{rule}"


@pytest.mark.parametrize("name", ["SENT", "ON_THE_WAY"])
def test_both_names_lead_on_and_freeze(session: psycopg.Connection, name: str) -> None:
    apply.install(session, parcels.renamed())
    parcels.send(session, 3, to=name)

    with pytest.raises(CheckViolation, match="weight may not change"):
        session.execute("update parcel set weight = 7 where id = 3")
    session.execute("update parcel set status = 'HERE' where id = 3")

    assert parcels.entries(session, 3)[-2:] == [
        ("move", "send", "PACKED", name),
        ("move", "arrive", name, "HERE"),
    ]


def test_nobody_goes_back_to_the_old_name(session: psycopg.Connection) -> None:
    apply.install(session, parcels.renamed())

    with pytest.raises(CheckViolation) as refusal:
        session.execute("update parcel set status = 'SENT' where id = 1")

    assert refusal.value.diag.constraint_name == "parcel.transition"
    assert "SENT is now ON_THE_WAY" in (refusal.value.diag.message_hint or "")


@pytest.mark.parametrize(
    "change", ["sent_at = '1999-01-01'", "weight = 9"], ids=["a stamp", "a frozen column"]
)
def test_a_rename_by_hand_changes_no_stamp_and_nothing_frozen(
    session: psycopg.Connection, change: str
) -> None:
    apply.install(session, parcels.renamed())
    parcels.send(session, 3)

    with pytest.raises(CheckViolation) as refusal:
        session.execute(f"update parcel set status = 'ON_THE_WAY', {change} where id = 3".encode())

    assert refusal.value.diag.constraint_name == "parcel.freeze"


def test_verify_warns_of_the_old_name_and_counts_its_rows(session: psycopg.Connection) -> None:
    apply.install(session, parcels.renamed())
    parcels.send(session, 3)

    report = verify(session, parcels.renamed())

    assert [(it.code, it.severity, it.count) for it in report.findings] == [
        ("old-name", Severity.WARNING, 1)
    ]


def test_the_old_name_is_not_dropped_while_a_row_has_it(session: psycopg.Connection) -> None:
    apply.install(session, parcels.renamed())
    parcels.send(session, 3)

    with pytest.raises(UnsafeError, match=r"1 row of public\.parcel stands in SENT, the old name"):
        steps.make_plan(session, parcels.renamed(), drop_old_names=True)


def test_a_second_apply_moves_what_was_written_since_and_then_the_old_name_goes(
    session: psycopg.Connection,
) -> None:
    apply.install(session, parcels.renamed())
    parcels.send(session, 3)

    [step] = apply.install(session, parcels.renamed()).steps
    drop_old_names(session)

    assert step.part is Part.MOVE
    assert parcels.standing(session) == {"ON_THE_WAY": 3}
    assert steps.make_plan(session, parcels.renamed()).is_empty
    assert findings(session) == []


def test_whoever_writes_the_old_name_afterwards_is_told_the_new_one(
    session: psycopg.Connection,
) -> None:
    apply.install(session, parcels.renamed())
    drop_old_names(session)

    with pytest.raises(CheckViolation) as refusal:
        parcels.send(session, 3)

    assert refusal.value.diag.constraint_name == "parcel.known_state"
    assert "SENT is now ON_THE_WAY" in (refusal.value.diag.message_hint or "")


def test_a_row_that_slips_into_the_old_name_after_the_count_stops_the_drop(
    session: psycopg.Connection, empty: str, connect: Connect
) -> None:
    apply.install(session, parcels.renamed())
    other = connect(empty, autocommit=True)
    made = steps.make_plan(session, parcels.renamed(), drop_old_names=True)

    def slip_in(title: str) -> None:
        if title.startswith("lock "):
            parcels.send(other, 3)

    with pytest.raises(UnsafeError, match="stand in states that go: SENT: 1"):
        apply.run(session, made, progress=slip_in)
    assert steps.make_plan(session, parcels.renamed()).steps[0].part is Part.MOVE


def test_a_writer_that_is_about_to_enter_is_waited_for_and_counted(
    session: psycopg.Connection, empty: str, connect: Connect
) -> None:
    """The count is taken once the writer has given back his lock."""
    apply.install(session, parcels.renamed())
    made = steps.make_plan(session, parcels.renamed(), drop_old_names=True)
    writer, watcher = connect(empty), connect(empty, autocommit=True)
    parcels.send(writer, 3)
    failed: list[UnsafeError] = []

    def run() -> None:
        try:
            apply.run(session, made, waiting=apply.Waiting(timeout_ms=20_000))
        except UnsafeError as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until_blocked(watcher, session)
    writer.commit()
    thread.join()

    assert "SENT: 1" in failed[0].message
    assert parcels.standing(session) == {"ON_THE_WAY": 2, "SENT": 1}


def test_a_writer_that_waits_for_the_drop_is_refused(
    session: psycopg.Connection, empty: str, connect: Connect
) -> None:
    apply.install(session, parcels.renamed())
    made = steps.make_plan(session, parcels.renamed(), drop_old_names=True)
    writer, watcher = connect(empty, autocommit=True), connect(empty, autocommit=True)
    refused: list[str | None] = []

    def write() -> None:
        try:
            parcels.send(writer, 3)
        except psycopg.Error as error:
            refused.append(error.diag.constraint_name)

    thread = threading.Thread(target=write)

    def start(title: str) -> None:
        if "has entered" in title:
            thread.start()
            wait_until_blocked(watcher, writer)

    apply.run(session, made, progress=start)
    thread.join()

    assert refused == ["parcel.known_state"]


def test_a_row_that_somebody_holds_is_not_waited_for_but_told(
    session: psycopg.Connection, empty: str, connect: Connect
) -> None:
    holder = connect(empty)

    def hold(title: str) -> None:
        if title.startswith(("validate", "judge")):
            holder.execute("select from parcel where id = 1 for update")

    made = steps.make_plan(session, parcels.renamed())
    with pytest.raises(IncompleteError, match="1 row is held by other sessions"):
        apply.run(session, made, waiting=apply.Waiting(100, 0.3), progress=hold)
    assert parcels.standing(session) == {"ON_THE_WAY": 1, "PACKED": 1, "SENT": 1}

    holder.rollback()
    apply.install(session, parcels.renamed())
    assert parcels.standing(session) == {"ON_THE_WAY": 2, "PACKED": 1}


def test_many_rows_move_in_several_transactions(session: psycopg.Connection) -> None:
    session.execute(
        "insert into parcel (id, status) select n, 'PACKED' from generate_series(4, 9000) n"
    )
    parcels.send(session, *range(4, 9001))

    apply.install(session, parcels.renamed())

    assert parcels.standing(session) == {"ON_THE_WAY": 8999, "PACKED": 1}
    batches = session.execute(
        "select count(distinct transaction_id), count(*) from interlock.parcel_audit"
        " where event = 'interlock:rename'"
    ).fetchone()
    assert batches is not None
    assert batches[0] >= 5
    assert batches[1] == 8999


@pytest.mark.parametrize("mode", ["observe", "ratchet"])
def test_it_goes_the_same_way_in_every_mode(session: psycopg.Connection, mode: str) -> None:
    apply.install(session, parcels.first(mode=mode))

    apply.install(session, parcels.renamed(mode=mode))

    assert parcels.standing(session) == {"ON_THE_WAY": 2, "PACKED": 1}
    assert session.execute("select count(*) from interlock.violation").fetchone() == (0,)
    assert [it.code for it in verify(session, parcels.renamed(mode=mode)).findings] == ["old-name"]


@pytest.mark.parametrize("actor", ["required", "signed"])
def test_it_needs_no_actor_of_the_machine_but_other_moves_do(
    session: psycopg.Connection, actor: str
) -> None:
    audit = f"{{columns: [carrier], actor: {actor}}}"
    apply.install(session, parcels.first(audit=audit))

    apply.install(session, parcels.renamed(audit=audit))

    assert parcels.standing(session) == {"ON_THE_WAY": 2, "PACKED": 1}
    for change in ("status = 'HERE' where id = 1", "carrier = 'other' where id = 1"):
        with pytest.raises(CheckViolation) as refusal:
            session.execute(f"update parcel set {change}".encode())
        assert refusal.value.diag.constraint_name == "parcel.attribution"


def test_a_rename_that_changes_an_audited_column_needs_an_actor(
    session: psycopg.Connection,
) -> None:
    audit = "{columns: [carrier], actor: required}"
    apply.install(session, parcels.first(audit=audit))
    with session.transaction():
        session.execute("select interlock.act_as('clerk')")
        parcels.send(session, 3)
    made = steps.make_plan(session, parcels.renamed(audit=audit))
    only_arm = plan.Plan(
        made.database,
        made.fingerprint,
        made.machines,
        tuple(step for step in made.steps if step.part is not Part.MOVE),
    )
    apply.run(session, only_arm)

    with pytest.raises(CheckViolation) as refusal:
        session.execute("update parcel set status = 'ON_THE_WAY', carrier = 'x' where id = 3")

    assert refusal.value.diag.constraint_name == "parcel.attribution"


@pytest.mark.parametrize("checks", ["native", "trigger"])
def test_it_goes_the_same_way_with_every_kind_of_check(
    session: psycopg.Connection, checks: str
) -> None:
    text = parcels.SPEC.replace("    mode:", f"    checks: {checks}\n    mode:")
    apply.install(session, parcels.of(text))
    new = text.replace("SENT", "ON_THE_WAY").replace("{require", "{renamed_from: SENT, require")

    apply.install(session, parcels.of(new))
    apply.run(session, steps.make_plan(session, parcels.of(new), drop_old_names=True))

    assert parcels.standing(session) == {"ON_THE_WAY": 2, "PACKED": 1}
    assert verify(session, parcels.of(new)).findings == ()


def test_an_enum_needs_its_label_first_and_is_told_how(empty: str, connect: Connect) -> None:
    session = connect(empty, autocommit=True)
    session.execute("create type way as enum ('PACKED', 'SENT', 'HERE', 'LOST')")
    parcels.make(session, "way")
    parcels.send(session, 1, 2)

    with pytest.raises(SpecError, match=r"alter type public\.way add value 'ON_THE_WAY'"):
        steps.make_plan(session, parcels.renamed())
    session.execute("alter type public.way add value 'ON_THE_WAY'")
    apply.install(session, parcels.renamed())
    drop_old_names(session)

    assert parcels.standing(session) == {"ON_THE_WAY": 2, "PACKED": 1}
    assert findings(session) == []


def test_a_check_of_the_user_that_lists_states_is_told_before_and_after(
    session: psycopg.Connection,
) -> None:
    session.execute(
        "alter table parcel add constraint ways check (status in ('PACKED', 'SENT', 'HERE'))"
    )

    notes = steps.make_plan(session, parcels.renamed()).notes
    with pytest.raises(IncompleteError, match="ways: new row for relation"):
        apply.install(session, parcels.renamed())

    assert (
        "CHECK ways of public.parcel names SENT and not ON_THE_WAY: it may refuse the new name"
        in (notes[-1])
    )
    session.execute("alter table parcel drop constraint ways")
    apply.install(session, parcels.renamed())
    assert parcels.standing(session) == {"ON_THE_WAY": 2, "PACKED": 1}


def test_rows_in_partitions_move_too(empty: str, connect: Connect) -> None:
    session = connect(empty, autocommit=True)
    session.execute(
        "create table parcel (id int primary key, status text not null, weight int not null"
        " default 1, carrier text, sent_at timestamptz, note text) partition by range (id);"
        "create table parcel_low partition of parcel for values from (0) to (100);"
        "create table parcel_high partition of parcel default"
    )
    session.execute("insert into parcel (id, status) values (1, 'PACKED'), (500, 'PACKED')")
    apply.install(session, parcels.first())
    parcels.send(session, 1, 500)

    apply.install(session, parcels.renamed())

    assert parcels.standing(session) == {"ON_THE_WAY": 2}


def test_a_plan_by_hand_ends_the_same(session: psycopg.Connection) -> None:
    text = plan.write(steps.make_plan(session, parcels.renamed()))

    session.execute(text.encode())

    assert parcels.standing(session) == {"ON_THE_WAY": 2, "PACKED": 1}
    assert steps.make_plan(session, parcels.renamed()).is_empty


def test_a_plan_in_a_file_runs_as_it_was_reviewed(session: psycopg.Connection) -> None:
    text = plan.write(steps.make_plan(session, parcels.renamed()))

    apply.run(session, plan.read(text, "release.sql"))

    assert parcels.standing(session) == {"ON_THE_WAY": 2, "PACKED": 1}


def test_a_name_that_nobody_knows_is_no_more_than_documentation(
    empty: str, connect: Connect
) -> None:
    session = connect(empty, autocommit=True)
    session.execute(parcels.TABLE.replace("TYPE", "text").encode())

    made = apply.install(session, parcels.renamed())

    assert Part.MOVE not in {step.part for step in made.steps}
    with pytest.raises(CheckViolation, match="status is not a state of this machine"):
        session.execute("insert into parcel (id, status) values (1, 'SENT')")


def test_an_untouched_machine_gets_no_new_version(session: psycopg.Connection) -> None:
    """A version that was written before there were renames says the same."""
    assert steps.make_plan(session, parcels.first()).is_empty
    assert "renames" not in str(
        session.execute("select definition from interlock.machine").fetchone()
    )


def test_history_holds_across_the_rename_and_the_drop(session: psycopg.Connection) -> None:
    apply.install(session, parcels.renamed())
    session.execute("update parcel set status = 'HERE' where id = 1")
    drop_old_names(session)
    parcels.send(session, 3, to="ON_THE_WAY")

    report = verify(session, parcels.renamed(), scope=Scope(rows=True, probes=True))

    assert report.findings == ()
    assert [it[1:] for it in parcels.entries(session, 1)] == [
        ("send", "PACKED", "SENT"),
        ("interlock:rename", "SENT", "ON_THE_WAY"),
        ("arrive", "ON_THE_WAY", "HERE"),
    ]
