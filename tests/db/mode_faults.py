"""A change of mode that is killed at any moment: for tests of faults.

`change_and_kill` runs the change in a process of its own and kills that process, or the backend
that serves it, as the step of a given number begins. Killing a backend with signal 9 restarts its
server: give it one that nobody else uses.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal

import psycopg
from tests.servers import ROOT

_GONE = re.compile("the server (went away|gave up)")
_SCRIPT = """
import os, sys, time
from pathlib import Path
from pginterlock import database, promotion, spec
from pginterlock.choices import Mode

dsn, path, machine, mode, rule, victim, moment = sys.argv[1:]
left = int(moment)
with database.connect(dsn) as session:
    pid = session.info.backend_pid

    def die(title):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid() if victim == "client" else pid, 9)
            time.sleep(0.2 if victim == "server" else 0)
            left = 1_000_000

    change = promotion.prepare(spec.load(Path(path)), machine, Mode(mode), rule)
    promotion.run(session, change, promotion.plan_of(session, change), progress=die)
"""


def change_and_kill(
    dsn: str,
    path: Path,
    mode: str,
    moment: int,
    *,
    machine: str = "parcel",
    rule: str = "",
    victim: Literal["client", "server"] = "client",
) -> bool:
    """Change the mode, kill *victim* as step *moment* (from 0) begins, and wait for the server.

    Returns whether it was killed: not where the change has fewer steps. Raises AssertionError
    where it ended in any other way.
    """
    command = [sys.executable, "-c", _SCRIPT, dsn, str(path), machine, mode, rule, victim]
    done = subprocess.run(
        [*command, str(moment)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "cli")},
    )
    _wait_until_alone(dsn)
    is_killed = (
        done.returncode == -9 if victim == "client" else _GONE.search(done.stderr) is not None
    )
    assert is_killed or done.returncode == 0, done.stderr
    return is_killed


def _wait_until_alone(dsn: str) -> None:
    """Return when the server is up and no session of the killed one is left."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with psycopg.connect(dsn, autocommit=True, connect_timeout=2) as session:
                others = session.execute(
                    "select count(*) from pg_stat_activity where datname = current_database()"
                    " and pid <> pg_backend_pid() and application_name = 'interlock'"
                ).fetchone()
                if others == (0,):
                    return
        except psycopg.OperationalError:
            pass
        time.sleep(0.05)
    raise TimeoutError("the server did not come to rest")
