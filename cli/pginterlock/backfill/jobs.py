"""The jobs of a backfill, as the database keeps them: begun, gone on with, over."""

import json
from dataclasses import dataclass, replace
from enum import StrEnum

import psycopg
from psycopg.rows import DictRow

from pginterlock import database
from pginterlock.backfill.ask import Asked
from pginterlock.errors import EnvironmentFault

_LISTED = 100_000


class Purpose(StrEnum):
    """What a job is for."""

    ROWS = "rows"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Job:
    """One run over a table, however often interrupted; *last_key* is how far it has come."""

    id: int
    time_zone: str
    last_key: tuple[str, ...] | None = None
    scanned: int = 0
    repaired: int = 0
    batch_count: int = 0
    is_resumed: bool = False
    note: str = ""


def take(connection: psycopg.Connection, asked: Asked, purpose: Purpose) -> Job:
    """Return the job to work on: the one that was interrupted, or a new one.

    One with other rules, repairs or options is closed, and the new job says so in its note.
    """
    machine = {"machine": asked.machine.name, "purpose": purpose.value}
    with connection.transaction():
        found = database.ask(connection, "backfill_open.sql", machine)
        note = ""
        if found:
            note = _difference(asked, found[0])
            if not note:
                return _resumed(found[0])
            _close(connection, found[0]["id"], "replaced")
        values = {
            **machine,
            "digest": asked.definition_sha256,
            "options": asked.choice.options,
        }
        row = database.ask(connection, "backfill_begin.sql", values)[0]
    return Job(row["id"], row["time_zone"], note=note)


def _difference(asked: Asked, row: DictRow) -> str:
    told = f"job {row['id']} of {row['started_at']:%Y-%m-%d %H:%M} was not finished"
    if row["definition_sha256"] != asked.definition_sha256:
        return f"{told}, and the spec has changed since: a new job begins"
    if row["options"] != json.loads(asked.choice.options):
        return f"{told}, and had other options: a new job begins"
    return ""


def _resumed(row: DictRow) -> Job:
    return Job(
        row["id"],
        row["time_zone"],
        tuple(row["last_key"]) if row["last_key"] else None,
        row["scanned_rows"],
        row["repaired_rows"],
        row["batch_count"],
        is_resumed=True,
        note=f"going on with job {row['id']} of {row['started_at']:%Y-%m-%d %H:%M}:"
        f" {row['scanned_rows']:,} rows are done",
    )


def record(
    connection: psycopg.Connection,
    job: Job,
    *,
    last_key: tuple[str, ...] | None,
    scanned: int,
    told: DictRow,
    took_ms: int,
) -> Job:
    """Write what a batch did, in its transaction, and return the job as it is then.

    Raises EnvironmentFault where another run has gone on with it meanwhile.
    """
    number = job.batch_count + 1
    values = {
        "id": job.id,
        "number": number,
        "before": list(job.last_key) if job.last_key else None,
        "last_key": list(last_key) if last_key else None,
        "scanned": scanned,
        "repaired": told["repaired_count"],
        "quarantined": told["quarantined_count"],
        "locked": told["locked_count"],
        "took_ms": took_ms,
    }
    if not database.ask(connection, "backfill_record.sql", values):
        raise EnvironmentFault(
            f"another run of interlock backfill goes on with job {job.id}",
            remedy="Let it: this one has changed nothing that is not committed.",
        )
    return replace(
        job,
        last_key=last_key or job.last_key,
        scanned=job.scanned + scanned,
        repaired=job.repaired + told["repaired_count"],
        batch_count=number,
    )


def finish(connection: psycopg.Connection, job: Job) -> None:
    """Close *job* as done."""
    with connection.transaction():
        _close(connection, job.id, "done")


def release(connection: psycopg.Connection, job: Job, row_limit: int) -> list[tuple[str, ...]]:
    """Take rows that somebody held off the list of *job* and return their keys."""
    values = {"job": job.id, "row_limit": row_limit}
    found = database.ask(connection, "backfill_release.sql", values)
    return [tuple(it["key_values"]) for it in found]


def count_aside(connection: psycopg.Connection, job: Job) -> tuple[int, int]:
    """Return how many rows *job* has in the quarantine, and how many are still held by others."""
    row = database.ask(connection, "backfill_aside.sql", {"job": job.id})[0]
    return row["quarantined_count"], row["locked_count"]


def quarantine(connection: psycopg.Connection, machine: str) -> list[DictRow]:
    """Return the rows that the last job of *machine* could not repair, with the reasons."""
    with database.faults(), connection.transaction():
        jobs = database.ask(connection, "backfill_jobs.sql", {"machine": machine})
        if not jobs:
            return []
        values = {"job": jobs[0]["id"], "state": "quarantined", "row_limit": _LISTED}
        return database.ask(connection, "backfill_rows.sql", values)


def _close(connection: psycopg.Connection, job_id: int, state: str) -> None:
    database.ask(connection, "backfill_end.sql", {"id": job_id, "state": state})
