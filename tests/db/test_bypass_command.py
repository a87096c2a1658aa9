"""``interlock bypass`` and ``interlock status``: what they print, and what wrong calls are told."""

import json
import sys
import time
from collections.abc import Callable

import psycopg
import pytest
from tests.db.bypass_depot import JUMP, Connect, as_role, build, opened
from tests.servers import TestServer

from pginterlock.__main__ import main

Make = Callable[..., str]
Run = Callable[..., int]


@pytest.fixture
def depot(make_database: Make, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with the depot under its machine, which the command line finds."""
    dsn = make_database("bypass_depot", build)
    monkeypatch.setenv("INTERLOCK_DSN", dsn)
    return dsn


@pytest.fixture
def admin(depot: str, connect: Connect) -> psycopg.Connection:
    """A superuser's session."""
    return connect(depot, autocommit=True)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command line, and return its exit code."""

    def running(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["interlock", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return running


OPEN = ("bypass", "open", "parcel", "--reason", "a van broke down", "--for", "30m")


def test_open_list_close(
    admin: psycopg.Connection, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*OPEN, "--role", "depot_app", "--yes") == 0
    assert "bypass 1 of parcel (moves) is open for depot_app until" in capsys.readouterr().out

    assert run("bypass", "list", "--format", "json") == 0
    [it] = json.loads(capsys.readouterr().out)["bypasses"]
    assert (it["role"], it["reason"], it["is_open"]) == ("depot_app", "a van broke down", True)

    assert run("bypass", "close", "parcel") == 0
    assert "bypass 1 of parcel for depot_app is closed" in capsys.readouterr().out
    assert run("bypass", "list") == 0
    assert capsys.readouterr().out == "no bypass\n"
    assert run("bypass", "list", "--all") == 0
    assert "closed by postgres" in capsys.readouterr().out
    events = admin.execute("select event, detail -> 'bypass_id' from interlock.journal").fetchall()
    assert events[-2:] == [("bypass_open", 1), ("bypass_close", 1)]


def test_the_one_who_opens_it_is_meant_where_no_role_is_named(
    depot: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    del depot
    assert run(*OPEN, "--yes", "--format", "json") == 0
    [it] = json.loads(capsys.readouterr().out)["bypasses"]
    assert (it["role"], it["opened_by"], it["kind"]) == ("postgres", "postgres", "moves")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("bypass", "open", "parcel", "--for", "1h", "--yes"), "a bypass needs a reason"),
        (("bypass", "open", "parcel", "--reason", " \t", "--for", "1h", "--yes"), "needs a reason"),
        (("bypass", "open", "parcel", "--reason", "x", "--yes"), "a bypass needs an end"),
        ((*OPEN[:-1], "soon", "--yes"), "'soon' is no duration"),
        ((*OPEN[:-1], "0m", "--yes"), "'0m' is no duration"),
        ((*OPEN[:-1], "25h", "--yes"), "not opened for 1 day 01:00:00"),
        ((*OPEN[:-1], "32d", "--long", "--yes"), "not opened for 32 days"),
        ((*OPEN[:-1], "999999d", "--long", "--yes"), "not opened for 999999 days"),
        ((*OPEN, "--role", "nobody'; drop", "--yes"), "there is no role nobody'; drop"),
        ((*OPEN[:2], "crate", *OPEN[3:], "--yes"), "no machine crate is installed here"),
        (OPEN, "nobody is here to ask"),
        (("bypass", "open"), "open needs a machine"),
        (("bypass", "close"), "close needs a machine"),
        (("bypass", "close", "parcel"), "no bypass of parcel is open"),
        (("bypass", "close", "parcel", "--import"), "belong to open"),
        (("bypass", "close", "parcel", "--all"), "--all belongs to list"),
        (("bypass", "mend", "parcel"), "'mend' is not one of"),
    ],
)
def test_a_wrong_call_is_told_what_is_wrong(
    depot: str, run: Run, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    del depot
    assert run(*arguments) == 2
    assert told in capsys.readouterr().err


def test_more_than_a_day_is_for_those_who_say_so(
    admin: psycopg.Connection, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*OPEN[:-1], "3d", "--long", "--yes") == 0
    capsys.readouterr()
    days = admin.execute("select until_at - opened_at > interval '2 days' from interlock.bypass")
    assert days.fetchall() == [(True,)]


def test_a_second_one_for_the_same_role_is_refused(
    admin: psycopg.Connection, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(admin, None)
    assert run(*OPEN, "--yes") == 2
    assert "bypass 1 of parcel is open for postgres until" in capsys.readouterr().err


def test_without_the_right_it_is_the_environment(
    server: TestServer, depot: str, run: Run, capsys: pytest.CaptureFixture[str], connect: Connect
) -> None:
    name = as_role(server, depot, "postgres", connect).info.dbname
    assert run(*OPEN, "--yes", "--dsn", server.dsn(name, "depot_app")) == 3
    assert "members of the owner of schema interlock alone" in capsys.readouterr().err


def test_a_database_that_is_read_only_or_has_nothing_of_ours(
    depot: str, empty: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*OPEN, "--yes", "--dsn", empty) == 3
    assert "there is no interlock.bypass" in capsys.readouterr().err
    assert run("status", "--dsn", empty) == 3
    assert "schema interlock is not in database" in capsys.readouterr().err
    assert (
        run(*OPEN, "--yes", "--dsn", f"{depot} options='-c default_transaction_read_only=on'") == 3
    )
    assert "read only" in capsys.readouterr().err


def test_history_names_what_was_let_through(
    admin: psycopg.Connection, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(admin, None)
    admin.execute("update depot.parcel set status = 'SENT' where id = 2")
    admin.execute(JUMP)

    assert run("history", "parcel", "2") == 0
    assert "send (bypass)" in capsys.readouterr().out
    assert run("history", "parcel", "1") == 0
    assert "bypass  PACKED -> DELIVERED" in " ".join(capsys.readouterr().out.split(" ")).replace(
        "    ", "  "
    )
    assert run("violations", "parcel", "--format", "json") == 0
    groups = json.loads(capsys.readouterr().out)["groups"]
    assert {(it["code"], it["source"]) for it in groups} >= {
        ("IL04", "recorded"),
        ("IL01", "recorded"),
    }


def test_status_of_a_quiet_machine(
    admin: psycopg.Connection, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    del admin
    assert run("status", "--format", "json") == 0
    told = json.loads(capsys.readouterr().out)
    [it] = told["machines"]
    assert (it["machine"], it["table"], it["version"], it["mode"]) == (
        "parcel", "depot.parcel", 1, "enforce",
    )  # fmt: skip
    assert (it["bypasses"], it["jobs"], it["drift"], it["violations"]) == ([], [], [], 0)
    assert (told["is_current"], told["needs_attention"], told["unreadable"]) == (True, False, [])


def test_status_tells_of_an_open_bypass_and_what_it_let_through(
    admin: psycopg.Connection, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(admin, None)
    admin.execute("update depot.parcel set status = 'SENT' where id = 2")

    assert run("status") == 1
    told = capsys.readouterr().out
    assert "attention parcel: bypass 1 (moves) is open for postgres until" in told
    assert "a van broke down" in told
    assert run("bypass", "close", "parcel") == 0
    capsys.readouterr()
    assert run("status", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["machines"][0]["violations"] == 1


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "alter table depot.parcel disable trigger interlock_50_parcel_change",
            "trigger interlock_50_parcel_change is off",
        ),
        (
            "alter table depot.parcel enable trigger interlock_10_parcel_premove",
            "trigger interlock_10_parcel_premove is not enabled always",
        ),
        (
            "drop trigger interlock_90_parcel_truncate on depot.parcel",
            "trigger interlock_90_parcel_truncate is missing",
        ),
        (
            "alter table depot.parcel drop constraint interlock_parcel_row",
            "check interlock_parcel_row is missing",
        ),
        ("alter table depot.parcel rename to box", "table depot.parcel is gone or renamed"),
        ("drop table depot.parcel", "table depot.parcel is gone or renamed"),
    ],
)
def test_status_tells_of_drift(
    admin: psycopg.Connection,
    run: Run,
    capsys: pytest.CaptureFixture[str],
    statement: str,
    told: str,
) -> None:
    admin.execute(statement.encode())

    assert run("status") == 1
    assert f"attention parcel: {told}" in capsys.readouterr().out


def test_status_tells_of_an_older_schema_and_is_quick(
    admin: psycopg.Connection, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    admin.execute("update interlock.schema_version set version_num = '0006'")
    began = time.monotonic()
    assert run("status") == 1
    assert time.monotonic() - began < 1
    assert "schema interlock is of revision 0006" in capsys.readouterr().out


def test_status_for_a_role_that_may_read_the_registry_alone(
    server: TestServer,
    depot: str,
    admin: psycopg.Connection,
    run: Run,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = admin.info.dbname
    reader = server.dsn(name, "depot_night")
    assert run("status", "--dsn", reader) == 3
    assert "the registry may not be read" in capsys.readouterr().err
    admin.execute("grant select on interlock.machine to depot_night")

    assert run("status", "--dsn", reader) == 0
    told = capsys.readouterr().out
    assert "parcel" in told
    assert "interlock.bypass may not be read" in told
    del depot
