"""Rows that break a row rule: one scan a table."""

import psycopg

from pginterlock import database
from pginterlock.compiler import scan
from pginterlock.findings import Finding
from pginterlock.survey import MachineSurvey


def unsound(connection: psycopg.Connection, it: MachineSurvey) -> list[Finding]:
    """Return one finding for each row rule that rows break, with counts and sample keys."""
    asked = scan(it.writing)
    found = []
    for row in database.rows(connection, asked.query):
        predicate = asked.predicates[row["predicate_number"]]
        name = "" if predicate.name == predicate.rule else f" {predicate.name}"
        found.append(
            Finding(
                predicate.code,
                f"{predicate.rule}{name}: {predicate.message}",
                it.machine.name,
                str(it.table.name),
                hint=predicate.hint,
                count=row["row_count"],
                samples=tuple(row["samples"]),
            )
        )
    return found
