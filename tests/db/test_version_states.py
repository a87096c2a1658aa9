"""A new version: what it changes is told with its rows; a state with rows does not go."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests import version_parcels as parcels

from pginterlock import apply, plan, steps
from pginterlock.errors import UnsafeError
from pginterlock.model import Spec
from pginterlock.plan import Part
from pginterlock.report import plan_json
from pginterlock.verify import verify

Connect = Callable[..., psycopg.Connection]
# The state SENT is gone, and with it what was said of it.
SHORT = """
interlock: 1
machines:
  parcel:
    table: parcel
    state: status
    mode: MODE
    initial: [PACKED]
    final: [HERE, LOST]
    transitions:
      arrive: {from: PACKED, to: HERE}
      lose:   {from: PACKED, to: LOST, reason: required}
    deletion: {from: [LOST]}
    audit: {columns: [carrier]}
"""


def short(mode: str = "enforce") -> Spec:
    return parcels.of(SHORT.replace("MODE", mode))


@pytest.fixture
def session(empty: str, connect: Connect) -> psycopg.Connection:
    """Two parcels that were sent, and one that is packed."""
    opened = connect(empty, autocommit=True)
    parcels.make(opened)
    parcels.send(opened, 1, 2)
    return opened


def told(made: plan.Plan) -> list[tuple[str, str, int | None]]:
    return [(it.what, it.subject, it.rows) for it in made.differences]


@pytest.mark.parametrize("mode", ["observe", "ratchet", "enforce"])
def test_a_state_with_rows_does_not_go(session: psycopg.Connection, mode: str) -> None:
    with pytest.raises(UnsafeError) as refusal:
        steps.make_plan(session, short(mode))

    assert refusal.value.message == (
        "parcel: 2 rows of public.parcel stand in SENT, which the spec no longer has"
    )
    assert "renamed_from: SENT" in (refusal.value.remedy or "")


@pytest.mark.parametrize("mode", ["observe", "ratchet"])
def test_where_nothing_is_refused_its_rows_may_be_left(
    session: psycopg.Connection, mode: str
) -> None:
    made = steps.make_plan(session, short(mode), leave_rows=True)
    apply.run(session, made)

    assert ("state removed", "SENT", 2) in told(made)
    assert ("IL11", 2) in [(it.code, it.count) for it in verify(session, short(mode)).findings]


def test_an_enforced_machine_leaves_no_row_behind(session: psycopg.Connection) -> None:
    with pytest.raises(UnsafeError, match="2 rows"):
        steps.make_plan(session, short(), leave_rows=True)


def test_a_state_without_rows_goes(session: psycopg.Connection) -> None:
    session.execute("update parcel set status = 'HERE' where status = 'SENT'")

    apply.install(session, short())

    assert steps.make_plan(session, short()).is_empty
    with pytest.raises(psycopg.errors.CheckViolation):
        parcels.send(session, 3)
    assert verify(session, short()).findings == ()


def test_a_state_that_comes_back_is_told_with_the_rows_it_has(
    session: psycopg.Connection,
) -> None:
    apply.run(session, steps.make_plan(session, short("observe"), leave_rows=True))

    made = steps.make_plan(session, parcels.first())

    assert ("state added", "SENT", 2) in told(made)


def test_rows_that_slip_in_between_the_count_and_the_lock_are_found_under_it(
    session: psycopg.Connection, empty: str, connect: Connect
) -> None:
    session.execute("update parcel set status = 'HERE' where status = 'SENT'")
    other = connect(empty, autocommit=True)
    made = steps.make_plan(session, short("ratchet"))

    def slip_in(title: str) -> None:
        if title.startswith("lock "):
            parcels.send(other, 3)

    with pytest.raises(UnsafeError, match="stand in states that go: SENT: 1") as refusal:
        apply.run(session, made, progress=slip_in)

    assert "Nothing was changed" in (refusal.value.remedy or "")
    assert steps.make_plan(session, parcels.first()).is_empty


def test_every_change_is_told_with_its_rows(session: psycopg.Connection) -> None:
    session.execute("update parcel set note = 'x' where id = 1")
    text = (
        parcels.SPEC.replace("guard: weight > 0", "guard: weight > 1")
        .replace("arrive: {from: SENT, to: HERE}", "arrive: {from: [SENT, PACKED], to: HERE}")
        .replace("lose:   {from: [PACKED, SENT]", "lose:   {from: PACKED")
        .replace("weight < 100", "weight < 50")
        .replace("require: [carrier]", "require: [carrier, note]")
        .replace("deletion: {from: [LOST]}", "deletion: {from: []}")
    )

    made = steps.make_plan(session, parcels.of(text))

    assert told(made) == [
        ("move added", "arrive: PACKED -> HERE", 1),
        ("move removed", "lose: SENT -> LOST", 2),
        ("guard changed", "send: PACKED -> SENT", 1),
        ("deletion removed", "LOST", 0),
        ("stamp changed", "sent_at in HERE", 0),
        ("stamp changed", "sent_at in LOST", 0),
        ("state row added", "SENT: require note", 2),
        ("invariant changed", "light", 2),
    ]
    [row] = [it for it in made.differences if it.what == "state row added"]
    assert row.breaking == 1


def test_it_stands_in_the_file_and_in_the_json(session: psycopg.Connection) -> None:
    text = parcels.SPEC.replace("guard: weight > 0", "guard: weight > 1")

    made = steps.make_plan(session, parcels.of(text))

    line = "-- Change: parcel: guard changed send: PACKED -> SENT; 1 row; weight > 0 -> weight > 1"
    written = plan.write(made)
    assert line in written.splitlines()
    assert plan.read(written, "release.sql").steps == made.steps
    assert json.loads(plan_json(made))["changes"] == [
        {
            "machine": "parcel",
            "what": "guard changed",
            "subject": "send: PACKED -> SENT",
            "states": ["PACKED"],
            "rows": 1,
            "breaking": None,
            "effect": "weight > 0 -> weight > 1",
        }
    ]


def test_a_first_version_changes_nothing(empty: str, connect: Connect) -> None:
    session = connect(empty, autocommit=True)
    session.execute(parcels.TABLE.replace("TYPE", "text").encode())

    assert steps.make_plan(session, parcels.first()).differences == ()


def test_a_rename_is_told_as_one(session: psycopg.Connection) -> None:
    made = steps.make_plan(session, parcels.renamed())

    assert told(made) == [("state renamed", "SENT -> ON_THE_WAY", 2)]


def test_dropping_the_old_name_is_told(session: psycopg.Connection) -> None:
    apply.install(session, parcels.renamed())

    made = steps.make_plan(session, parcels.renamed(), drop_old_names=True)

    assert told(made) == [("old name dropped", "SENT", 0)]
    assert Part.MOVE not in {step.part for step in made.steps}


def test_a_registry_that_holds_no_machine_is_no_version(session: psycopg.Connection) -> None:
    session.execute("update interlock.machine set definition = '[]'")

    made = steps.make_plan(session, parcels.first())

    assert made.differences == ()
    assert "replace registry parcel" in {step.title for step in made.steps}


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_the_command_refuses_with_code_4_and_the_count(
    empty: str, tmp_path: Path, command: str
) -> None:
    file = tmp_path / "interlock.yaml"
    file.write_text(SHORT.replace("MODE", "enforce"))

    done = interlock(tmp_path, command, "--dsn", empty, *(["--yes"] if command == "apply" else []))

    assert done.returncode == 4
    assert "2 rows of public.parcel stand in SENT" in done.stderr


@pytest.mark.slow
def test_the_commands_of_a_rename(session: psycopg.Connection, empty: str, tmp_path: Path) -> None:
    new = parcels.SPEC.replace("SENT", "ON_THE_WAY")
    new = new.replace("{require: [carrier]", "{renamed_from: SENT, require: [carrier]")
    (tmp_path / "interlock.yaml").write_text(new)

    first = interlock(tmp_path, "apply", "--dsn", empty, "--yes")
    parcels.send(session, 3)
    early = interlock(tmp_path, "apply", "--dsn", empty, "--yes", "--drop-old-names")
    again = interlock(tmp_path, "apply", "--dsn", empty, "--yes")
    last = interlock(tmp_path, "apply", "--dsn", empty, "--yes", "--drop-old-names")

    assert "state renamed" in first.stderr
    assert "Done: move rows of public.parcel from SENT to ON_THE_WAY." in first.stdout
    assert [it.returncode for it in (first, early, again, last)] == [0, 4, 0, 0]
    assert "1 row of public.parcel stands in SENT, the old name of ON_THE_WAY" in early.stderr
    assert parcels.standing(session) == {"ON_THE_WAY": 3}
    assert interlock(tmp_path, "plan", "--dsn", empty).returncode == 0


def test_the_options_of_a_plan_are_not_those_of_its_run(tmp_path: Path) -> None:
    (tmp_path / "release.sql").write_text("")

    done = interlock(tmp_path, "apply", "release.sql", "--drop-old-names")

    assert done.returncode == 2
    assert "a plan carries what it was made with" in done.stderr


def interlock(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pginterlock", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=folder,
        check=False,
    )
