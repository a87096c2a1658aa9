"""The CPU time of a server process: Linux counts it in nanoseconds, others are not supported."""

from pathlib import Path

import psycopg

from harness.cluster import BenchError


def cpu_ns(session: psycopg.Connection) -> int:
    """Return the time that the server process of *session* has been on a CPU so far."""
    schedstat = Path(f"/proc/{session.info.backend_pid}/schedstat")
    try:
        return int(schedstat.read_text(encoding="ascii").split()[0])
    except OSError as error:
        raise BenchError("CPU time is read from /proc, which is not here") from error
