"""Rows that break a row rule, one scan a table; rows under old names; rows that wait."""

import psycopg

from pginterlock import database
from pginterlock.compiler import scan, states
from pginterlock.findings import Finding, Severity
from pginterlock.rules import reacting
from pginterlock.survey import MachineSurvey


def old_names(connection: psycopg.Connection, it: MachineSurvey) -> list[Finding]:
    """Return one finding for each old name of a state that is still accepted, with its rows."""
    if not it.machine.old_names:
        return []
    asked = states.state_counts(it.writing)
    counts = {row["state_name"]: row["row_count"] for row in database.rows(connection, asked)}
    return [
        Finding(
            "old-name",
            f"{rename.was} is still accepted beside {rename.state}",
            it.machine.name,
            str(it.table.name),
            Severity.WARNING,
            hint="Once nobody writes it any more: interlock apply --drop-old-names",
            count=counts.get(rename.was, 0),
        )
        for rename in it.machine.old_names
    ]


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


def waiting(connection: psycopg.Connection, it: MachineSurvey) -> list[Finding]:
    """Return one finding for each reaction that some rows wait for: it came true another way."""
    found = []
    for reaction in it.machine.reactions:
        row = database.rows(connection, reacting.waits(it.writing, reaction))[0]
        if row["row_count"]:
            found.append(
                Finding(
                    "reaction-waits",
                    f"{reaction.name} could {reaction.event} rows, and no write has made it do so",
                    it.machine.name,
                    str(it.table.name),
                    Severity.WARNING,
                    hint=f"They were there before it, or were inserted so: fire {reaction.event}",
                    count=row["row_count"],
                    samples=tuple(row["samples"]),
                )
            )
    return found
