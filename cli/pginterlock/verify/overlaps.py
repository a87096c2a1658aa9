"""Rows that hold a resource while another row does, in pairs: one sweep a claim."""

import psycopg

from pginterlock import database
from pginterlock.findings import Finding
from pginterlock.rules import claim, claim_terms
from pginterlock.survey import MachineSurvey


def taken_twice(connection: psycopg.Connection, it: MachineSurvey) -> list[Finding]:
    """Return one finding for each claim that two rows hold at the same time, in every mode."""
    return [
        Finding(
            claim.CODE,
            f"{claim_terms.NAME} {asked.name}: two rows hold {', '.join(asked.resource)} at once",
            it.machine.name,
            str(it.table.name),
            hint="Let one row of each pair let go of it",
            count=row["row_count"],
            samples=tuple(row["samples"]),
        )
        for asked in it.machine.claims
        for row in database.rows(connection, claim.overlaps(it.writing, asked))
    ]
