"""Drop the months of histories that are past their retention, once they are sealed."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import psycopg

from pginterlock import adoption, assets, database, sealed, sealing
from pginterlock.adoption import Adopted
from pginterlock.chain import Tree
from pginterlock.compiler.leaves import Relation
from pginterlock.errors import UnsafeError
from pginterlock.names import cut, ident
from pginterlock.template import fill
from pginterlock.waiting import Waiting, watched

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a history that is past its retention; *partition* is None in the default one."""

    machine: str
    month: date
    retain: str
    entry_count: int
    partition: str | None

    @property
    def bounds(self) -> tuple[str, str]:
        """The moments from which, and before which, its entries are."""
        following = date(self.month.year + self.month.month // 12, self.month.month % 12 + 1, 1)
        return f"{self.month} 00:00:00+00", f"{following} 00:00:00+00"


def past(connection: psycopg.Connection) -> list[Month]:
    """Return the months that are past the retention of their machine, oldest first."""
    with database.faults():
        sealing.demand_installed(connection)
        with connection.transaction():
            sealed.pin(connection)
            return [it for relation in _bounded(connection) for it in _past(connection, relation)]


def drop(
    connection: psycopg.Connection,
    months: Sequence[Month],
    *,
    waiting: Waiting | None = None,
    progress: Progress = lambda _: None,
) -> None:
    """Drop *months*, each in a transaction of its own, after holding it against its seals.

    Takes AccessExclusive on the history for the moment of the drop: whoever writes to the machine
    waits so long. Raises UnsafeError where a month is not sealed, or not as it was sealed, or where
    history and rows do not agree; what was dropped before it stays dropped.
    """
    how = waiting or Waiting()
    with database.faults():
        for it in months:
            progress(f"{it.machine} {it.month:%Y-%m}")
            with connection.transaction():
                sealed.pin(connection)
                grown = _demand_sound(connection, it)
            adopted = adoption.adopted_without(connection, it.machine, *it.bounds)
            with watched(connection, how) as patience:
                patience.insist(partial(_drop, connection, it, grown, adopted))


def _bounded(connection: psycopg.Connection) -> list[Relation]:
    return [it for it in sealed.relations(connection) if it.machine and it.retain]


def _past(connection: psycopg.Connection, relation: Relation) -> list[Month]:
    query = fill(
        assets.read("sql", "templates", "retain_past.sql"),
        {
            "relation": relation.name,
            "qualified": f"interlock.{ident(relation.name)}",
            "default_name": cut(f"{relation.name}_default"),
            "retain": relation.retain or "",
        },
    )
    return [
        Month(
            relation.machine,
            row["month"],
            relation.retain or "",
            row["entry_count"],
            row["partition_name"],
        )
        for row in database.rows(connection, query)
    ]


def _demand_sound(connection: psycopg.Connection, it: Month) -> list[Tree]:
    """Return the trees over *it*; raise UnsafeError where they do not stand for all of it."""
    name = f"{it.machine}_audit"
    relation = next(r for r in sealed.relations(connection) if r.name == name)
    grown = [
        tree for tree in sealed.trees(connection) if (tree.relation, tree.month) == (name, it.month)
    ]
    what = f"{it.machine}: month {it.month:%Y-%m}"
    count = sum(tree.entry_count for tree in grown)
    if count < it.entry_count:
        raise UnsafeError(
            f"{what} holds {it.entry_count - count} entries that are not sealed",
            remedy="Nothing of it was dropped. Seal first: interlock seal",
        )
    judged = sealed.judge_month(connection, relation, grown, "true") if grown else []
    bad = [found for found in judged if found.what != "erased"]
    if bad or count != it.entry_count:
        told = bad[0].what if bad else "missing"
        raise UnsafeError(
            f"{what} is not as it was sealed: entries are {told}",
            remedy="Nothing of it was dropped, for it is evidence: interlock verify --seal",
        )
    return grown


def _drop(
    connection: psycopg.Connection,
    it: Month,
    grown: list[Tree],
    adopted: Adopted | None,
    try_ms: int,
) -> None:
    name = f"{it.machine}_audit"
    month = {"relation": name, "history_name": name, "month": str(it.month)}
    with connection.transaction():
        sealed.begin_alone(connection)
        database.run(connection, f"set local lock_timeout = {try_ms}")
        database.run(connection, f"lock table interlock.{ident(name)} in access exclusive mode")
        relation = next(r for r in sealed.relations(connection) if r.name == name)
        now = {found.month: found for found in _past(connection, relation)}
        if now.get(it.month) != it:
            raise UnsafeError(
                f"{it.machine}: month {it.month:%Y-%m} has changed meanwhile",
                remedy="Nothing of it was dropped; run the command again.",
            )
        database.ask(
            connection,
            "retain_record.sql",
            {
                **month,
                "machine": it.machine,
                "retain": it.retain,
                "entry_count": it.entry_count,
                "upto_id": max((tree.last_id for tree in grown), default=0),
                "roots": json.dumps([tree.root.hex() for tree in grown]),
                "adopted_rows": adopted.rows if adopted else None,
                "adopted_digest": adopted.digest if adopted else None,
            },
        )
        if adopted:
            adoption.keep(connection, it.machine, adopted)
        if it.partition:
            database.run(connection, f"drop table interlock.{ident(it.partition)}")
        template = assets.read("sql", "templates", "retain_month.sql")
        database.run(connection, fill(template, month))
