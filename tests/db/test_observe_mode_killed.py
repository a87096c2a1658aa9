"""A change of mode that is killed again and again ends, run once more, as an undisturbed one."""

import os
import random
import time
from pathlib import Path

import psycopg
import pytest
from tests.conftest import HOTEL_SPEC, build_bare_hotel
from tests.db import killing
from tests.db.killing import Victim

from pginterlock import apply, spec
from pginterlock.choices import Mode
from pginterlock.findings import Severity
from pginterlock.verify import Scope, verify

KILLS = int(os.environ.get("INTERLOCK_KILLS", "2"))
_SECONDS = 0.8
_ROWS = (
    "insert into hotel.room_booking"
    " (hotel_id, status, room_type, check_in, check_out, nightly_rate)"
    " select 1, 'PENDING', 'A', '2026-01-01', '2026-01-03', 90 from generate_series(1, 2000)"
)
_FREE = "select pg_advisory_lock(7355608218); select pg_advisory_unlock_all()"


def change(dsn: str, path: Path, mode: Mode) -> list[str]:
    return ["mode", "booking", str(mode), "--yes", "--dsn", dsn, "--spec", str(path)]


@pytest.mark.slow
@pytest.mark.timeout(180 + 60 * KILLS)
@pytest.mark.parametrize("what", ["client", "backend", "server"])
def test_a_change_from_observe_that_is_killed_is_whole_after_another_run(
    victim: Victim, what: str, tmp_path: Path
) -> None:
    chance, path = random.Random(11), tmp_path / "interlock.yaml"
    path.write_text(HOTEL_SPEC.read_text(encoding="utf-8"), encoding="utf-8")
    with killing.until_up(victim.dsn) as session:
        build_bare_hotel(session)
        session.execute("insert into hotel.hotel values (1, 'city')")
        session.execute(_ROWS.encode())
        apply.install(session, spec.load(path))
    hits = 0

    for number in range(killing.times(what, KILLS)):
        mode = Mode.OBSERVE if number % 2 == 0 else Mode.ENFORCE
        with killing.until_up(victim.dsn) as session:
            process = killing.start(change(victim.dsn, path, mode))
            pids = killing.until_at_work(session, process)
        time.sleep(chance.uniform(0, _SECONDS))
        hits += process.poll() is None
        victim.kill(what, pids, process)
        wait_until_free(victim.dsn)
        assert killing.start(change(victim.dsn, path, mode)).wait(120) == 0
        wanted = spec.load(path)
        assert wanted.machines[0].mode is mode
        with killing.until_up(victim.dsn) as session:
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
