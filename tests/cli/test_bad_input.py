"""Every wrong input ends in one clear message and its documented exit code; nothing is changed."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.conftest import HOTEL_SPEC

Connect = Callable[..., psycopg.Connection]

USAGE, ENVIRONMENT, UNSAFE = 2, 3, 4
HEAD = "interlock: 1\nmachines:\n  booking:\n"
BODY = (
    "    table: hotel.room_booking\n    state: status\n    initial: [NEW]\n    final: [DONE]\n"
    "    transitions: {finish: {from: NEW, to: DONE}}\n"
)


def interlock(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in *folder*, as a user would, without a terminal."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    for name in ("INTERLOCK_DSN", "DATABASE_URL"):
        clean.pop(name, None)
    return subprocess.run(
        [sys.executable, "-m", "pginterlock", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=folder,
        check=False,
        env={**clean, **environment},
    )


def assert_told(done: subprocess.CompletedProcess[str], code: int, message: str) -> None:
    assert "Traceback" not in done.stderr
    assert message in done.stderr
    assert done.returncode == code
    assert done.stdout == ""


SPECS = {
    "empty": ("", "interlock.yaml:1:1: the file is empty"),
    "not YAML": ("interlock: [1\n", "interlock.yaml:2:1: not YAML"),
    "a tab": ("interlock: 1\n\tmachines: {}\n", "not YAML"),
    "not text": ("\udcff", "not UTF-8 text"),
    "a list": ("- 1\n", "a spec is a mapping"),
    "no version": ("machines: {}\n", "key 'interlock' is missing"),
    "another version": ("interlock: 2\nmachines: {}\n", "2 is no known version"),
    "no machine": ("interlock: 1\nmachines: {}\n", "there is no machine in it"),
    "duplicate keys": (HEAD + BODY + "    state: other\n", ":9:5: key 'state' is there twice"),
    "an unknown key": (
        HEAD + BODY + "    stamp: {}\n",
        ":9:5: unknown key 'stamp'; did you mean 'stamps'?",
    ),
    "an unknown state": (
        HEAD + BODY + "    stamps: {done_at: DOEN}\n",
        ":9:14: unknown state 'DOEN'; did you mean 'DONE'?",
    ),
    "a number for a state": (HEAD + BODY.replace("[DONE]", "[7]"), "7 is not text"),
    "a name that is too long": (HEAD + BODY.replace("status", "s" * 64), "is longer than 63 bytes"),
    "a machine name that is too long": (
        HEAD.replace("booking", "b" * 41) + BODY,
        "is no name of a machine",
    ),
    "a subquery": (
        HEAD + BODY + "    invariants:\n      few: a > 1 and (select 1) = 1\n",
        ":10:22: expression 'a > 1 and (select 1) = 1': a subquery",
    ),
    "injection": (HEAD + BODY + "    invariants: {x: '1=1) or (1=1'}\n", ":9:25: expression"),
    "two statements": (
        HEAD + BODY + "    invariants:\n      x: a; drop table t\n",
        "a semicolon does not belong",
    ),
    "an aggregate": (HEAD + BODY + "    invariants: {x: count(a) > 1}\n", "an aggregate"),
    "a clock": (HEAD + BODY + "    invariants: {x: a > now()}\n", "depends on time, session"),
}


@pytest.mark.parametrize("name", SPECS)
def test_a_wrong_spec(tmp_path: Path, name: str) -> None:
    text, message = SPECS[name]
    (tmp_path / "interlock.yaml").write_bytes(text.encode(errors="surrogateescape"))

    assert_told(interlock(tmp_path, "check"), USAGE, message)


@pytest.mark.parametrize("command", ["plan", "apply", "verify"])
def test_a_wrong_spec_stops_a_command_before_it_connects(tmp_path: Path, command: str) -> None:
    (tmp_path / "interlock.yaml").write_text("interlock: 2\n")

    assert_told(interlock(tmp_path, command, "--dsn", "nowhere=x"), USAGE, "no known version")


def test_all_errors_of_a_spec_come_at_once(tmp_path: Path) -> None:
    wrong = HEAD + BODY + "    stamps: {a: X, b: Y}\n    invariants: {c: 'd >'}\n    mood: x\n"
    (tmp_path / "interlock.yaml").write_text(wrong)

    done = interlock(tmp_path, "check")

    places = [
        line.split(": ")[-2] for line in done.stderr.splitlines() if "interlock.yaml:" in line
    ]
    assert len(places) == 4


def test_a_spec_that_is_not_there(tmp_path: Path) -> None:
    assert_told(interlock(tmp_path, "plan"), USAGE, "no spec at interlock.yaml")
    assert_told(interlock(tmp_path, "plan", "--spec", "x.yaml"), USAGE, "no spec at x.yaml")


def test_a_spec_is_found_by_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.interlock]\nspec = "db/machines.yaml"\n')
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "machines.yaml").write_text(HEAD + BODY)

    done = interlock(tmp_path, "check")

    assert (done.returncode, done.stdout) == (0, "Nothing wrong with booking\n")


@pytest.mark.parametrize("command", ["plan", "apply", "verify", "uninstall"])
def test_a_server_that_is_not_there(tmp_path: Path, command: str) -> None:
    (tmp_path / "interlock.yaml").write_text(HEAD + BODY)
    words = [command, *(["--yes"] if command in ("apply", "uninstall") else [])]

    done = interlock(tmp_path, *words, "--dsn", f"host={tmp_path} user=a password=se'cret dbname=b")
    assert done.returncode == ENVIRONMENT
    done = interlock(tmp_path, *words, "--dsn", f"host={tmp_path} user=a password=secret dbname=b")

    assert_told(done, ENVIRONMENT, "no connection")
    assert "secret" not in done.stderr


def test_a_wrong_password_is_never_printed(tmp_path: Path, hotel: str) -> None:
    (tmp_path / "interlock.yaml").write_text(HEAD + BODY)
    host = psycopg.conninfo.conninfo_to_dict(hotel)["host"]

    done = interlock(
        tmp_path, "plan", "--dsn", f"postgresql://nobody:hush%20hush@/x?host={host}&port=5432"
    )

    assert_told(done, ENVIRONMENT, "no connection")
    assert "hush" not in done.stderr


def test_a_dsn_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "interlock.yaml").write_text(HEAD + BODY)

    done = interlock(tmp_path, "plan", "--dsn", "hos=x password=secret")

    assert_told(done, ENVIRONMENT, "the connection string cannot be read")
    assert "secret" not in done.stderr


def test_a_table_that_does_not_exist(tmp_path: Path, hotel: str) -> None:
    (tmp_path / "interlock.yaml").write_text(HEAD + BODY.replace("room_booking", "room_bookings"))

    done = interlock(tmp_path, "plan", "--dsn", hotel)

    assert_told(
        done,
        USAGE,
        "interlock.yaml:4:5: table hotel.room_bookings does not exist; did you mean"
        " 'hotel.room_booking'?",
    )


def test_rows_that_break_the_rules(tmp_path: Path, bare_hotel: str, connect: Connect) -> None:
    session = connect(bare_hotel, autocommit=True)
    session.execute("insert into hotel.hotel values (1, 'city')")
    session.execute(
        "insert into hotel.room_booking (hotel_id, status, room_type, check_in, check_out,"
        " nightly_rate) select 1, 'WHAT', 'A', '2026-01-01', '2026-01-02', 1"
        " from generate_series(1, 12)"
    )

    done = interlock(tmp_path, "apply", "--yes", "--spec", str(HOTEL_SPEC), "--dsn", bare_hotel)

    assert done.returncode == UNSAFE
    assert "IL11 known_state: 12 rows, for example id=" in done.stderr
    assert "mode: observe" in done.stderr
    assert session.execute("select to_regnamespace('interlock')").fetchone() == (None,)


def test_a_plan_that_was_edited(tmp_path: Path, bare_hotel: str) -> None:
    spec = str(HOTEL_SPEC)
    assert (
        interlock(
            tmp_path, "plan", "--spec", spec, "--dsn", bare_hotel, "--out", "p.sql"
        ).returncode
        == 1
    )
    file = tmp_path / "p.sql"
    file.write_text(file.read_text() + "drop table hotel.room;\n")

    done = interlock(tmp_path, "apply", "p.sql", "--yes", "--dsn", bare_hotel)

    assert_told(done, UNSAFE, "p.sql was edited after it was written")


def test_a_plan_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "p.sql").write_text("select 1;\n")

    assert_told(interlock(tmp_path, "apply", "p.sql"), USAGE, "p.sql is not a plan")
    assert_told(interlock(tmp_path, "apply", "q.sql"), USAGE, "q.sql cannot be read")


def test_a_key_that_is_none(tmp_path: Path, hotel: str) -> None:
    for words, message in (
        (["booking", "x"], "x is no key of booking"),
        (["booking", "1", "2"], "the key of booking has 1 part (id), and 2 were given"),
        (["bookings", "1"], "no machine 'bookings' is installed here; installed: booking"),
    ):
        assert_told(interlock(tmp_path, "history", *words, "--dsn", hotel), USAGE, message)


def test_nobody_to_ask(tmp_path: Path, bare_hotel: str) -> None:
    done = interlock(tmp_path, "apply", "--spec", str(HOTEL_SPEC), "--dsn", bare_hotel)

    assert_told(done, USAGE, "nobody is here to ask")


def test_an_unknown_option(tmp_path: Path) -> None:
    done = interlock(tmp_path, "plan", "--spek", "x")

    assert_told(done, USAGE, "No such option")
