"""interlock mode: says what is in the way, changes database and spec together, or neither."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from tests import servers
from tests.db import mode_parcels
from tests.db.mode_faults import change_and_kill
from tests.db.mode_parcels import add, install, parcel_text, refusal

from pginterlock import embedded, promotion, spec, steps
from pginterlock.choices import Mode
from pginterlock.commands import interlock
from pginterlock.errors import EnvironmentFault, IncompleteError, InterlockError
from pginterlock.waiting import Waiting

HEAVY = "update depot.parcel set weight = -1 where id = 1"


@pytest.fixture
def dsn(make_database: Callable[..., str]) -> str:
    """A database with parcels and no machine."""
    return make_database("mode_parcels", mode_parcels.build)


@pytest.fixture
def db(dsn: str, connect: Callable[..., psycopg.Connection]) -> psycopg.Connection:
    """A session in it, with the machine in observe and one sound row."""
    session = connect(dsn, autocommit=True)
    install(session, "observe")
    add(session, 1)
    return session


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The spec of that machine, with a comment and a blank or two."""
    path = tmp_path / "interlock.yaml"
    path.write_text(parcel_text("observe   # tried since May").replace("    modes: {}\n", ""))
    return path


def run(dsn: str, file: Path, *arguments: str) -> Result:
    """Run the command; errors come back in the result."""
    options = ["--dsn", dsn, "--spec", str(file)]
    return CliRunner().invoke(interlock, ["mode", *arguments, *options])


def failure(result: Result) -> InterlockError:
    assert isinstance(result.exception, InterlockError), result.output
    return result.exception


def mode_in_force(db: psycopg.Connection) -> object:
    return (db.execute("select mode from interlock.machine").fetchone() or (None,))[0]


def test_a_promotion_changes_database_and_spec(
    db: psycopg.Connection, dsn: str, file: Path
) -> None:
    before = file.read_text()

    result = run(dsn, file, "parcel", "enforce", "--yes")

    assert result.exit_code == 0, result.output
    assert "parcel: observe -> enforce" in result.output
    assert "No row breaks a rule." in result.output
    assert "ShareRowExclusive" in result.output
    assert "Next: interlock verify" in result.output
    assert file.read_text() == before.replace("mode: observe ", "mode: enforce ")
    assert mode_in_force(db) == "enforce"
    assert refusal(db, HEAVY) == "IL14"
    assert steps.make_plan(db, spec.load(file)).is_empty


def test_a_rule_is_tried_first_and_promoted_alone(
    db: psycopg.Connection, dsn: str, file: Path
) -> None:
    assert run(dsn, file, "parcel", "enforce", "--rule", "IL14", "--yes").exit_code == 0

    assert "# tried since May\n    modes: {invariant: enforce}\n" in file.read_text()
    assert refusal(db, HEAVY) == "IL14"
    assert refusal(db, "update depot.parcel set status = 'SENT'") is None


def test_broken_rows_keep_a_rule_from_being_enforced(
    db: psycopg.Connection, dsn: str, file: Path
) -> None:
    db.execute(HEAVY)
    add(db, 2, "SENT", sent_at="now")
    before = file.read_text()

    result = run(dsn, file, "parcel", "enforce", "--yes")

    error = failure(result)
    assert error.exit_code == 4
    assert "parcel cannot be enforced: rows break 2 rules" in error.message
    assert "interlock mode parcel ratchet" in (error.remedy or "")
    assert "IL14 invariant weight_is_positive yes 1 row: id=1" in " ".join(result.output.split())
    assert "IL13 state_row SENT requires carrier" in result.output
    assert "Let through in the last 24 hours, and refused from then on: 1" in result.output
    assert file.read_text() == before
    assert mode_in_force(db) == "observe"


def test_a_refusal_is_told_in_json_too(db: psycopg.Connection, dsn: str, file: Path) -> None:
    db.execute(HEAVY)

    result = run(dsn, file, "parcel", "enforce", "--yes", "--format", "json")

    told = json.loads(result.stdout)
    assert failure(result).exit_code == 4
    assert (told["plan"], [it["severity"] for it in told["broken"]]) == (None, ["error"])


@pytest.mark.parametrize("mode", ["ratchet", "observe"])
def test_broken_rows_are_no_hindrance_to_less_than_enforce(
    db: psycopg.Connection, dsn: str, file: Path, mode: str
) -> None:
    db.execute(HEAVY)

    result = run(dsn, file, "parcel", mode, "--yes")

    assert result.exit_code == 0, result.output
    assert "IL14 invariant weight_is_positive no 1 row: id=1" in " ".join(result.output.split())
    assert mode_in_force(db) == mode


def test_rows_that_break_another_rule_do_not_hinder_one_rule(
    db: psycopg.Connection, dsn: str, file: Path
) -> None:
    db.execute(HEAVY)

    assert run(dsn, file, "parcel", "enforce", "--rule", "stamp", "--yes").exit_code == 0
    assert refusal(db, "update depot.parcel set weight = -2") is None


