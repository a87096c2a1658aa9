"""Active probes: one forbidden write of each kind, in a savepoint that is rolled back.

A catalog can look perfect while nothing fires (`pg_class.relhastriggers`); only trying shows it.
But a write runs whatever code the owner of the table has put on it, with our rights: where those
are worth having, nothing is tried on a table with code of somebody else.
"""

from collections.abc import Iterator

import psycopg
from psycopg import errors

from pginterlock import database
from pginterlock.changes import Action
from pginterlock.compiler import Attempt, attempts, ownership
from pginterlock.findings import Finding
from pginterlock.objects import ObjectKind
from pginterlock.rules import attribution
from pginterlock.survey import MachineSurvey, Survey

_LOCK_TIMEOUT = "set local lock_timeout = '50ms'"
_ACT = "select set_config('interlock.actor', %s, true), set_config('interlock.reason', %s, true)"
_HAS_LIFTED = "select to_regprocedure('interlock.lifted(text, text)')"
_LIFTED = "select interlock.lifted(%s, 'transition')"
_ACTOR = "interlock verify"


def probe(connection: psycopg.Connection, seen: Survey) -> tuple[list[Finding], list[str]]:
    """Return what went through that should not have, and the machines that could not be tried."""
    if seen.rights.is_standby or seen.rights.is_read_only:
        return [], ["forbidden moves were not tried: the server is read only"]
    found: list[Finding] = []
    skipped: list[str] = []
    for it in seen.machines:
        name = it.machine.name
        if name not in dict(seen.registered) or not attempts(it.writing):
            continue
        with database.trial(connection):
            if why := _why_not(connection, it):
                skipped.append(f"{name}: no forbidden move was tried, {why}")
                continue
            found += _machine(connection, it)
    return found, skipped


def _why_not(connection: psycopg.Connection, it: MachineSurvey) -> str:
    """Lock the table, so that nobody puts code on it meanwhile; return why not to try, or ""."""
    try:
        with connection.transaction():
            database.run(connection, _LOCK_TIMEOUT)
            database.run(connection, ownership.lock_weakly(it.table))
    except errors.InsufficientPrivilege:
        return f"for this role may not write to {it.table.name}"
    except errors.LockNotAvailable:
        return f"for {it.table.name} is locked"
    if _is_let_through(connection, it):
        return "for a bypass is open for this role"
    foreign = foreign_code(connection, it)
    if not foreign:
        return ""
    return (
        f"for code of another role would run with the rights of this one"
        f" ({foreign}); connect as a role that owns nothing"
    )


def _is_let_through(connection: psycopg.Connection, it: MachineSurvey) -> bool:
    if connection.execute(_HAS_LIFTED).fetchone() == (None,):
        return False
    return connection.execute(_LIFTED, [it.machine.name]).fetchone() != (None,)


def foreign_code(connection: psycopg.Connection, it: MachineSurvey) -> str:
    """Return code of another role that a write would run with rights worth having, or ""."""
    is_changed = any(
        change.object.kind is ObjectKind.FUNCTION and change.action is not Action.CREATE
        for change in it.changes
    )
    found = database.ask(
        connection, "foreign_code.sql", {"oid": it.table.oid, "is_ours_sound": not is_changed}
    )
    return str(found[0]["thing_name"]) if found else ""


def _machine(connection: psycopg.Connection, it: MachineSurvey) -> Iterator[Finding]:
    for attempt in attempts(it.writing):
        if went_through(connection, attempt):
            yield Finding(
                "probe-went-through",
                f"a forbidden write went through (and was rolled back): {attempt.title}",
                it.machine.name,
                str(it.table.name),
                hint=f"{attempt.code} does not hold; see the other findings",
            )


def went_through(connection: psycopg.Connection, attempt: Attempt) -> bool:
    """Try; any other complaint of the server than ours says nothing about the rule.

    Attribution is judged last: who is told of a missing actor has come past every other rule.
    """
    is_by_nobody = attempt.code == attribution.CODE
    try:
        with database.trial(connection):
            connection.execute(_ACT, ["", ""] if is_by_nobody else [_ACTOR, _ACTOR])
            done = connection.execute(attempt.sql.encode())
            return attempt.counts_rows is False or done.rowcount > 0
    except errors.CheckViolation as error:
        told = error.diag.constraint_name or ""
        return not is_by_nobody and told.endswith(f".{attribution.NAME}")
    except psycopg.Error:
        if connection.broken:
            raise
        return False
