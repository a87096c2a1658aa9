"""Apply: idempotent, all or nothing; stale or unsafe is refused; locks are waited for in bites."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.conftest import HOTEL_SPEC, wait_until_blocked

from pginterlock import apply, plan, spec, steps
from pginterlock.errors import EnvironmentFault, IncompleteError, UnsafeError
from pginterlock.model import Spec

Connect = Callable[..., psycopg.Connection]
OURS = "select count(*) from pg_trigger where tgname like 'interlock%'"


@pytest.fixture
def wanted() -> Spec:
    return spec.load(HOTEL_SPEC)


def fill_hotel(session: psycopg.Connection, rows: int = 1000) -> None:
    session.execute("insert into hotel.hotel values (1, 'city')")
    session.execute(
        "insert into hotel.room_booking (hotel_id, status, room_type, check_in, check_out,"
        " nightly_rate) select 1, 'PENDING', 'A', '2026-01-01', '2026-01-03', 90"
        " from generate_series(1, %s)",
        [rows],
    )


def test_a_second_plan_is_empty(bare_hotel: str, connect: Connect, wanted: Spec) -> None:
    session = connect(bare_hotel, autocommit=True)

    assert not apply.install(session, wanted).is_empty
    assert steps.make_plan(session, wanted).steps == ()


@pytest.mark.slow
@pytest.mark.parametrize("checks", ["function", "native", "trigger"])
@pytest.mark.parametrize("mode", ["observe", "ratchet", "enforce"])
def test_every_form_can_be_applied_and_left(
    bare_hotel: str, connect: Connect, wanted: Spec, checks: str, mode: str
) -> None:
    session = connect(bare_hotel, autocommit=True)
    fill_hotel(session)
    text = HOTEL_SPEC.read_text().replace("mode: enforce", f"mode: {mode}\n    checks: {checks}")
    form = spec.parse(text, "form.yaml")

    apply.install(session, form)
    assert steps.make_plan(session, form).steps == ()
    apply.install(session, wanted)
    assert steps.make_plan(session, wanted).steps == ()


def test_a_plan_by_hand_is_the_same_as_apply(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    session = connect(bare_hotel, autocommit=True)
    text = plan.write(steps.make_plan(session, wanted))

    session.execute(text.encode())

    assert steps.make_plan(session, wanted).steps == ()


def test_a_stale_plan_is_refused_and_nothing_is_changed(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    session = connect(bare_hotel, autocommit=True)
    stale = steps.make_plan(session, wanted)
    session.execute("alter table hotel.room_booking add column note text")

    with pytest.raises(UnsafeError, match="has changed since"):
        apply.run(session, stale)
    assert session.execute(OURS).fetchone() == (0,)


def test_a_plan_for_another_database_is_refused(
    bare_hotel: str, empty: str, connect: Connect, wanted: Spec
) -> None:
    made = steps.make_plan(connect(bare_hotel, autocommit=True), wanted)

    with pytest.raises(UnsafeError, match="the plan is for database"):
        apply.run(connect(empty, autocommit=True), made)


def test_rows_that_break_a_rule_stop_it_with_counts_and_keys(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    session = connect(bare_hotel, autocommit=True)
    fill_hotel(session)
    session.execute("update hotel.room_booking set status = 'CHECKED_IN' where id <= 3")
    session.execute("update hotel.room_booking set status = 'nonsense' where id = 10")

    with pytest.raises(UnsafeError) as refusal:
        apply.install(session, wanted)

    told = refusal.value.message
    assert "IL11 known_state: 1 row, for example id=10" in told
    assert "IL13 state_row CHECKED_IN requires assigned_room_id: 3 rows" in told
    assert "mode: observe" in (refusal.value.remedy or "")
    assert session.execute(OURS).fetchone() == (0,)
    assert session.execute("select to_regnamespace('interlock')").fetchone() == (None,)


def test_a_lock_that_is_not_granted_is_given_up_and_nothing_is_changed(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    session, holder = connect(bare_hotel, autocommit=True), connect(bare_hotel)
    holder.execute("lock table hotel.room_booking in row exclusive mode")

    began = time.monotonic()
    with pytest.raises(EnvironmentFault, match="a lock was not granted"):
        apply.install(session, wanted, waiting=apply.Waiting(timeout_ms=50, limit_s=0.5))

    assert time.monotonic() - began < 10
    assert session.execute(OURS).fetchone() == (0,)


def test_it_tries_again_until_the_lock_is_free(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    session, holder = connect(bare_hotel, autocommit=True), connect(bare_hotel)
    holder.execute("lock table hotel.room_booking in row exclusive mode")
    timer = threading.Timer(0.5, holder.rollback)
    timer.start()

    apply.install(session, wanted, waiting=apply.Waiting(timeout_ms=50, limit_s=20))
    timer.join()

    assert session.execute(OURS).fetchone() != (0,)


def test_two_at_once_leave_one_whole_machine(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    first, second = connect(bare_hotel, autocommit=True), connect(bare_hotel, autocommit=True)
    plans = [steps.make_plan(first, wanted), steps.make_plan(second, wanted)]
    failures: list[Exception] = []

    def run(session: psycopg.Connection, made: plan.Plan) -> None:
        try:
            apply.run(session, made)
        except UnsafeError as error:
            failures.append(error)

    threads = [
        threading.Thread(target=run, args=pair) for pair in zip((first, second), plans, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(failures) == 1
    assert "has changed since" in str(failures[0])
    assert steps.make_plan(first, wanted).steps == ()


def test_a_row_that_slips_in_just_before_is_told_and_the_machine_stands(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    session, other = connect(bare_hotel, autocommit=True), connect(bare_hotel, autocommit=True)
    fill_hotel(session, 10)
    made = steps.make_plan(session, wanted)

    def slip_in(title: str) -> None:
        if title == "schema interlock":
            other.execute("update hotel.room_booking set status = 'CHECKED_IN' where id = 1")

    with pytest.raises(IncompleteError, match="checked_in_at does not fit the state"):
        apply.run(session, made, progress=slip_in)

    with pytest.raises(psycopg.errors.CheckViolation):
        session.execute("update hotel.room_booking set status = 'CHECKED_IN' where id = 2")
    left = steps.make_plan(session, wanted).steps
    assert [step.part for step in left] == ["look", "validate", "validate", "validate"]


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(0, 26, 3))
def test_kill_9_in_the_middle_leaves_nothing_or_all(
    bare_hotel: str, connect: Connect, wanted: Spec, moment: int
) -> None:
    session = connect(bare_hotel, autocommit=True)
    script = (
        "import os, sys, psycopg\n"
        "from pathlib import Path\n"
        "from pginterlock import apply, spec\n"
        "session = psycopg.connect(sys.argv[1], autocommit=True)\n"
        "left = [int(sys.argv[3])]\n"
        "def die(title):\n"
        "    left[0] -= 1\n"
        "    if left[0] < 0: os.kill(os.getpid(), 9)\n"
        "apply.install(session, spec.load(Path(sys.argv[2])), progress=die)\n"
    )

    subprocess.run(
        [sys.executable, "-c", script, bare_hotel, str(HOTEL_SPEC), str(moment)], check=False
    )

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        others = session.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and pid <> pg_backend_pid() and backend_type = 'client backend'"
        ).fetchone()
        if others == (0,):
            break
        time.sleep(0.02)
    left = [step.part for step in steps.make_plan(session, wanted).steps]
    assert "arm" not in left or session.execute(OURS).fetchone() == (0,)
    apply.install(session, wanted)
    assert steps.make_plan(session, wanted).steps == ()


def test_a_server_that_goes_away_is_told(bare_hotel: str, connect: Connect, wanted: Spec) -> None:
    session, admin = connect(bare_hotel, autocommit=True), connect(bare_hotel, autocommit=True)
    pid = session.info.backend_pid

    def cut(title: str) -> None:
        if title.startswith("create trigger"):
            admin.execute("select pg_terminate_backend(%s, 5000)", [pid])

    with pytest.raises(EnvironmentFault, match="the server went away"):
        apply.install(session, wanted, progress=cut)
    assert admin.execute(OURS).fetchone() == (0,)


def test_readers_go_on_while_a_table_without_checks_is_armed(
    bare_hotel: str, connect: Connect
) -> None:
    text = HOTEL_SPEC.read_text().replace("mode: enforce", "mode: enforce\n    checks: trigger")
    session, reader = connect(bare_hotel, autocommit=True), connect(bare_hotel, autocommit=True)
    fill_hotel(session, 10)
    reader.execute("set lock_timeout = '2s'")
    seen: list[int] = []

    def read(_: str) -> None:
        seen.append(len(reader.execute("select id from hotel.room_booking").fetchall()))

    apply.install(session, spec.parse(text, "trigger.yaml"), progress=read)

    assert set(seen) == {10}


def test_a_writer_that_waits_is_judged_by_the_new_rules(
    bare_hotel: str, connect: Connect, wanted: Spec
) -> None:
    session, writer = connect(bare_hotel, autocommit=True), connect(bare_hotel, autocommit=True)
    watcher = connect(bare_hotel, autocommit=True)
    fill_hotel(session, 10)
    outcome: list[object] = []

    def write() -> None:
        try:
            writer.execute("update hotel.room_booking set status = 'CHECKED_OUT' where id = 1")
        except psycopg.Error as error:
            outcome.append(error.sqlstate)

    thread = threading.Thread(target=write)

    def start_writer(title: str) -> None:
        if title.startswith("create trigger") and not thread.is_alive() and not outcome:
            thread.start()
            wait_until_blocked(watcher, writer)

    started = False

    def once(title: str) -> None:
        nonlocal started
        if title.startswith("create trigger") and not started:
            started = True
            start_writer(title)

    apply.install(session, wanted, progress=once)
    thread.join()

    assert outcome == ["23514"]


@pytest.mark.slow
def test_an_interrupted_command_says_so_and_ends_with_its_code(
    bare_hotel: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pginterlock",
            "apply",
            "--dsn",
            bare_hotel,
            "--spec",
            str(HOTEL_SPEC),
        ],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=tmp_path,
        check=False,
    )

    assert done.returncode == 2
    assert "nobody is here to ask" in done.stderr
