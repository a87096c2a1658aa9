"""Rows that stay too long in a state: list them, and end their stay where the spec says how."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg import errors
from psycopg.rows import dict_row

from pginterlock import database
from pginterlock.elements import Deadline
from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.model import Spec
from pginterlock.rules import deadline as rule
from pginterlock.survey import MachineSurvey, survey

ACTOR = "interlock:deadline"
_ACT = "select interlock.act_as(%s, reason => %s)"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A row that has stayed in *state* since *since*, which is longer than *longest*.

    *known_by* says how that is known: by the ``history``, by the ``stamp`` of the state, or because
    the row was there at the ``installation`` of the machine (it may have stood there longer).
    """

    machine: str
    table: str
    key: Mapping[str, object]
    state: str
    since: datetime
    known_by: str
    age: timedelta
    longest: timedelta
    event: str | None


@dataclass(frozen=True, slots=True)
class Act:
    """What became of one row: *refusal* is what the machine said, None where the move was made.

    *is_left* says that the row had moved, or was held by somebody else.
    """

    row: Overdue
    refusal: str | None = None
    is_left: bool = False


def listed(connection: psycopg.Connection, spec: Spec, machine: str | None = None) -> list[Overdue]:
    """Return the rows that have stayed too long, the oldest of each machine first.

    Raises UsageError for a machine that has no deadline, SpecError where the spec does not fit the
    database, EnvironmentFault where it is not installed or may not be read.
    """
    with database.faults():
        found = _machines(connection, spec, machine)
        with database.snapshot(connection):
            return [row for it in found for row in _read(connection, it)]


def act(
    connection: psycopg.Connection,
    spec: Spec,
    machine: str | None = None,
    *,
    progress: Progress = lambda _, __: None,
) -> list[Act]:
    """End the stay of every row that has an event for it, each in a transaction of its own.

    A row is judged anew under its lock; one that somebody else holds is left for the next time. A
    refusal of the machine stops nothing. Raises what `listed` raises.
    """
    with database.faults():
        found = {it.machine.name: it for it in _machines(connection, spec, machine)}
        rows = [row for row in listed(connection, spec, machine) if row.event]
        done = []
        for number, row in enumerate(rows, start=1):
            done.append(_end(connection, found[row.machine], row))
            progress(number, len(rows))
    return done


def _machines(
    connection: psycopg.Connection, spec: Spec, machine: str | None
) -> list[MachineSurvey]:
    known = [it.name for it in spec.machines if it.deadlines]
    if machine is not None and machine not in known:
        raise UsageError(
            f"machine {machine!r} has no deadline in this spec; those that have:"
            f" {', '.join(known) or 'none'}",
            remedy="deadlines: {STATE: 15 minutes} in the spec of a machine.",
        )
    seen = survey(connection, spec)
    there = dict(seen.registered)
    wanted = [it for it in seen.machines if it.machine.name in ([machine] if machine else known)]
    for it in wanted:
        if it.machine.name not in there:
            raise EnvironmentFault(
                f"machine {it.machine.name} is not installed in this database",
                remedy="interlock apply installs the machines of a spec.",
            )
    return wanted


def _read(connection: psycopg.Connection, it: MachineSurvey) -> list[Overdue]:
    now = connection.execute("select clock_timestamp()").fetchone()
    assert now is not None  # noqa: S101 - for mypy
    found = database.rows(connection, rule.overdue(it.writing))
    return [
        Overdue(
            it.machine.name,
            str(it.table.name),
            row["key"],
            row["state_name"],
            row["since"],
            row["known_by"],
            now[0] - row["since"],
            row["longest"],
            row["event"],
        )
        for row in found
    ]


def _end(connection: psycopg.Connection, it: MachineSurvey, row: Overdue) -> Act:
    deadline = next(d for d in it.machine.deadlines if d.state == row.state)
    keys = {f"key_{n}": str(row.key[column]) for n, column in enumerate(it.writing.key)}
    try:
        with connection.transaction():
            if not _is_overdue_still(connection, it, keys, deadline):
                return Act(row, is_left=True)
            told = f"in {row.state} since {row.since:%Y-%m-%d %H:%M:%S%z}, for {row.age}"
            connection.execute(_ACT, [ACTOR, f"{told}: longer than {deadline.longest}"])
            moved = connection.execute(rule.end(it.writing, deadline).encode(), keys)
            return Act(row, is_left=moved.rowcount != 1)
    except errors.IntegrityError as error:
        return Act(row, error.diag.message_primary or str(error))
    except (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable):
        return Act(row, is_left=True)


def _is_overdue_still(
    connection: psycopg.Connection,
    it: MachineSurvey,
    keys: Mapping[str, str],
    deadline: Deadline,
) -> bool:
    """Lock the row and judge it anew; by a statement of its own, which sees the latest version."""
    connection.execute("set transaction isolation level read committed, read write")
    if not connection.execute(rule.lock(it.writing).encode(), keys).fetchone():
        return False
    with connection.cursor(row_factory=dict_row) as cursor:
        query = rule.overdue(it.writing, is_one=True)
        found = cursor.execute(query.encode(), keys).fetchone()
    return found is not None and found["state_name"] == deadline.state


def overdue_json(rows: Sequence[Overdue], acts: Sequence[Act] = ()) -> str:
    """Return what was found and done as the JSON document that the reference describes."""
    told = {
        "format": "interlock overdue 1",
        "rows": [_row_dict(it) for it in rows],
        "acts": [{**_row_dict(it.row), "refusal": it.refusal, "left": it.is_left} for it in acts],
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


def _row_dict(it: Overdue) -> dict[str, object]:
    return {
        "machine": it.machine,
        "table": it.table,
        "key": dict(it.key),
        "state": it.state,
        "since": it.since.isoformat(),
        "known_by": it.known_by,
        "age_s": round(it.age.total_seconds(), 3),
        "longest_s": it.longest.total_seconds(),
        "event": it.event,
    }
