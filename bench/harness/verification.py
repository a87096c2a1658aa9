"""Measure what a verification of all rows costs the server, against one bare scan.

`interlock verify` runs as users run it; the server's own log says how long each of its statements
took, so the start of Python is not in the figures.
"""

import os
import re
import tempfile
import time
from pathlib import Path

import psycopg

from harness.cluster import Cluster, connect
from harness.files import sql
from harness.series import Collected, Series
from harness.variants import CHECKS, interlock, ours, write_spec

VERIFY = "verify"
FLOOR = "one scan of the same columns"
EACH = "a query for each rule"
_DURATION = re.compile(r"duration: ([0-9.]+) ms")
_LOG_EVERYTHING = "-c log_min_duration_statement=0"
_MS = 1000


def measure_verify(
    served: Cluster, databases: dict[str, str], bare: str, rounds: int
) -> list[Series]:
    """Return the server time of the floor, of a query for each rule, and of each of ours."""
    collected = Collected()
    mine = {it: databases[ours(it)] for it in CHECKS if ours(it) in databases}
    for _ in range(rounds):
        with connect(served, bare) as session:
            collected.add(FLOOR, VERIFY, "ms", _time(session, "verify_floor"))
            collected.add(EACH, VERIFY, "ms", _time(session, "verify_each"))
        for checks, database in mine.items():
            collected.add(ours(checks), VERIFY, "ms", _verify(served, database, checks))
    return collected.series()


def _time(session: psycopg.Connection, name: str) -> float:
    start = time.perf_counter()
    session.execute(sql(name).encode())
    return (time.perf_counter() - start) * _MS


def _verify(served: Cluster, database: str, checks: str) -> float:
    """Return the sum of what the server logs for the statements of one `interlock verify`."""
    log = served.folder / "log"
    start = log.stat().st_size
    with tempfile.TemporaryDirectory() as folder:
        spec = write_spec(Path(folder), checks)
        interlock(
            "verify", "--spec", str(spec), "--dsn", served.dsn(database),
            environment={**os.environ, "PGOPTIONS": _LOG_EVERYTHING},
        )  # fmt: skip
    with log.open(encoding="utf-8") as file:
        file.seek(start)
        return sum(float(found) for found in _DURATION.findall(file.read()))
