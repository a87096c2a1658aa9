"""An apply that is kept from its lock, cut short or overtaken: what it says, and how it goes on."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.conftest import HOTEL_SPEC, wait_until_blocked
from tests.servers import ROOT

from pginterlock import apply, plan, spec, steps
from pginterlock.errors import EnvironmentFault, IncompleteError, UnsafeError
from pginterlock.holders import Watch
from pginterlock.model import Spec
from pginterlock.plan import Part

Connect = Callable[..., psycopg.Connection]
SOON = apply.Waiting(timeout_ms=100, limit_s=1.5)
OURS = "select count(*) from pg_trigger where tgname like 'interlock%'"


@pytest.fixture
def wanted() -> Spec:
    return spec.load(HOTEL_SPEC)


def book(session: psycopg.Connection) -> None:
    session.execute(
        "insert into hotel.hotel values (1, 'city');"
        " insert into hotel.room_booking (hotel_id, status, room_type, check_in, check_out,"
        " nightly_rate) select 1, 'PENDING', 'A', '2026-01-01', '2026-01-03', 90"
        " from generate_series(1, 10)"
    )


def test_who_holds_a_live_table_is_told_when_it_is_given_up(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    session = connect(bare_hotel, autocommit=True)
    holder = connect(bare_hotel, application_name="night job")
    holder.execute("lock table hotel.room_booking in row exclusive mode")

    with pytest.raises(EnvironmentFault) as fault:
        apply.install(session, wanted, waiting=SOON)

    told = fault.value.message
    assert f"held by pid {holder.info.backend_pid}, user postgres, night job" in told
    assert "idle in transaction" in told
    assert "lock table hotel.room_booking in row exclusive mode" in told
    assert session.execute(OURS).fetchone() == (0,)


def test_a_live_lock_of_a_prepared_transaction_is_told_by_its_name(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    session, other = connect(bare_hotel, autocommit=True), connect(bare_hotel)
    book(session)
    other.tpc_begin(other.xid(1, "orphan", "branch"))
    other.execute("update hotel.room_booking set adults = 1 where id = 1")
    other.tpc_prepare()
    try:
        with pytest.raises(EnvironmentFault, match="held by the prepared transaction '1_"):
            apply.install(session, wanted, waiting=SOON)
    finally:
        other.tpc_rollback()


def test_a_live_watch_without_rights_says_that_it_may_not_see(
    bare_hotel: str, connect: Connect
) -> None:
    waiter = connect(bare_hotel.replace("user=postgres", "user=hotel_app"), autocommit=True)
    holder = connect(bare_hotel)
    holder.execute("lock table hotel.room_booking")

    waiter.execute("set lock_timeout = '1s'")
    with Watch(waiter) as watch, watch.looking(), pytest.raises(psycopg.errors.LockNotAvailable):
        waiter.execute("select from hotel.room_booking")

    assert f"held by pid {holder.info.backend_pid}" in watch.told()[0]
    assert "hidden from this role" in watch.told()[0]


def test_a_validation_that_gets_no_live_lock_leaves_the_machine_armed_and_says_who(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    session, holder = connect(bare_hotel, autocommit=True), connect(bare_hotel)
    book(session)

    def hold(title: str) -> None:
        if title.startswith("validate"):
            holder.execute("lock table hotel.room_booking in share update exclusive mode")

    with pytest.raises(IncompleteError, match=f"held by pid {holder.info.backend_pid}"):
        apply.run(session, steps.make_plan(session, wanted), waiting=SOON, progress=hold)
    holder.rollback()

    assert {step.part for step in steps.make_plan(session, wanted).steps} == {
        Part.LOOK,
        Part.VALIDATE,
    }
    apply.install(session, wanted)
    assert steps.make_plan(session, wanted).is_empty


def cut_short(session: psycopg.Connection, made: plan.Plan) -> None:
    """Run *made* up to its commit."""

    class Cut(Exception):
        pass

    def cut(title: str) -> None:
        if title.startswith("validate"):
            raise Cut

    with pytest.raises(Cut):
        apply.run(session, made, progress=cut)


def test_resume_of_a_live_plan_does_what_is_left_and_no_more(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    session = connect(bare_hotel, autocommit=True)
    book(session)
    made = steps.make_plan(session, wanted)
    cut_short(session, made)

    with pytest.raises(UnsafeError, match="has changed since the plan was made: what it arms"):
        apply.run(session, made)
    assert apply.run(session, made, resume=True).armed == 0

    assert steps.make_plan(session, wanted).is_empty
    assert session.execute("select adopted_rows from interlock.machine").fetchone() == (10,)
    versions = session.execute("select count(*) from interlock.machine_version").fetchone()
    assert versions == (1,)
    assert apply.run(session, made, resume=True).armed == 0


def test_resume_of_a_live_plan_that_was_never_begun_runs_all_of_it(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    session = connect(bare_hotel, autocommit=True)
    made = steps.make_plan(session, wanted)

    assert apply.run(session, made, resume=True).armed > 0
    assert steps.make_plan(session, wanted).is_empty


@pytest.mark.parametrize(
    "change",
    [
        "alter table hotel.room_booking add column note text",
        "alter table hotel.room_booking disable trigger interlock_50_booking_change",
        "alter table hotel.room_booking drop constraint interlock_booking_row",
        "alter function interlock.booking_change() security invoker",
        "delete from interlock.transition where event_name = 'cancel'",
        "alter table hotel.room_booking rename to room_reservation",
        "drop table hotel.room_booking",
    ],
)
def test_resume_of_a_live_plan_is_refused_where_something_else_has_changed(
    bare_hotel: str, connect: Connect, wanted: Spec, change: str
) -> None:
    session = connect(bare_hotel, autocommit=True)
    made = steps.make_plan(session, wanted)
    cut_short(session, made)
    session.execute(change.encode())

    with pytest.raises(UnsafeError, match="has changed since the plan was made; nothing"):
        apply.run(session, made, resume=True)


@pytest.mark.parametrize(
    "change",
    [
        "alter table hotel.room_booking drop column adults",
        "alter table hotel.room_booking alter column adults type bigint",
        "alter table hotel.room_booking add column note text",
        "drop table hotel.room_booking",
    ],
)
def test_a_live_table_that_changes_while_its_lock_is_waited_for_is_refused(
    bare_hotel: str, connect: Connect, wanted: Spec, change: str
) -> None:
    session, other = connect(bare_hotel, autocommit=True), connect(bare_hotel)
    watcher = connect(bare_hotel, autocommit=True)
    made = steps.make_plan(session, wanted)

    def let_go() -> None:
        wait_until_blocked(watcher, session)
        other.commit()

    thread = threading.Thread(target=let_go)

    def alter(title: str) -> None:
        if title.startswith("lock ") and not thread.ident:
            other.execute(change.encode())
            thread.start()

    with pytest.raises((UnsafeError, EnvironmentFault), match=r"changed|does not exist"):
        apply.run(session, made, waiting=apply.Waiting(2000, 10), progress=alter)
    thread.join()

    assert watcher.execute(OURS).fetchone() == (0,)
    assert watcher.execute("select to_regnamespace('interlock')").fetchone() == (None,)


def test_the_second_of_two_live_applies_waits_and_is_told_what_has_happened(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    first, second = connect(bare_hotel, autocommit=True), connect(bare_hotel, autocommit=True)
    watcher = connect(bare_hotel, autocommit=True)
    plans = [steps.make_plan(it, wanted) for it in (first, second)]
    told: list[str] = []

    def run_second() -> None:
        try:
            apply.run(second, plans[1])
        except UnsafeError as error:
            told.append(error.message)

    thread = threading.Thread(target=run_second)

    def start_second(title: str) -> None:
        if title == "schema interlock":
            thread.start()
            wait_until_blocked(watcher, second)

    apply.run(first, plans[0], progress=start_second)
    thread.join()

    assert len(told) == 1
    assert "armed already, by another apply" in told[0]


def test_a_spec_that_changes_between_live_runs_is_planned_anew(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    session = connect(bare_hotel, autocommit=True)
    book(session)
    cut_short(session, steps.make_plan(session, wanted))
    text = HOTEL_SPEC.read_text().replace("check_out > check_in", "check_out >= check_in + 1")
    changed = spec.parse(text, "changed.yaml")

    apply.install(session, changed)

    assert steps.make_plan(session, changed).is_empty
    assert not steps.make_plan(session, wanted).is_empty


def test_rules_that_are_left_and_come_back_unjudged_are_judged(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    session = connect(bare_hotel, autocommit=True)
    book(session)
    apply.install(session, wanted)
    weaker = spec.parse(
        HOTEL_SPEC.read_text().replace("stay_has_nights: check_out > check_in", "late: adults > 0"),
        "weaker.yaml",
    )
    apply.install(session, weaker)
    session.execute("update hotel.room_booking set check_out = check_in where id = 1")

    with pytest.raises(UnsafeError, match="stay_has_nights: 1 row"):
        apply.install(session, wanted)


def test_resume_on_the_command_line_goes_on_with_a_live_plan(
    bare_hotel: str, connect: Connect, wanted: Spec, tmp_path: Path
) -> None:
    session = connect(bare_hotel, autocommit=True)
    made = steps.make_plan(session, wanted)
    file = tmp_path / "release.sql"
    file.write_text(plan.write(made), encoding="utf-8")
    cut_short(session, made)

    command = [sys.executable, "-m", "pginterlock", "apply", str(file)]
    command += ["--dsn", bare_hotel, "--yes"]
    refused, done = (
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pginterlock",
                "apply",
                str(file),
                "--dsn",
                bare_hotel,
                "--yes",
                *options,
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT / "cli")},
            capture_output=True,
            text=True,
            check=False,
        )
        for options in ([], ["--resume"])
    )

    assert refused.returncode == 4
    assert "interlock apply --resume" in refused.stderr
    assert done.returncode == 0, done.stderr
    assert "was armed already; what was left is done" in done.stdout
