"""Continuity (IL10): an entry begins where the one before ended, and the row stands at the last."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import psycopg
from psycopg import errors
from psycopg.rows import DictRow

from pginterlock import assets, bypasses, database
from pginterlock.compiler import MachineNames, Version, replay, version_of
from pginterlock.findings import Finding
from pginterlock.rules import continuity
from pginterlock.survey import MachineSurvey
from pginterlock.template import fill

_MESSAGES = {
    "gap": "an entry does not begin in the state where the one before it ended",
    "second life": "a key was born twice",
    "after death": "an entry follows a row's death",
    "illegal": "the machine that was in force did not allow what an entry says",
    "no bypass": "an entry says that a bypass let it through, and none was open",
    "row after its death": "the history says that the row is dead, but it is there",
    "row is gone": "the row is gone, and its history does not say so",
    "row is elsewhere": "the row is not in the state where its history ended",
}
_MAY_READ_BATCHES = (
    "select pg_catalog.has_table_privilege(pg_catalog.to_regclass('interlock.backfill_batch'),"
    " 'select')"
)
_BEHIND = "These rows or entries were changed behind the triggers"


class _Found(Protocol):
    """Make a finding of ours, with the machine and its table filled in."""

    def __call__(
        self,
        message: str,
        *,
        hint: str = _BEHIND,
        count: int | None = None,
        samples: tuple[Mapping[str, object], ...] = (),
    ) -> Finding: ...


def is_possible(connection: psycopg.Connection, it: MachineSurvey) -> bool:
    """Whether the history and the registry are there and may be read."""
    return bool(
        database.ask(connection, "is_readable.sql", {"audit": MachineNames(it.machine.name).audit})[
            0
        ]["is_readable"]
    )


def discontinuous(connection: psycopg.Connection, it: MachineSurvey) -> list[Finding]:
    """Return one finding for each kind of break between rows and history.

    A history or registry that was tampered with, so that it cannot be read, is a finding too.
    """

    def found(
        message: str,
        *,
        hint: str = _BEHIND,
        count: int | None = None,
        samples: tuple[Mapping[str, object], ...] = (),
    ) -> Finding:
        return Finding(
            continuity.CODE,
            f"{continuity.NAME}: {message}",
            it.machine.name,
            str(it.table.name),
            hint=hint,
            count=count,
            samples=samples,
        )

    try:
        with connection.transaction():
            return list(_breaks(connection, it, found))
    except (errors.UndefinedObject, errors.UndefinedColumn, errors.UndefinedTable) as error:
        return [_unreadable(found, error)]
    except (errors.DatatypeMismatch, errors.UndefinedFunction) as error:
        return [_unreadable(found, error)]


def _unreadable(found: _Found, error: psycopg.Error) -> Finding:
    return found(
        f"the history cannot be read: {error.diag.message_primary or error}",
        hint="A table of schema interlock was changed; restore it from a backup",
    )


def _breaks(connection: psycopg.Connection, it: MachineSurvey, found: _Found) -> Iterator[Finding]:
    kept = database.ask(connection, "versions.sql", {"machine": it.machine.name})
    if not kept:
        yield found(
            "the registry keeps no version of the machine",
            hint="Rows of interlock.machine_version are gone; interlock apply writes the present",
        )
        return
    versions = []
    for row in kept:
        if row["journal_sha256"] not in (None, row["definition_sha256"]):
            yield found(
                f"version {row['version']} of the machine is not the one that was installed",
                hint="interlock.machine_version was changed behind its triggers",
            )
        try:
            versions.append(version_of(row["version"], row["after_entry"], row["definition"]))
        except ValueError as error:
            yield found(str(error), hint="interlock.machine_version was changed")
            return
    yield from _replayed(connection, it, kept[0], versions, found)
    yield from _unasked_repairs(connection, it, kept[0]["adopted_after"], found)


def _replayed(
    connection: psycopg.Connection,
    it: MachineSurvey,
    base: DictRow,
    versions: list[Version],
    found: _Found,
) -> Iterator[Finding]:
    asked = replay(
        it.writing,
        versions,
        base["adopted_after"],
        has_bypasses=bool(bypasses.of(connection, it.machine.name)),
    )
    told = database.rows(connection, asked.whether)[0]
    if told["broken_count"] or told["gone_count"]:
        for row in database.rows(connection, asked.where):
            samples = tuple(_sample(it) for it in row["samples"])
            yield found(_MESSAGES[row["what"]], count=row["entry_count"], samples=samples)
    if base["adopted_rows"] is None:
        return  # not counted yet: the registry says so (registry-not-counted)
    if difference := told["adopted_count"] - base["adopted_rows"]:
        yield found(
            _counted(difference),
            hint="They came or went behind the triggers",
            count=abs(difference),
        )
    elif told["adopted_digest"] != base["adopted_digest"]:
        yield found(
            "rows that were there before the machine were moved or replaced",
            hint="They came or went behind the triggers",
        )


def _unasked_repairs(
    connection: psycopg.Connection, it: MachineSurvey, adopted_after: int, found: _Found
) -> Iterator[Finding]:
    """Find entries that say they are of a backfill, and are of none; where that can be read."""
    if connection.execute(_MAY_READ_BATCHES).fetchone() != (True,):
        return
    query = fill(
        assets.read("sql", "templates", "replay_repairs.sql"),
        {
            "audit_name": MachineNames(it.machine.name).audit,
            "adopted_after": str(adopted_after),
        },
    )
    for row in database.rows(connection, query):
        yield found(
            "an entry says that it repaired a row, but no batch of a backfill did",
            count=row["entry_count"],
            samples=tuple({"entry": entry} for entry in row["entries"]),
        )


def _sample(sample: Mapping[str, object]) -> Mapping[str, object]:
    """Return the key and the entry; a row of the table has no entry."""
    return {name: value for name, value in sample.items() if value is not None}


def _counted(difference: int) -> str:
    return (
        f"{difference} rows are there without a birth in the history"
        if difference > 0
        else f"{-difference} rows that were there before the machine are gone without an entry"
    )
