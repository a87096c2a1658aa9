"""Rows of other tables that do not say what a mirror of the machine says."""

import psycopg
from psycopg.rows import DictRow

from pginterlock import database
from pginterlock.elements import Mirror
from pginterlock.findings import Finding
from pginterlock.rules import mirror
from pginterlock.rules.mirror_terms import NAME
from pginterlock.rules.parts import listing
from pginterlock.survey import MachineSurvey


def disagreeing(connection: psycopg.Connection, it: MachineSurvey) -> list[Finding]:
    """Return what each mirror finds: rows there that disagree, rows here that point to none."""
    return [
        _finding(it, asked, row)
        for asked in it.machine.mirrors
        for row in database.rows(connection, mirror.scan(it.writing, asked))
    ]


def _finding(it: MachineSurvey, asked: Mirror, row: DictRow) -> Finding:
    ours = str(it.table.name)
    states = listing(asked.states)
    if row["is_nowhere"]:
        message = f"{asked.key} of a row in {states} names no row of {asked.table}"
        table, hint = ours, "Insert that row, or let the row name another"
    else:
        seen = f"{asked.column} of {asked.table}"
        message = f"{seen} is not whether a row in {states} has it as {asked.key}"
        table = str(asked.table)
        hint = f"interlock backfill {it.machine.name} sets what the rows of {ours} say"
    return Finding(
        mirror.CODE,
        f"{NAME} {asked.name}: {message}",
        it.machine.name,
        table,
        hint=hint,
        count=row["row_count"],
        samples=tuple(row["samples"]),
    )
