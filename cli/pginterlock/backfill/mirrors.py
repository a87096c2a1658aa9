"""Set mirrored columns to what the rows of the machine say, where they disagreed before.

In batches by key, each a transaction of its own that is told in the journal. It may be cut short
anywhere: what is left is found again by the next run.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import psycopg

from pginterlock import database
from pginterlock.backfill import ask
from pginterlock.backfill.ask import Asked
from pginterlock.backfill.batches import Pace
from pginterlock.backfill.throttle import give_way
from pginterlock.compiler import mirror_mending
from pginterlock.elements import Mirror
from pginterlock.errors import EnvironmentFault, IncompleteError
from pginterlock.rules import mirror as rule
from pginterlock.rules.mirror_terms import key_of, target_of
from pginterlock.waiting import persist

_AT_ONCE = 500
_NUMBERS = ("smallint", "integer", "bigint")


@dataclass(frozen=True, slots=True)
class Mirrored:
    """How many rows of *table* disagree with mirror *name*, and a few of them."""

    name: str
    table: str
    row_count: int
    samples: tuple[object, ...] = ()


def chosen(asked: Asked) -> list[Mirror]:
    """Return the mirrors to be set: all of them, unless repairs or rows were chosen."""
    if asked.choice.where is not None:
        return []
    words = set(asked.choice.only)
    return [
        it for it in asked.machine.mirrors if not words or words & {rule.NAME, rule.CODE, it.name}
    ]


def disagreeing(connection: psycopg.Connection, asked: Asked) -> list[Mirrored]:
    """Return what would be set, by mirror; nothing is changed."""
    return [
        Mirrored(it.name, str(it.table), row["row_count"], tuple(row["samples"]))
        for it in chosen(asked)
        for row in database.rows(connection, rule.scan(asked.writing, it))
        if not row["is_nowhere"]
    ]


def run(
    connection: psycopg.Connection, asked: Asked, pace: Pace, say: Callable[[str], None]
) -> list[Mirrored]:
    """Set what disagrees, and return how many rows were set, by mirror.

    Raises UnsafeError where code of others would run with our rights, IncompleteError where it
    stopped half way, EnvironmentFault where the rights do not reach.
    """
    try:
        with database.faults():
            return [_all(connection, asked, pace, it, say) for it in chosen(asked)]
    except (EnvironmentFault, psycopg.OperationalError) as error:
        if not isinstance(error.__cause__ or error, psycopg.OperationalError):
            raise
        said = database.hide(" ".join(str(error).split()))
        raise IncompleteError(
            f"the server gave up: {said}",
            remedy="All batches up to here are committed; run the command again to go on.",
        ) from error


def _all(
    connection: psycopg.Connection,
    asked: Asked,
    pace: Pace,
    it: Mirror,
    say: Callable[[str], None],
) -> Mirrored:
    after: str | None = None
    count = 0
    while True:
        give_way(connection, pace.limits, say)
        asking = mirror_mending.wrong(asked.writing, it, after, _AT_ONCE)
        keys = [row["key_value"] for row in database.rows(connection, asking)]
        if not keys:
            return Mirrored(it.name, str(it.table), count)
        count += _batch(connection, asked, pace, it, keys)
        after = keys[-1]


def _batch(
    connection: psycopg.Connection, asked: Asked, pace: Pace, it: Mirror, keys: Sequence[str]
) -> int:
    """Set the rows of *keys* in one transaction, again where a lock is not granted."""
    target = target_of(asked.writing, it.table)
    place = replace(asked.it, table=target)
    name, kind = key_of(target).name, key_of(target).base_type

    def attempt() -> int:
        with connection.transaction():
            connection.execute("set transaction isolation level read committed, read write")
            database.run(connection, f"set local lock_timeout = {pace.waiting.timeout_ms}")
            ask.demand_trusted(connection, place)
            database.rows(connection, mirror_mending.lock(asked.writing, it, keys))
            rows = database.rows(connection, mirror_mending.mend(asked.writing, it, keys))
            found = [row[name] if kind in _NUMBERS else str(row[name]) for row in rows]
            values = {"machine": asked.machine.name, "mirror": it.name, "relation": str(it.table)}
            if found:
                values["keys"] = json.dumps(found)
                database.ask(connection, "mirror_record.sql", values)
        return len(found)

    return persist(pace.waiting, attempt)
