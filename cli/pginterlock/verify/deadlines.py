"""Rows that have stayed in a state for longer than they may (IL16)."""

import psycopg

from pginterlock import database
from pginterlock.findings import Finding
from pginterlock.rules import deadline as rule
from pginterlock.survey import MachineSurvey


def overdue(connection: psycopg.Connection, it: MachineSurvey) -> list[Finding]:
    """Return one finding for each state in which rows have stayed too long, oldest first."""
    if not it.machine.deadlines:
        return []
    return [
        Finding(
            rule.CODE,
            f"{rule.NAME}: longer than {row['longest']} in {row['state_name']},"
            f" the oldest since {row['oldest_at']:%Y-%m-%d %H:%M}",
            it.machine.name,
            str(it.table.name),
            hint="interlock overdue lists them; --act ends their stay, where the spec says how",
            count=row["row_count"],
            samples=tuple(row["samples"]),
        )
        for row in database.rows(connection, rule.counted(it.writing))
    ]
