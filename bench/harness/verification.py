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

from harness.cluster import BenchError, Cluster, connect
from harness.files import sql
from harness.series import Collected, Series
from harness.variants import CHECKS, interlock, ours, write_spec

ROW_RULES = "verify, the row rules"
ALL = "verify, all of it"
FLOOR = "one scan of the same columns"
EACH = "a query for each rule"
_STATEMENT = re.compile(r"duration: ([0-9.]+) ms((?:(?!duration: ).)*)", re.DOTALL)
_SCAN = "with broken as materialized"  # of sql/templates/scan.sql
_LOG_EVERYTHING = "-c log_min_duration_statement=0"
_MS = 1000


def measure_verify(
    served: Cluster, databases: dict[str, str], bare: str, rounds: int
) -> list[Series]:
    """Return the server time of the floor, of a query for each rule, and of each of ours.

    Of ours there are two figures: its one scan by the row rules, and all that it asks the server,
    which is the catalog, the probes, and the replay of the history against the rows too.
    """
    collected = Collected()
    mine = {it: databases[ours(it)] for it in CHECKS if ours(it) in databases}
    for _ in range(rounds):
        with connect(served, bare) as session:
            for what in (ROW_RULES, ALL):
                collected.add(FLOOR, what, "ms", _time(session, "verify_floor"))
            collected.add(EACH, ROW_RULES, "ms", _time(session, "verify_each"))
        for checks, database in mine.items():
            scan, whole = _verify(served, database, checks)
            collected.add(ours(checks), ROW_RULES, "ms", scan)
            collected.add(ours(checks), ALL, "ms", whole)
    return collected.series()


def _time(session: psycopg.Connection, name: str) -> float:
    start = time.perf_counter()
    session.execute(sql(name).encode())
    return (time.perf_counter() - start) * _MS


def _verify(served: Cluster, database: str, checks: str) -> tuple[float, float]:
    """Return what the server logs for the scan, and for all statements, of one verify."""
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
        spent = [(float(ms), text) for ms, text in _STATEMENT.findall(file.read())]
    scan = sum(ms for ms, text in spent if _SCAN in text)
    if not scan:
        raise BenchError("interlock verify made no scan of the rows")
    return scan, sum(ms for ms, _ in spent)
