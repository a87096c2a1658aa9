"""Measure histories: what a write costs with many entries behind it, and what reading all costs.

Entries are written by the guards themselves, up to a million; the millions behind that are inserted
as they would have been, for what is measured then is the write and not the entries.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psycopg

from harness.cluster import Cluster, connect
from harness.counting import Counter
from harness.files import sql
from harness.series import Collected, Series
from harness.singles import Effort, count_singles
from harness.template import TEMPLATE
from pginterlock import database, sealing, spec, survey
from pginterlock.compiler import replay, version_of
from pginterlock.verify import seals

ORDERED_READ = "plain ordered read"
REPLAY = "replay (verify --history)"
READING = "all entries, read"
SEALS = "all entries, sealed"
SEAL = "seal, the first time"
CHECK = "verify --seal"
NOTHING = "no entry behind"
_MS = 1000
_MEMORY = "128MB"  # what verify gives itself; the floor gets the same


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many bookings have a life, and how many entries that makes."""

    bookings: int
    entries: int


def give_lives(session: psycopg.Connection, sizes: Sizes) -> None:
    """Write *sizes.entries* entries by moving the bookings there and back, through the guards."""
    moves = sizes.entries // sizes.bookings
    for number in range(moves):
        session.execute(sql("history_back" if number % 2 else "history_there").encode())
    session.execute("vacuum analyze")


def add_entries(session: psycopg.Connection, count: int, keys: int) -> None:
    """Insert *count* entries more, as if written long ago."""
    session.execute(sql("history_more"), {"count": count, "keys": keys})
    session.execute("vacuum analyze")


def clone(served: Cluster, name: str, template: str = TEMPLATE) -> None:
    """Make database *name* as a copy of *template*."""
    with connect(served) as session:
        session.execute(f"create database {name} template {template} strategy file_copy".encode())


def measure_reading(served: Cluster, name: str, spec_text: str, rounds: int) -> list[Series]:
    """Return the time of an ordered read of all entries and of their replay, in turns."""
    collected = Collected()
    with connect(served, name) as session:
        session.execute(f"set work_mem = '{_MEMORY}'".encode())
        question = _replay(session, spec_text)
        for _ in range(rounds):
            for what, text in ((ORDERED_READ, sql("history_floor")), (REPLAY, question)):
                start = time.perf_counter()
                session.execute(text.encode())
                collected.add(what, READING, "ms", (time.perf_counter() - start) * _MS)
    return collected.series()


def _replay(session: psycopg.Connection, spec_text: str) -> str:
    """Return the one query that verify asks of a history that is sound."""
    it = survey.survey(session, spec.parse(spec_text, "bench")).machines[0]
    kept = database.ask(session, "versions.sql", {"machine": it.machine.name})
    versions = [version_of(v["version"], v["after_entry"], v["definition"]) for v in kept]
    text = replay(it.writing, versions, kept[0]["adopted_after"]).whether
    with database.snapshot(session):
        told = database.rows(session, text)[0]
    if told["broken_count"] or told["gone_count"]:
        raise ValueError(f"the history of the bench is not sound: {told}")
    return text


def measure_seals(served: Cluster, name: str, rounds: int) -> list[Series]:
    """Return the time of an ordered read, of a first seal of all entries, and of checking it.

    A seal is made once: each round has a copy of its own. The indexes of the floor are warm, the
    copy is not; both are read once before.
    """
    collected = Collected()
    for number in range(rounds):
        copy = f"sealed_{number}"
        clone(served, copy, name)
        with connect(served, copy) as session:
            session.execute(f"set work_mem = '{_MEMORY}'".encode())
            session.execute(sql("history_floor").encode())
            collected.add(ORDERED_READ, SEALS, "ms", _spent(lambda: _floor(session)))
            collected.add(SEAL, SEALS, "ms", _spent(lambda: _seal(session)))
            collected.add(CHECK, SEALS, "ms", _spent(lambda: _check(session)))
        with connect(served) as session:
            session.execute(f"drop database {copy}".encode())
    return collected.series()


def _spent(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * _MS


def _floor(session: psycopg.Connection) -> None:
    session.execute(sql("history_floor").encode())


def _seal(session: psycopg.Connection) -> None:
    sealing.seal(session, older_than="0")


def _check(session: psycopg.Connection) -> None:
    with database.snapshot(session):
        told = seals.check(session, None, None)
    if told.findings:
        raise ValueError(f"the seal of the bench does not hold: {told.findings[0].message}")


def count_writes(
    served: Cluster, databases: Mapping[str, str], counter: Counter, rows: int, effort: Effort
) -> list[Series]:
    """Return the instructions of one write with few and with many entries behind it."""
    sessions = {name: connect(served, it) for name, it in databases.items()}
    try:
        return count_singles(sessions, counter, rows, effort)
    finally:
        for session in sessions.values():
            session.close()
