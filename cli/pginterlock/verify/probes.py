"""Active probes: one forbidden write of each kind, in a savepoint that is rolled back.

A catalog can look perfect while nothing fires (`pg_class.relhastriggers`); only trying shows it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import errors

from pginterlock import database
from pginterlock.compiler import Attempt, attempts
from pginterlock.findings import Finding
from pginterlock.model import Mode
from pginterlock.survey import MachineSurvey, Survey

_LOCK_TIMEOUT = "set local lock_timeout = '50ms'"
# The row itself could not be tried: another constraint, a busy row, no right.
_INCONCLUSIVE = (
    errors.IntegrityError,
    errors.LockNotAvailable,
    errors.InsufficientPrivilege,
    errors.FeatureNotSupported,
    errors.DataError,
    errors.QueryCanceled,
    errors.RaiseException,
)


@dataclass(frozen=True, slots=True)
class _Try:
    went_through: bool
    message: str = ""


def probe(connection: psycopg.Connection, seen: Survey) -> tuple[list[Finding], list[str]]:
    """Return what went through that should not have, and the machines that could not be tried."""
    if seen.rights.is_standby or seen.rights.is_read_only:
        return [], ["forbidden moves were not tried: the server is read only"]
    found: list[Finding] = []
    skipped: list[str] = []
    for it in seen.machines:
        name = it.machine.name
        if name not in dict(seen.registered) or it.machine.mode is not Mode.ENFORCE:
            continue
        foreign = _foreign_triggers(connection, it)
        if seen.rights.is_superuser and foreign:
            skipped.append(
                f"{name}: no forbidden move was tried, for trigger {foreign[0]} of another role"
                " would run with the rights of a superuser; connect as a role that owns nothing"
            )
            continue
        found += _machine(connection, it)
    return found, skipped


def _machine(connection: psycopg.Connection, it: MachineSurvey) -> Iterator[Finding]:
    for attempt in attempts(it.writing):
        if _went_through(connection, attempt):
            yield Finding(
                "probe-went-through",
                f"a forbidden write went through (and was rolled back): {attempt.title}",
                it.machine.name,
                str(it.table.name),
                hint=f"{attempt.code} does not hold; see the other findings",
            )


def _went_through(connection: psycopg.Connection, attempt: Attempt) -> bool:
    try:
        with database.trial(connection):
            database.run(connection, _LOCK_TIMEOUT)
            done = connection.execute(attempt.sql.encode())
            return attempt.counts_rows is False or done.rowcount > 0
    except _INCONCLUSIVE:
        return False


def _foreign_triggers(connection: psycopg.Connection, it: MachineSurvey) -> list[str]:
    row = database.ask(connection, "surroundings.sql", {"oid": it.table.oid, "fill_trigger": ""})[0]
    found: list[str] = row["foreign_triggers"]
    return found