@pytest.mark.slow
def test_a_demotion_is_journaled(db: psycopg.Connection, dsn: str, file: Path) -> None:
    run(dsn, file, "parcel", "enforce", "--yes")
    run(dsn, file, "parcel", "observe", "--rule", "transition", "--yes")

    assert run(dsn, file, "parcel", "observe", "--yes").exit_code == 0
    told = db.execute(
        "select detail ->> 'mode_before', detail ->> 'mode', detail -> 'rule_modes'"
        " from interlock.journal where event = 'mode' order by id"
    ).fetchall()
    assert told == [
        ("observe", "enforce", {}),
        ("enforce", "enforce", {"transition": "observe"}),
        ("enforce", "observe", {"transition": "observe"}),
    ]


def test_a_mode_that_is_in_force_already_changes_nothing(
    db: psycopg.Connection, dsn: str, file: Path
) -> None:
    result = run(dsn, file, "parcel", "observe")

    assert result.exit_code == 0
    assert "parcel is in observe already" in result.output
    assert db.execute("select count(*) from interlock.machine_version").fetchone() == (1,)


@pytest.mark.usefixtures("db")
def test_a_folder_of_specs_is_changed_in_the_file_of_the_machine(dsn: str, file: Path) -> None:
    other = file.with_name("other.yaml")
    other.write_text(parcel_text().replace("parcel:", "crate:").replace("depot.", "yard."))
    kept = other.read_text()

    result = run(dsn, file.parent, "parcel", "ratchet", "--yes")

    assert result.exit_code == 0, result.output
    assert "mode: ratchet " in file.read_text()
    assert other.read_text() == kept
    assert sorted(it.name for it in file.parent.iterdir()) == ["interlock.yaml", "other.yaml"]


def test_other_changes_of_the_spec_are_announced(
    db: psycopg.Connection, dsn: str, file: Path
) -> None:
    file.write_text(file.read_text().replace("columns: [carrier]", "columns: [carrier, weight]"))

    result = run(dsn, file, "parcel", "ratchet", "--yes")

    assert "other changes of the spec are not applied yet; they come too" in result.output
    assert steps.make_plan(db, spec.load(file)).is_empty


def test_json_tells_the_same(db: psycopg.Connection, dsn: str, file: Path) -> None:
    db.execute(HEAVY)

    result = run(dsn, file, "parcel", "ratchet", "--yes", "--format", "json")

    told = json.loads(result.stdout)
    assert (told["format"], told["before"], told["after"]) == (
        "interlock mode 1", "observe", "ratchet",
    )  # fmt: skip
    assert [it["code"] for it in told["broken"]] == ["IL14"]
    assert [it["count"] for it in told["recorded"]] == [1]
    assert any(step["lock"] == "ShareRowExclusive" for step in told["plan"]["steps"])


@pytest.mark.usefixtures("db")
def test_without_a_mode_it_prints_what_is_in_force_beside_the_spec(dsn: str, file: Path) -> None:
    assert run(dsn, file).exit_code == 0
    file.write_text(file.read_text().replace("observe ", "ratchet\n    modes: {IL12: enforce} "))

    result = run(dsn, file, "parcel")

    assert result.exit_code == 1
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["parcel", "all", "observe", "ratchet"] in lines
    assert ["parcel", "stamp", "observe", "enforce"] in lines
    told = json.loads(run(dsn, file, "--format", "json").stdout)
    assert told["modes"][1] == {
        "machine": "parcel", "rule": "stamp", "in_force": "observe", "spec": "enforce",
    }  # fmt: skip


def test_a_machine_that_is_not_installed(dsn: str, file: Path) -> None:
    error = failure(run(dsn, file, "parcel", "enforce", "--yes"))

    assert (error.exit_code, error.message) == (
        2, "machine parcel is not installed here; installed: none",
    )  # fmt: skip
    assert "interlock apply" in (error.remedy or "")
    listed = run(dsn, file)
    assert (listed.exit_code, "not installed" in listed.stdout) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["crate", "enforce"], "the spec has no machine 'crate'", id="no machine"),
        pytest.param(
            ["parcel", "enforce", "--rule", "stmap"], "did you mean 'stamp'", id="no rule"
        ),
        pytest.param(["parcel", "--rule", "stamp"], "--rule asks for a mode", id="no mode"),
        pytest.param(["parcel", "enforce"], "nobody is here to ask", id="no terminal"),
    ],
)
def test_bad_input_changes_nothing(
    db: psycopg.Connection, dsn: str, file: Path, arguments: list[str], said: str
) -> None:
    before = file.read_text()

    error = failure(run(dsn, file, *arguments))

    assert error.exit_code == 2
    assert said in error.message
    assert file.read_text() == before
    assert mode_in_force(db) == "observe"


