"""A backfill that is killed again and again, client or server, ends as one that was not."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from tests.db import backfill_bookings as bookings
from tests.servers import ROOT, TestServer

from pginterlock import embedded

Connect = Callable[..., psycopg.Connection]
# Of the client, and half as many of the server by default; as many with INTERLOCK_KILLS=200.
_KILLS = int(os.environ.get("INTERLOCK_KILLS", "8"))
_SERVER_KILLS = int(os.environ.get("INTERLOCK_KILLS", "4"))
# Every kill lets some batches through: there must be enough of them, to the last kill.
_COUNT = (1000 if _KILLS <= 8 else 3000) * max(_KILLS, 8)
_WRONG = _COUNT * 8 // 100
_PACE = ("--batch-time", "10", "--pause", "20")
_SUMMARY = """
select count(*), count(distinct a.key_id), min(a.kind), max(a.kind)
from interlock.booking_audit as a
"""
_ROWS = "select md5(string_agg(b::text, '|' order by id)) from booking as b"


def spec_file(folder: Path) -> Path:
    """Write the spec of the bookings."""
    path = folder / "spec.yaml"
    path.write_text(bookings.SPEC.format(more="", mode="observe", checks="function"))
    return path


def start(dsn: str, path: Path, *options: str) -> subprocess.Popen[str]:
    """Start a backfill that hears Ctrl-C, also where who runs the tests is deaf to it."""
    command = ["backfill", "booking", "--yes", "--dsn", dsn, "--spec", str(path), *options]
    return subprocess.Popen(
        [sys.executable, "-m", "pginterlock", *command],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "cli")},
    )


def finish(dsn: str, path: Path) -> None:
    """Let a run end that nobody disturbs."""
    process = start(dsn, path)
    _, err = process.communicate(timeout=100)
    assert process.returncode == 0, err


def repaired(session: psycopg.Connection) -> int:
    row = session.execute("select count(*) from interlock.booking_audit").fetchone()
    return int(row[0]) if row else 0


def build(session: psycopg.Connection) -> None:
    """Make enough bookings for many batches."""
    bookings.build(session, _COUNT)


@pytest.fixture
def many(make_database: Callable[..., str]) -> str:
    """Eight thousand bookings under a machine that observes."""
    return make_database("many_old_bookings", build)


def run_undisturbed(session: psycopg.Connection) -> str:
    """Return what the rows are after a run that nobody disturbs."""
    bookings.run(session)
    row = session.execute(_ROWS.encode()).fetchone()
    return str(row[0]) if row else ""


def wait_for_more(session: psycopg.Connection, process: subprocess.Popen[str], wanted: int) -> None:
    until = time.monotonic() + 60
    while repaired(session) < wanted and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)


@pytest.mark.slow
@pytest.mark.timeout(900 + 30 * _KILLS)
def test_kills_of_the_client_leave_the_rows_of_an_undisturbed_run(
    make_database: Callable[..., str], many: str, connect: Connect, tmp_path: Path
) -> None:
    chance = random.Random(5)
    path = spec_file(tmp_path)
    session = connect(many, autocommit=True)
    kills = 0
    for _ in range(_KILLS):
        process = start(many, path, *_PACE)
        wait_for_more(session, process, repaired(session) + 1)
        time.sleep(chance.uniform(0, 0.05))
        process.kill()
        process.communicate(timeout=60)
        kills += process.returncode == -signal.SIGKILL

    finish(many, path)

    assert kills >= _KILLS * (1 / 3 if _KILLS <= 8 else 0.95)
    assert session.execute(_SUMMARY.encode()).fetchone() == (_WRONG, _WRONG, "backfill", "backfill")
    other = connect(make_database("many_old_bookings", build), autocommit=True)
    row = session.execute(_ROWS.encode()).fetchone()
    assert row == (run_undisturbed(other),)
    assert bookings.findings(session) == []
    told = session.execute(
        "select (select sum(b.repaired_rows) from interlock.backfill_batch as b),"
        " (select sum(j.repaired_rows) from interlock.backfill_job as j)"
    ).fetchone()
    assert told == (_WRONG, _WRONG)


@pytest.fixture
def crashing(server: TestServer) -> Iterator[embedded.Server]:
    """A server of its own, to be killed."""
    with embedded.running(bin_dir=server.bin_dir) as started:
        yield started


def crash(server: embedded.Server) -> None:
    """Kill a process of the server: all others end with it, and it recovers from its log."""
    with psycopg.connect(server.dsn(), autocommit=True) as session:
        found = session.execute(
            "select pid from pg_stat_activity"
            " where application_name = 'interlock' and backend_type = 'client backend'"
        ).fetchall()
    for (pid,) in found:
        os.kill(pid, signal.SIGKILL)


def connected(server: embedded.Server) -> psycopg.Connection:
    """Connect to a server that is perhaps still recovering."""
    until = time.monotonic() + 30
    while True:
        try:
            return psycopg.connect(server.dsn(), autocommit=True)
        except psycopg.OperationalError:
            assert time.monotonic() < until, "the server never came back"
            time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.timeout(900 + 30 * _KILLS)
def test_kills_of_the_server_lose_no_row_and_repair_none_twice(
    crashing: embedded.Server, tmp_path: Path
) -> None:
    path = spec_file(tmp_path)
    with connected(crashing) as session:
        build(session)
    codes = []
    for _ in range(_SERVER_KILLS):
        with connected(crashing) as session:
            process = start(crashing.dsn(), path, *_PACE)
            wait_for_more(session, process, repaired(session) + 1)
        crash(crashing)
        _, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        codes.append(process.returncode)
        connected(crashing).close()

    finish(crashing.dsn(), path)

    assert 5 in codes
    with connected(crashing) as session:
        whole = (_WRONG, _WRONG, "backfill", "backfill")
        assert session.execute(_SUMMARY.encode()).fetchone() == whole
        assert bookings.findings(session) == []


def test_ctrl_c_ends_with_one_message_and_code_5(
    many: str, connect: Connect, tmp_path: Path
) -> None:
    session = connect(many, autocommit=True)
    path = spec_file(tmp_path)
    process = start(many, path, *_PACE)
    wait_for_more(session, process, 1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 5, err
    assert err.rstrip().endswith(
        "interlock: stopped\n  All batches up to here are committed;"
        " run the command again to go on."
    )
    assert "Traceback" not in err
    finish(many, path)
    assert repaired(session) == _WRONG


@pytest.mark.slow
def test_a_lost_connection_ends_with_code_5_and_the_next_run_goes_on(
    many: str, connect: Connect, tmp_path: Path
) -> None:
    session = connect(many, autocommit=True)
    path = spec_file(tmp_path)
    process = start(many, path, *_PACE)
    wait_for_more(session, process, 1)
    session.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name = 'interlock' and datname = current_database()"
    )
    _, err = process.communicate(timeout=60)

    assert process.returncode == 5, err
    assert "run the command again to go on" in err
    finish(many, path)
    assert repaired(session) == _WRONG
    assert bookings.findings(session) == []
