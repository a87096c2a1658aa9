"""Measure statements over many rows: one UPDATE, one COPY, and the plan-cache trap."""

from collections.abc import Callable

import psycopg

from harness.cluster import Cluster, connect
from harness.cpu import cpu_ns
from harness.files import sql
from harness.series import Collected, Series
from harness.singles import WARM_UP, Sessions

BULK_UPDATE = "bulk UPDATE"
COPY = "COPY"
TRAP = "bulk after single rows, against before"
_COPY_IN = "copy booking from stdin"
_MS = 1_000_000

_Work = Callable[[psycopg.Connection], None]


def measure_bulk(sessions: Sessions, count: int, rounds: int) -> list[Series]:
    """Return the CPU time of one UPDATE and of one COPY of *count* rows; both are rolled back."""
    collected = Collected()
    lines = _new_rows(next(iter(sessions.values())), count)
    for _ in range(rounds):
        for variant, session in sessions.items():
            spent = _rolled_back(session, lambda it: _update(it, count))
            collected.add(variant, f"{BULK_UPDATE} of {count:,} rows", "ms of CPU", spent / _MS)
        for variant, session in sessions.items():
            spent = _rolled_back(session, lambda it: _copy(it, lines))
            collected.add(variant, f"{COPY} of {count:,} rows", "ms of CPU", spent / _MS)
    return collected.series()


def measure_trap(
    served: Cluster, databases: dict[str, str], count: int, rounds: int
) -> list[Series]:
    """Return how much dearer an UPDATE of *count* rows is after single-row updates in its session.

    1.0 is a session that does not mind. A plan made for one row and kept for many shows here.
    """
    collected = Collected()
    for _ in range(rounds):
        for variant, database in databases.items():
            with connect(served, database) as session:
                fresh = _rolled_back(session, lambda it: _update(it, count))
            with connect(served, database) as session:
                mixed = _rolled_back(session, lambda it: _update(it, count), before=_single_rows)
            collected.add(variant, TRAP, "ratio", mixed / fresh)
    return collected.series()


def _rolled_back(session: psycopg.Connection, work: _Work, *, before: _Work | None = None) -> int:
    """Return the CPU time of *work* in a transaction that is undone and cleaned up after.

    *before* runs in the same transaction: a vacuum between the two would throw away the plans.
    """
    with session.transaction(force_rollback=True):
        if before:
            before(session)
        start = cpu_ns(session)
        work(session)
        spent = cpu_ns(session) - start
    session.execute("vacuum booking")
    return spent


def _update(session: psycopg.Connection, count: int) -> None:
    done = session.execute(sql("bulk_move"), {"count": count})
    if done.rowcount != count:
        raise ValueError(f"the bulk UPDATE touched {done.rowcount} rows, not {count}")


def _single_rows(session: psycopg.Connection) -> None:
    for _ in range(WARM_UP):
        session.execute("update booking set status = 'PENDING_APPROVAL' where id = 4")
        session.execute("update booking set status = 'PENDING' where id = 4")


def _copy(session: psycopg.Connection, lines: bytes) -> None:
    with session.cursor().copy(_COPY_IN) as copy:
        copy.write(lines)


def _new_rows(session: psycopg.Connection, count: int) -> bytes:
    with session.cursor().copy(sql("new_rows"), {"count": count}) as copy:
        return b"".join(bytes(block) for block in copy)