def test_an_unknown_mode_is_told(dsn: str, file: Path) -> None:
    result = run(dsn, file, "parcel", "strict")

    assert result.exit_code == 2
    assert "'strict' is not one of 'observe', 'ratchet', 'enforce'" in result.output


def test_a_lock_that_is_not_granted_leaves_spec_and_database(
    db: psycopg.Connection,
    dsn: str,
    file: Path,
    connect: Callable[..., psycopg.Connection],
) -> None:
    holder = connect(dsn)
    holder.execute("lock table depot.parcel in row exclusive mode")
    before = file.read_text()
    change = promotion.prepare(spec.load(file), "parcel", Mode.ENFORCE)
    plan = promotion.plan_of(db, change)

    with pytest.raises(EnvironmentFault, match="a lock was not granted"):
        promotion.run(db, change, plan, waiting=Waiting(50, 0.3))

    assert file.read_text() == before
    assert [it.name for it in file.parent.iterdir()] == ["interlock.yaml"]
    assert mode_in_force(db) == "observe"


def test_a_spec_that_is_edited_meanwhile_is_left_alone(db: psycopg.Connection, file: Path) -> None:
    change = promotion.prepare(spec.load(file), "parcel", Mode.RATCHET)
    plan = promotion.plan_of(db, change)
    edited = file.read_text() + "# a colleague was here\n"
    file.write_text(edited)

    with pytest.raises(IncompleteError, match="was edited meanwhile") as told:
        promotion.run(db, change, plan)

    assert told.value.exit_code == 5
    assert file.read_text() == edited
    assert mode_in_force(db) == "ratchet"


def test_a_spec_that_cannot_be_written_changes_nothing(
    db: psycopg.Connection, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = promotion.prepare(spec.load(file), "parcel", Mode.RATCHET)
    plan = promotion.plan_of(db, change)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InterlockError, match="cannot be written: No space left"):
        promotion.run(db, change, plan)

    assert mode_in_force(db) == "observe"
    assert [it.name for it in file.parent.iterdir()] == ["interlock.yaml"]


@pytest.mark.usefixtures("db")
def test_the_file_keeps_its_rights_its_mark_and_its_link(
    dsn: str, file: Path, tmp_path: Path
) -> None:
    text = file.read_text()
    real = tmp_path / "real.txt"
    real.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    real.chmod(0o640)
    file.unlink()
    file.symlink_to(real)

    assert run(dsn, file, "parcel", "ratchet", "--yes").exit_code == 0
    wanted = text.replace("mode: observe ", "mode: ratchet ").replace("\n", "\r\n").encode()
    assert real.read_bytes() == b"\xef\xbb\xbf" + wanted
    assert file.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


@pytest.mark.slow
@pytest.mark.parametrize("moment", [0, 1, 3, 6, 9, 12, 15, 18])
def test_kill_9_of_the_client_and_once_more_ends_as_undisturbed(
    db: psycopg.Connection, dsn: str, file: Path, moment: int
) -> None:
    before = file.read_text()

    is_killed = change_and_kill(dsn, file, "enforce", moment)

    told = (mode_in_force(db), file.read_text() == before)
    assert told in [("observe", True), ("enforce", True), ("enforce", False)]
    assert is_killed or told == ("enforce", False)
    result = run(dsn, file, "parcel", "enforce", "--yes")
    assert result.exit_code == 0, result.output
    assert_enforced(db, file, before)


@pytest.mark.slow
@pytest.mark.parametrize("moment", [2, 9])
def test_kill_9_of_the_backend_and_once_more_ends_as_undisturbed(
    file: Path, moment: int, server: servers.TestServer
) -> None:
    before = file.read_text()
    with embedded.running(bin_dir=servers.binaries(server.major)) as private:
        with psycopg.connect(private.dsn(), autocommit=True) as session:
            mode_parcels.build(session)
            install(session, "observe")
        assert change_and_kill(private.dsn(), file, "enforce", moment, victim="server")
        assert file.read_text() == before
        with psycopg.connect(private.dsn(), autocommit=True) as session:
            assert mode_in_force(session) == "observe"
        assert run(private.dsn(), file, "parcel", "enforce", "--yes").exit_code == 0
        with psycopg.connect(private.dsn(), autocommit=True) as session:
            assert_enforced(session, file, before)


def assert_enforced(session: psycopg.Connection, file: Path, before: str) -> None:
    assert file.read_text() == before.replace("mode: observe ", "mode: enforce ")
    assert mode_in_force(session) == "enforce"
    assert steps.make_plan(session, spec.load(file)).is_empty
    left = session.execute(
        "select count(*) from pg_constraint where conrelid = 'depot.parcel'::regclass"
        " and not convalidated"
    ).fetchone()
    assert left == (0,)
