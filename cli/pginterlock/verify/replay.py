"""Continuity (IL10): an entry begins where the one before ended, and the row stands at the last."""

import psycopg

from pginterlock import database
from pginterlock.compiler import MachineNames, replay
from pginterlock.findings import Finding
from pginterlock.rules import continuity
from pginterlock.survey import MachineSurvey

_MESSAGES = {
    "gap": "an entry does not begin in the state where the one before it ended",
    "second life": "a key was born twice",
    "after death": "an entry follows a row's death",
    "row after its death": "the history says that the row is dead, but it is there",
    "row is gone": "the row is gone, and its history does not say so",
    "row is elsewhere": "the row is not in the state where its history ended",
}


def is_possible(connection: psycopg.Connection, it: MachineSurvey) -> bool:
    """Whether the history and the registry are there and may be read."""
    return bool(
        database.ask(connection, "is_readable.sql", {"audit": MachineNames(it.machine.name).audit})[
            0
        ]["is_readable"]
    )


def discontinuous(connection: psycopg.Connection, it: MachineSurvey) -> list[Finding]:
    """Return one finding for each kind of break between rows and history."""
    return [
        _adopted(it, row["row_count"])
        if row["what"] == "adopted"
        else Finding(
            continuity.CODE,
            f"{continuity.NAME}: {_MESSAGES[row['what']]}",
            it.machine.name,
            str(it.table.name),
            hint="These rows were changed behind the triggers",
            count=row["row_count"],
            samples=tuple(row["samples"]),
        )
        for row in database.rows(connection, replay(it.writing))
    ]


def _adopted(it: MachineSurvey, difference: int) -> Finding:
    if difference == 0:
        told = "rows that were there before the machine were moved or replaced"
    else:
        told = _counted(difference)
    return Finding(
        continuity.CODE,
        f"{continuity.NAME}: {told}",
        it.machine.name,
        str(it.table.name),
        hint="They came or went behind the triggers",
        count=abs(difference) or None,
    )


def _counted(difference: int) -> str:
    return (
        f"{difference} rows are there without a birth in the history"
        if difference > 0
        else f"{-difference} rows that were there before the machine are gone without an entry"
    )
