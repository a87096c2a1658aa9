"""Arm: the steps of a plan that are one transaction, and hold the table as short as they can.

What needs no lock on a table of the user is done first. Then the strongest lock that any step
needs is asked for at once, again and again, with nothing in hand that others wait for; and only
then, under it, what needs it is sent, in one message.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import psycopg
from psycopg import errors

from pginterlock import database
from pginterlock.compiler import states
from pginterlock.errors import UnsafeError
from pginterlock.plan import Plan, Step
from pginterlock.survey import Standing, standing
from pginterlock.waiting import ADVISORY_KEY, Patience

_DEADLOCK_MS = (
    "select s.setting::integer from pg_catalog.pg_settings as s where s.name = 'deadlock_timeout'"
)

Progress = Callable[[str], None]
_Shapes = Mapping[str, str]


def arm(
    connection: psycopg.Connection,
    plan: Plan,
    steps: Sequence[Step],
    patience: Patience,
    progress: Progress,
) -> float:
    """Run *steps* in one transaction, under the lock that only one apply can have.

    Returns the seconds from the moment the first table was locked to the commit.
    """
    return patience.insist(partial(_once, connection, plan, steps, patience, progress))


def _once(
    connection: psycopg.Connection,
    plan: Plan,
    steps: Sequence[Step],
    patience: Patience,
    progress: Progress,
    try_ms: int,
) -> float:
    first = next((n for n, s in enumerate(steps) if s.is_lock), len(steps))
    granted = None
    nested = database.is_nested(connection)
    with connection.transaction():
        # READ COMMITTED: what waits for a lock must then see what was committed meanwhile.
        database.isolate(connection, "read committed, read write", nested=nested)
        _wait_up_to(connection, try_ms)
        connection.execute("select pg_advisory_xact_lock(%s)", [ADVISORY_KEY])
        database.run(connection, "set local search_path = ''")
        demand_unchanged(standing(connection, dict(plan.machines)), plan)
        for step in steps[:first]:
            progress(step.title)
            _run(connection, step.sql)
            _wait_up_to(connection, try_ms)
        if steps[first:]:
            shapes = _shapes(connection, plan)
            locked = partial(_locked, connection, plan, steps[first:], shapes, progress)
            granted = patience.insist(locked)
    return time.monotonic() - granted if granted else 0.0


def demand_unchanged(now: Standing, plan: Plan) -> None:
    """Raise UnsafeError where the database is not as it was when *plan* was made."""
    if now.fingerprint == plan.fingerprint:
        return
    if now.target == plan.target:
        raise UnsafeError(
            "the database has changed since the plan was made: what it arms is armed already, by"
            " another apply or by a run of it that was cut short; nothing was changed",
            remedy="interlock apply --resume PLAN does what is left; interlock plan says what.",
        )
    raise UnsafeError(
        "the database has changed since the plan was made; nothing was changed",
        remedy="Look at it anew: interlock plan",
    )


def _locked(
    connection: psycopg.Connection,
    plan: Plan,
    steps: Sequence[Step],
    shapes: _Shapes,
    progress: Progress,
    try_ms: int,
) -> float:
    """Lock the tables, run what needs it, and return the moment when the first was locked."""
    locks = [step for step in steps if step.is_lock]
    rest = [step for step in steps if not step.is_lock]
    row = connection.execute(_DEADLOCK_MS).fetchone()
    granted = None
    with connection.transaction():
        _wait_up_to(connection, try_ms)
        for step in locks:
            progress(step.title)
            database.run(connection, step.sql)
            if granted is None:
                granted = time.monotonic()
                # From now on others may wait for us: we give way before one of them is sacrificed.
                _wait_up_to(connection, min(try_ms, max(row[0] // 2, 1) if row else 1))
        if _shapes(connection, plan) != shapes:
            raise UnsafeError(
                "a table was changed while its lock was waited for; nothing was changed",
                remedy="Look at it anew: interlock plan",
            )
        for step in rest:
            progress(step.title)
        _run(connection, "\n".join(step.sql for step in rest))
    return granted or time.monotonic()


def _run(connection: psycopg.Connection, sql: str) -> None:
    try:
        database.run(connection, sql)
    except errors.CheckViolation as error:
        if not (error.diag.constraint_name or "").endswith(f".{states.GONE}"):
            raise
        told = error.diag.message_primary or str(error)
        raise UnsafeError(told, remedy=error.diag.message_hint) from error


def _shapes(connection: psycopg.Connection, plan: Plan) -> _Shapes:
    """Return what differs after any DDL of another session on a table of *plan*; it is cheap."""
    return {
        machine: str(database.ask(connection, "table_version.sql", {"table": [t.schema, t.name]}))
        for machine, t in plan.machines
    }


def _wait_up_to(connection: psycopg.Connection, timeout_ms: int) -> None:
    database.run(connection, f"set local lock_timeout = {timeout_ms}")
