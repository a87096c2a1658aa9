"""A change of mode that is killed again and again ends, run once more, as an undisturbed one."""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests import servers
from tests.conftest import HOTEL_SPEC, build_bare_hotel
from tests.db import killing
from tests.servers import TestServer

from pginterlock import apply, embedded, spec
from pginterlock.findings import Severity
from pginterlock.model import Mode
from pginterlock.verify import Scope, verify

KILLS = int(os.environ.get("INTERLOCK_KILLS", "2"))
_SECONDS = 2.5
_ROWS = (
    "insert into hotel.room_booking"
    " (hotel_id, status, room_type, check_in, check_out, nightly_rate)"
    " select 1, 'PENDING', 'A', '2026-01-01', '2026-01-03', 90 from generate_series(1, 2000)"
)
_FREE = "select pg_advisory_lock(7355608218); select pg_advisory_unlock_all()"


@pytest.fixture
def crashing(server: TestServer) -> Iterator[embedded.Server]:
    """A server of its own, which may be killed and comes back."""
    settings = {"fsync": "on", "restart_after_crash": "on", "shared_buffers": "16MB"}
    bin_dir = servers.binaries(server.major)
    with embedded.running(bin_dir=bin_dir, settings=settings) as own:
        yield own


def change(dsn: str, path: Path, mode: Mode) -> list[str]:
    return ["mode", "booking", str(mode), "--yes", "--dsn", dsn, "--spec", str(path)]


@pytest.mark.timeout(180 + 60 * KILLS)
@pytest.mark.parametrize("victim", ["client", "backend"])
def test_a_change_from_observe_that_is_killed_is_whole_after_another_run(
    crashing: embedded.Server, victim: str, tmp_path: Path
) -> None:
    chance, dsn, path = random.Random(11), crashing.dsn(), tmp_path / "interlock.yaml"
    path.write_text(HOTEL_SPEC.read_text(encoding="utf-8"), encoding="utf-8")
    with killing.until_up(dsn) as session:
        build_bare_hotel(session)
        session.execute("insert into hotel.hotel values (1, 'city')")
        session.execute(_ROWS.encode())
        apply.install(session, spec.load(path))
    hits = 0

    for number in range(KILLS):
        mode = Mode.OBSERVE if number % 2 == 0 else Mode.ENFORCE
        process = killing.start(change(dsn, path, mode))
        after_s = killing.moment(chance, _SECONDS)
        if victim == "client":
            hits += killing.client(process, after_s)
        else:
            hits += killing.backend(dsn, process, after_s)
        wait_until_free(dsn)
        assert killing.start(change(dsn, path, mode)).wait(120) == 0
        wanted = spec.load(path)
        assert wanted.machines[0].mode is mode
        with killing.until_up(dsn) as session:
            found = verify(session, wanted, scope=Scope(probes=False)).findings
            assert [it for it in found if it.severity is Severity.ERROR] == []

    assert hits


def wait_until_free(dsn: str) -> None:
    """Return when no killed run is at work any more; the server may be restarting meanwhile."""
    end = time.monotonic() + 60
    while True:
        try:
            with killing.until_up(dsn) as session:
                session.execute(_FREE)
        except psycopg.OperationalError:
            assert time.monotonic() < end
            time.sleep(0.05)
        else:
            return
