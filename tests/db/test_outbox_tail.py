"""``interlock tail``: entries as they commit, with a cursor or without."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from unittest import mock

import psycopg
import pytest
from tests.db.test_outbox import build_parcels, go
from tests.servers import ROOT

from pginterlock.__main__ import main
from pginterlock.outbox.tail import Tail

Connect = Callable[..., psycopg.Connection]


@pytest.fixture
def parcels(make_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Nine parcels and nine boxes under their machines; the commands find them."""
    dsn = make_database("outbox", build_parcels)
    monkeypatch.setenv("INTERLOCK_DSN", dsn)
    return dsn


@pytest.fixture
def session(parcels: str, connect: Connect) -> psycopg.Connection:
    """A session that writes, in autocommit."""
    return connect(parcels, autocommit=True)


def run(*arguments: str) -> int:
    command = ["interlock", "tail", *arguments]
    with mock.patch.object(sys, "argv", command), pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start a tail that hears Ctrl-C, also where who runs the tests is deaf to it (nohup, &)."""
    return subprocess.Popen(
        [sys.executable, "-m", "pginterlock", "tail", *arguments],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "cli")},
    )


def test_the_newest_entries_are_lines(
    session: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    go(session, 3)

    assert run("--lines", "2") == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line[21:] for line in lines] == [
        "box 9  birth  (new) -> OPEN  as postgres",
        "parcel 3  go  HERE -> THERE  as postgres",
    ]


def test_json_is_an_object_a_line(
    session: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    go(session, 3)

    run("parcel", "--since", "2020-01-01Z", "--format", "json")

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [it["id"] for it in told] == list(range(1, 11))
    assert (told[-1]["key"], told[-1]["event"]) == ({"id": 3}, "go")


def test_a_cursor_moves_on(session: psycopg.Connection, capsys: pytest.CaptureFixture[str]) -> None:
    run("parcel", "--cursor", "c")
    go(session, 3)
    capsys.readouterr()

    run("--cursor", "c")
    told = capsys.readouterr().out.splitlines()
    run("--cursors", "--format", "json")

    assert [line[21:] for line in told] == ["parcel 3  go  HERE -> THERE  as postgres"]
    [cursor] = json.loads(capsys.readouterr().out)
    assert (cursor["name"], cursor["delivered"], cursor["waiting"]) == ("c", 10, 0)


@pytest.mark.parametrize("extra", [[], ["--cursor", "c"]], ids=["alone", "cursor"])
def test_following_ends_at_an_interrupt_without_a_word(
    session: psycopg.Connection, extra: list[str]
) -> None:
    with start("parcel", "--follow", "--interval", "0.05", *extra) as process:
        assert process.stdout
        seen = [process.stdout.readline() for _ in range(9)]
        go(session, 3)
        seen.append(process.stdout.readline())
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)

    assert "parcel 3  go" in seen[-1]
    assert (process.returncode, said) == (0, "")


def test_a_reader_that_goes_away_is_no_error(session: psycopg.Connection) -> None:
    with start("parcel", "--follow", "--interval", "0.05") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        go(session, 3)
        said = process.stderr.read()
        process.wait(timeout=20)

    assert (process.returncode, said) == (0, "")


@pytest.mark.parametrize("opened", ["before", "after"])
def test_a_large_transaction_that_stayed_open_is_shown_whole(
    parcels: str, session: psycopg.Connection, connect: Connect, opened: str
) -> None:
    """Its ids, far more than any list would keep, are missing when a later one is shown."""
    many = "insert into parcel select n, 'HERE' from generate_series(100, 30099) as n"
    late = connect(parcels)
    reader = connect(parcels, autocommit=True)
    if opened == "before":
        late.execute(many)
        go(session, 3)
        tail = Tail(reader, ["parcel"])
    else:
        tail = Tail(reader, ["parcel"])
        late.execute(many)
        go(session, 3)
        assert len(tail.new()) == 1
    late.commit()

    assert len(tail.new()) == 30_000
    assert tail.new() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["truck"], "no machine 'truck' is installed", id="unknown machine"),
        pytest.param(["--since", "soon"], "'soon' is no point in time", id="no time"),
        pytest.param(["--cursors", "parcel"], "--cursors stands alone", id="cursors of one"),
        pytest.param(["--cursor", "c", "--lines", "3"], "where the cursor stands", id="both"),
        pytest.param(["--cursor", ""], "a cursor needs a name", id="no name"),
    ],
)
def test_a_wrong_question_gets_one_message(
    session: psycopg.Connection,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    del session
    assert (run(*arguments), message in capsys.readouterr().err) == (2, True)
