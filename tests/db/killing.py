"""Kill -9 a command, one backend, or a whole server, at a random moment."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
from tests.servers import ROOT

from pginterlock import embedded


class Victim:
    """A server of its own, which may be killed and started again."""

    def __init__(self, bin_dir: Path, folder: Path) -> None:
        self.place = embedded.start(bin_dir=bin_dir, folder=folder)

    @property
    def dsn(self) -> str:
        """Where it is."""
        return self.place.dsn()

    def kill(self, what: str, pids: Sequence[int], process: subprocess.Popen[bytes]) -> None:
        """Kill the ``client`` *process*, the ``backend`` that serves it, or the ``server``."""
        if what == "client":
            client(process)
        elif what == "backend":
            backend(pids, process)
        else:
            self.place = server(self.place, process)

    def revive(self) -> None:
        """Start the server again after it has stopped by itself."""
        self.place.keep()
        self.place = embedded.start(bin_dir=self.place.bin_dir, folder=self.place.folder)


def times(what: str, kills: int) -> int:
    """Return how often *what* is killed: half the server's ends are those of one backend."""
    return kills if what == "client" else -(-kills // 2)


def command(arguments: Sequence[str]) -> list[str]:
    """Return what runs ``interlock`` with *arguments*, in `environment`."""
    return [sys.executable, "-m", "pginterlock", *arguments]


def environment() -> dict[str, str]:
    """Return the variables with which the program of this tree is found."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "cli")}


def start(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start ``interlock`` with *arguments*."""
    return subprocess.Popen(
        command(arguments),
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def client(process: subprocess.Popen[bytes]) -> None:
    """Kill *process*."""
    process.send_signal(signal.SIGKILL)
    process.wait(60)


def backend(pids: Sequence[int], process: subprocess.Popen[bytes]) -> None:
    """Kill backends that serve *process*: the server restarts all others, as after a crash."""
    for pid in pids:
        _kill(pid)
    process.wait(60)


def server(place: embedded.Server, process: subprocess.Popen[bytes]) -> embedded.Server:
    """Kill the postmaster and all its children, and start the server again on the same data."""
    pid_file = place.folder / "data" / "postmaster.pid"
    postmaster = int(pid_file.read_text(encoding="utf-8").splitlines()[0])
    family = (postmaster, *_children(postmaster))
    for pid in family:
        _kill(pid)
    process.wait(60)
    _until_gone(family)
    place.keep()
    return embedded.start(bin_dir=place.bin_dir, folder=place.folder)


def until_at_work(watcher: psycopg.Connection, process: subprocess.Popen[bytes]) -> list[int]:
    """Return the backends that serve *process* as soon as there are some; none: it has ended."""
    while process.poll() is None:
        found = watcher.execute(
            "select a.pid from pg_stat_activity as a where a.application_name = 'interlock'"
        ).fetchall()
        if found:
            return [pid for (pid,) in found]
        time.sleep(0.005)
    return []


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
