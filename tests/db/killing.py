"""Kill -9 a command, one backend, or a whole server, at a random moment."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
from tests.servers import ROOT

from pginterlock import embedded


def start(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start ``interlock`` with *arguments*."""
    return subprocess.Popen(
        [sys.executable, "-m", "pginterlock", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "cli")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def client(process: subprocess.Popen[bytes], after_s: float) -> bool:
    """Kill *process* after a while; return whether it was still at work."""
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        return True
    return False


def backend(dsn: str, process: subprocess.Popen[bytes], after_s: float) -> bool:
    """Kill a backend that serves *process*: the server restarts all others, as after a crash."""
    end = time.monotonic() + after_s
    while time.monotonic() < end and process.poll() is None:
        time.sleep(0.002)
    if process.poll() is not None:
        return False
    with psycopg.connect(dsn, autocommit=True) as admin:
        found = admin.execute(
            "select a.pid from pg_stat_activity as a"
            " where a.application_name = 'interlock' and a.pid <> pg_backend_pid()"
        ).fetchall()
    for (pid,) in found:
        _kill(pid)
    process.wait(60)
    return bool(found)


def server(place: embedded.Server, process: subprocess.Popen[bytes], after_s: float) -> bool:
    """Kill the postmaster and all its children, and start the server again on the same data."""
    end = time.monotonic() + after_s
    while time.monotonic() < end and process.poll() is None:
        time.sleep(0.002)
    was_at_work = process.poll() is None
    data = place.folder / "data"
    postmaster = int((data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    children = _children(postmaster)
    for pid in (postmaster, *children):
        _kill(pid)
    process.wait(60)
    _until_gone((postmaster, *children))
    return was_at_work


def until_up(dsn: str) -> psycopg.Connection:
    """Return a session as soon as the server takes one again."""
    end = time.monotonic() + 60
    while True:
        try:
            return psycopg.connect(dsn, autocommit=True)
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def moment(chance: random.Random, longest_s: float) -> float:
    """Return when to kill."""
    return chance.uniform(0.05, longest_s)


def _children(pid: int) -> tuple[int, ...]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return tuple(map(int, listed.split()))


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _until_gone(pids: Sequence[int]) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and any(Path(f"/proc/{pid}").exists() for pid in pids):
        time.sleep(0.01)
