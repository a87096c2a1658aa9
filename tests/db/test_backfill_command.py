"""``interlock backfill``: exit codes, JSON, and one clear message for what cannot be done."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import psycopg
import pytest
from tests.db import backfill_bookings as bookings

from pginterlock.__main__ import main

Connect = Callable[..., psycopg.Connection]


@pytest.fixture
def old(
    make_database: Callable[..., str],
    connect: Connect,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> psycopg.Connection:
    """The bookings of a thousand, and their spec where the command finds it."""
    dsn = make_database("old_bookings", bookings.build)
    monkeypatch.setenv("INTERLOCK_DSN", dsn)
    monkeypatch.chdir(tmp_path)
    write_spec("")
    return connect(dsn, autocommit=True)


def write_spec(more: str) -> None:
    text = bookings.SPEC.format(more=more, mode="observe", checks="function")
    Path("interlock.yaml").write_text(text)


def run(*arguments: str) -> int:
    command = ["interlock", "backfill", *arguments]
    with mock.patch.object(sys, "argv", command), pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_look_is_json_and_ends_in_1_while_there_is_something_to_do(
    old: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("booking", "--dry-run", "--format", "json") == 1
    told = json.loads(capsys.readouterr().out)

    assert (told["repaired"], told["unrepaired"]) == (80, 0)
    assert told["by_rule"]["IL11 known_state"] == 10
    assert told["by_repair"]["room_cleared_in_CANCELLED"] == 10
    assert sum(it["row_count"] for it in told["kinds"]) == 80
    assert run("booking", "--yes") == 0
    assert bookings.findings(old) == []
    assert run("booking", "--dry-run") == 0


def test_rows_that_nothing_mends_end_in_1_and_are_listed(
    old: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    old.execute("update booking set price = 0 where id = 9")

    assert run("booking", "--yes", "--format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["repaired"], told["quarantined"], told["is_whole"]) == (80, 1, True)
    assert run("booking", "--quarantine", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == [
        {"key": {"id": 9}, "rules": ["IL14 invariant pays"], "reason": "no repair for it"}
    ]


def test_a_limit_of_rows_ends_in_5_until_all_is_done(old: psycopg.Connection) -> None:
    assert run("booking", "--yes", "--max-rows", "50") == 5
    assert bookings.look(old).repaired == 30
    assert run("booking", "--yes", "--max-rows", "50") == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["bookings"], 2, "no machine 'bookings'; did you mean 'booking'", id="name"),
        pytest.param(["booking", "--only", "x"], 2, "no repair and no rule", id="only"),
        pytest.param(["booking", "--where", "1 +"], 2, "--where", id="where"),
        pytest.param(["booking", "--history", "--dry-run"], 2, "--history is about", id="history"),
        pytest.param(["booking"], 2, "nobody is here to ask", id="nobody"),
        pytest.param(["booking", "--max-rows", "0"], 2, "--max-rows", id="rows"),
    ],
)
def test_what_cannot_be_done_is_one_message(
    old: psycopg.Connection,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    assert run(*arguments) == code
    assert message in capsys.readouterr().err
    assert old.execute("select count(*) from interlock.backfill_job").fetchone() == (0,)


def test_a_harmful_repair_ends_in_4(
    old: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec("repairs: {cheap: {when: id < 4, set: {price: -1}}}")

    assert run("booking", "--yes") == 4
    assert "repair cheap would break IL14 invariant pays in 3 rows" in capsys.readouterr().err
    assert old.execute("select count(*) from interlock.booking_audit").fetchone() == (0,)


def test_a_machine_that_is_not_installed_ends_in_4(
    empty: str, capsys: pytest.CaptureFixture[str], connect: Connect, old: psycopg.Connection
) -> None:
    connect(empty, autocommit=True).execute(bookings.TABLE.encode())

    assert run("booking", "--dsn", empty) == 4
    assert "is not installed" in capsys.readouterr().err
    assert old.closed is False
