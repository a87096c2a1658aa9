"""A disk that fills up stops a backfill and an apply, and once there is room they go on.

Twice real: where the rows lie (the server refuses a statement), and where its log lies (the server
stops altogether).
"""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.conftest import HOTEL_SPEC
from tests.db import backfill_bookings as bookings
from tests.db import full_disk, killing
from tests.db.full_disk import Disk
from tests.db.killing import Victim
from tests.db.test_backfill_killed import finish, spec_file, start
from tests.db.test_live_killed import reset, whole

_COUNT = 20_000
_WRONG = _COUNT * 8 // 100
_ROWS = "select md5(string_agg(b::text, '|' order by id)) from booking as b"
_ENTRIES = "select count(*), count(distinct a.key_id) from interlock.booking_audit as a"
_ROOM = "create tablespace room location '{}'"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name that the account of the server may enter."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def disk(folder: Path, victim: Victim) -> Iterator[Disk]:
    """The disk of tablespace ``room``; the server goes before it does."""
    with full_disk.mounted(folder / "disk", 128) as made:
        space = full_disk.make_folder(made, "space")
        with psycopg.connect(victim.dsn, autocommit=True) as session:
            session.execute(_ROOM.format(space).encode())
            session.execute("create database small tablespace room")
        yield made
        victim.place.stop()


def small(victim: Victim) -> str:
    """Where the database on the small disk is."""
    return victim.place.dsn("small")


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Return the exit code of a command and what it said."""
    _, said = process.communicate(timeout=100)
    assert "Traceback" not in said
    return process.returncode, said


def repaired_rows(session: psycopg.Connection) -> tuple[object, ...] | None:
    return session.execute(_ROWS.encode()).fetchone()


@pytest.mark.slow
def test_a_backfill_on_a_full_disk_says_so_and_goes_on(
    victim: Victim, disk: Disk, tmp_path: Path
) -> None:
    path = spec_file(tmp_path)
    with psycopg.connect(victim.dsn, autocommit=True) as session:
        bookings.build(session, _COUNT)
        bookings.run(session)
        undisturbed = repaired_rows(session)
    with psycopg.connect(small(victim), autocommit=True) as session:
        bookings.build(session, _COUNT)
        session.execute("checkpoint")

        disk.fill(256 * 1024)
        code, said = ended(start(small(victim), path, "--batch-time", "10"))

        assert code == 5
        assert "No space left on device" in said
        assert "run the command again to go on" in said
        before = session.execute(_ENTRIES.encode()).fetchone() or (0, 0)
        assert 0 < before[0] < _WRONG

        disk.free()
        finish(small(victim), path)

        assert session.execute(_ENTRIES.encode()).fetchone() == (_WRONG, _WRONG)
        assert repaired_rows(session) == undisturbed
        assert bookings.findings(session) == []


@pytest.mark.slow
def test_an_apply_on_a_full_disk_says_so_and_goes_on(victim: Victim, disk: Disk) -> None:
    with psycopg.connect(victim.dsn, autocommit=True) as session:
        reset(session)
        assert killing.start(_apply(victim.dsn)).wait(100) == 0
        undisturbed = whole(session)
    with psycopg.connect(small(victim), autocommit=True) as session:
        reset(session)
        session.execute("checkpoint")

        disk.fill(64 * 1024)
        failed = subprocess.run(
            killing.command(_apply(small(victim))),
            env=killing.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )

        assert failed.returncode in (3, 5)
        assert "No space left on device" in failed.stderr
        assert "Traceback" not in failed.stderr

        disk.free()
        assert killing.start(_apply(small(victim))).wait(100) == 0
        assert whole(session) == undisturbed


@pytest.mark.slow
def test_a_server_whose_log_has_no_room_stops_and_the_backfill_goes_on(
    folder: Path, victim: Victim, tmp_path: Path
) -> None:
    path = spec_file(tmp_path)
    with full_disk.mounted(folder / "disk", 192) as disk:
        own = Victim(victim.place.bin_dir, disk.folder / "server")
        try:
            with psycopg.connect(own.dsn, autocommit=True) as session:
                bookings.build(session, _COUNT)
            process = start(own.dsn, path, "--batch-time", "10", "--pause", "20")
            _use_up_the_log(own.dsn, disk)
            code, said = ended(process)

            assert code == 5
            assert "run the command again to go on" in said

            disk.free()
            own.revive()
            finish(own.dsn, path)
            with killing.until_up(own.dsn) as session:
                assert session.execute(_ENTRIES.encode()).fetchone() == (_WRONG, _WRONG)
                assert bookings.findings(session) == []
        finally:
            own.place.stop()


def _use_up_the_log(dsn: str, disk: Disk) -> None:
    """Wait for the first batch, then take all room, and have the server ask for more of it."""
    end = time.monotonic() + 60
    with psycopg.connect(dsn, autocommit=True) as session:
        while session.execute(_ENTRIES.encode()).fetchone() == (0, 0):
            assert time.monotonic() < end
            time.sleep(0.005)
        disk.fill(256 * 1024)
        with pytest.raises(psycopg.OperationalError):
            _write_logs(session, end)


def _write_logs(session: psycopg.Connection, end: float) -> None:
    while time.monotonic() < end:
        session.execute("select pg_logical_emit_message(false, 'test', 'a word')")
        session.execute("select pg_switch_wal()")


def _apply(dsn: str) -> list[str]:
    return ["apply", "--yes", "--dsn", dsn, "--spec", str(HOTEL_SPEC)]
