"""Erase the personal values of one row from its history, and leave the seal as it is."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import errors
from psycopg.rows import DictRow, dict_row

from pginterlock import database, sealed, sealing
from pginterlock.compiler.erasing import Erasing
from pginterlock.compiler.leaves import Relation
from pginterlock.errors import EnvironmentFault, UsageError

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of one key: entries that still have their values, erased ones, violations."""

    entries: int
    erased: int
    violations: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased; *kept* names columns of entries that were sealed before they could be."""

    entries: int
    violations: int
    kept: tuple[str, ...]


def look(connection: psycopg.Connection, machine: str, key: Sequence[str]) -> Found:
    """Return what there is to erase of the row with *key* (its values as text).

    Raises UsageError for a machine or key that cannot be.
    """
    with database.faults():
        sealing.demand_installed(connection)
        with connection.transaction():
            sealed.pin(connection)
            erasing = _erasing(connection, machine, key)
            return _look(connection, erasing, key)


def erase(
    connection: psycopg.Connection,
    machine: str,
    key: Sequence[str],
    *,
    reason: str | None = None,
    progress: Progress = lambda _: None,
) -> Erased:
    """Erase what `look` has found, in one transaction; what is decided is sealed before.

    Raises UsageError for a machine or key that cannot be, EnvironmentFault without rights.
    """
    look(connection, machine, key)
    sealing.seal(connection, older_than="0", progress=progress)
    with database.faults(), connection.transaction():
        if sealed.begin_alone(connection):
            progress("waited for another that was sealing")
        _demand_owner(connection)
        erasing = _erasing(connection, machine, key)
        found = _look(connection, erasing, key)
        if not found.entries and not found.violations:
            return Erased(0, 0, ())
        journal_id = _record(connection, machine, found, reason)
        variants = _variants(connection, erasing.relation)
        values = _values(key)
        marked = _run(connection, erasing.mark(journal_id, variants), values)
        database.run(connection, erasing.values(journal_id, variants))
        violations = _run(connection, erasing.violations, values)
        asked = {"journal_id": journal_id, "erasable": list(erasing.relation.erasable)}
        left = database.ask(connection, "erase_left.sql", asked)[0]
        return Erased(marked, violations, tuple(left["names"] or ()))


def _demand_owner(connection: psycopg.Connection) -> None:
    row = connection.execute(
        "select pg_has_role(c.relowner, 'usage') from pg_class as c"
        " where c.oid = 'interlock.erasure'::regclass"
    ).fetchone()
    if row != (True,):
        raise EnvironmentFault(
            "only who owns schema interlock may erase", remedy="Connect as a member of its owner."
        )


def _erasing(connection: psycopg.Connection, machine: str, key: Sequence[str]) -> Erasing:
    there = {it.machine: it for it in sealed.relations(connection) if it.machine}
    if machine not in there:
        raise UsageError(
            f"no machine {machine!r} has a history here; there are: {', '.join(there) or 'none'}"
        )
    relation = there[machine]
    if len(key) != len(relation.keys):
        names = [it.removeprefix("key_") for it in relation.keys]
        parts = "1 part" if len(names) == 1 else f"{len(names)} parts"
        raise UsageError(
            f"the key of {machine} has {parts} ({', '.join(names)}), and {len(key)} were given",
            remedy=f"interlock erase {machine} {' '.join(it.upper() for it in names)}",
        )
    return Erasing(relation, relation.keys)


def _look(connection: psycopg.Connection, erasing: Erasing, key: Sequence[str]) -> Found:
    machine = erasing.relation.machine
    try:
        with connection.transaction():
            row = _ask(connection, erasing.found, _values(key))
    except errors.DataError as error:
        raise UsageError(
            f"{'/'.join(key)} is no key of {machine}: {error.diag.message_primary}"
        ) from None
    return Found(
        row["entry_count"] - row["erased_count"],
        row["erased_count"],
        row["violation_count"],
        erasing.relation.erasable,
    )


def _record(connection: psycopg.Connection, machine: str, found: Found, reason: str | None) -> int:
    detail = {
        "entries": found.entries,
        "violations": found.violations,
        "columns": list(found.columns),
    }
    values = {"machine": machine, "detail": json.dumps(detail), "reason": reason}
    journal_id: int = database.ask(connection, "erase_record.sql", values)[0]["id"]
    return journal_id


def _variants(connection: psycopg.Connection, relation: Relation) -> list[tuple[str, ...]]:
    """Return the sets of columns that seals have hashed apart, and the one of the spec."""
    grown = (it.erasable for it in sealed.trees(connection) if it.relation == relation.name)
    return sorted({relation.erasable, *grown})


def _values(key: Sequence[str]) -> dict[str, str]:
    return {f"key_{number}": value for number, value in enumerate(key)}


def _ask(connection: psycopg.Connection, query: str, values: dict[str, str]) -> DictRow:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), values).fetchone() or {}


def _run(connection: psycopg.Connection, statement: str, values: dict[str, str]) -> int:
    return connection.execute(statement.encode(), values).rowcount
