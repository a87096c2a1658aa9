"""Count the instructions that a server process executes between two moments.

Three ways, the first that works here wins:

* ``perf stat -e instructions:u -p PID``, where the processor's counters can be read;
* valgrind's callgrind, with the server running below it: every user-mode instruction, exact, at a
  fiftieth of the speed. Callgrind writes its totals out and starts from nought whenever the
  server enters the C function behind ``pg_backend_pid()``, so that call is our moment;
* nothing: the report says "not counted".
"""

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg

from harness.cluster import Cluster

_MARK = "select pg_backend_pid()"
_TOTALS = re.compile(r"^totals: (\d+)$", re.MULTILINE)


class Counter(Protocol):
    """A way to count; *below* is the tool that the server must be started below."""

    @property
    def name(self) -> str:
        """What the report calls it."""

    def below(self, served: Cluster) -> Sequence[str]:
        """Return the command line to put in front of the server's."""

    def count(self, session: psycopg.Connection, work: Callable[[], None]) -> int:
        """Return the instructions that the server process of *session* executes for *work*."""


@dataclass(frozen=True, slots=True)
class Callgrind:
    """Count by running the server below valgrind."""

    folder: Path

    @property
    def name(self) -> str:
        """What the report calls it."""
        return "valgrind callgrind"

    def below(self, served: Cluster) -> Sequence[str]:
        """Return the command line to put in front of the server's."""
        del served
        return [
            "valgrind",
            "--tool=callgrind",
            "--vgdb=no",
            "--dump-before=pg_backend_pid",
            f"--callgrind-out-file={self.folder}/callgrind.%p",
        ]

    def count(self, session: psycopg.Connection, work: Callable[[], None]) -> int:
        """Return the instructions that the server process of *session* executes for *work*."""
        self._mark(session)
        work()
        return self._mark(session)

    def _mark(self, session: psycopg.Connection) -> int:
        session.execute(_MARK, prepare=True)
        dumps = list(self.folder.glob(f"callgrind.{session.info.backend_pid}.*"))
        totals = [int(n) for dump in dumps for n in _TOTALS.findall(dump.read_text("utf-8"))]
        for dump in dumps:
            dump.unlink()
        return sum(totals)


@dataclass(frozen=True, slots=True)
class Perf:
    """Count by attaching perf to the server process."""

    event: str = "instructions:u"

    @property
    def name(self) -> str:
        """What the report calls it."""
        return f"perf stat -e {self.event}"

    def below(self, served: Cluster) -> Sequence[str]:
        """Return nothing: perf attaches to what already runs."""
        del served
        return []

    def count(self, session: psycopg.Connection, work: Callable[[], None]) -> int:
        """Return the instructions that the server process of *session* executes for *work*."""
        session.execute(_MARK, prepare=True)
        perf = subprocess.Popen(  # noqa: S603
            _perf(self.event, "-p", str(session.info.backend_pid)),
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        time.sleep(0.1)  # perf says nothing when it has attached
        work()
        session.execute(_MARK, prepare=True)
        perf.send_signal(signal.SIGINT)
        _, report = perf.communicate(timeout=30)
        counted = _perf_value(report)
        if counted is None:
            raise ValueError(f"perf stat said: {report}")
        return counted


def find_counter(folder: Path) -> Counter | None:
    """Return the best counter that works on this machine, or None."""
    if shutil.which("perf"):
        tried = subprocess.run(  # noqa: S603
            _perf("instructions:u", "--", "true"), capture_output=True, text=True, check=False
        )
        if _perf_value(tried.stderr) is not None:
            return Perf()
    if shutil.which("valgrind"):
        return Callgrind(folder)
    return None


def _perf(event: str, *target: str) -> list[str]:
    return ["perf", "stat", "-x", ";", "-e", event, *target]


def _perf_value(report: str) -> int | None:
    """Return the number in perf's line ``1234;;instructions:u;...``; None for no number."""
    for line in report.splitlines():
        value = line.split(";")[0]
        if ";" in line and value.replace(".", "", 1).isdigit():
            return int(float(value))
    return None
