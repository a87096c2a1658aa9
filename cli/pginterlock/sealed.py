"""Read what is sealed: relations, seals, trees; and hold the entries of a month against them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import psycopg
from psycopg.rows import DictRow

from pginterlock import assets, database
from pginterlock.chain import Seal, Tree
from pginterlock.compiler.leaves import Column, Relation, check_month, erasable_columns

JOURNAL = "journal"
_LOCK = 7_355_608_219
_EVER = "infinity"
_ALL = 2**62


@dataclass(frozen=True, slots=True)
class Moment:
    """What is decided at one moment, and on which server."""

    decided_xid: int
    next_xid: int
    cluster: str
    now: datetime
    young_from: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of entries: ``changed``, ``missing``, ``added`` or ``erased``; some of them."""

    what: str
    entry_count: int
    samples: tuple[dict[str, object], ...]


def pin(connection: psycopg.Connection) -> None:
    """Let nothing of this session show in what is hashed, until the transaction ends."""
    database.run(connection, assets.read("sql", "queries", "pinned.sql"))


def begin_alone(connection: psycopg.Connection) -> bool:
    """Begin to write evidence in this transaction; return whether somebody else had to end first.

    One at a time seals, erases or retains.
    """
    connection.execute("set transaction isolation level read committed, read write")
    pin(connection)
    free = connection.execute("select pg_try_advisory_xact_lock(%s)", [_LOCK]).fetchone()
    if free == (True,):
        return False
    connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
    return True


def relations(connection: psycopg.Connection) -> list[Relation]:
    """Return the journal and all histories, in the order in which they are sealed."""
    return [_relation(row) for row in database.ask(connection, "seal_relations.sql")]


def _relation(row: DictRow) -> Relation:
    columns = tuple(
        Column(*it) for it in zip(row["names"], row["types"], row["not_nulls"], strict=True)
    )
    return Relation(
        row["relation_name"],
        row["machine_name"],
        columns,
        erasable_columns(row["asked"], row["names"]) if row["machine_name"] else (),
        row["retain"],
    )


def moment(connection: psycopg.Connection, older_than: str) -> Moment:
    """Return which transactions are decided now; *older_than* is an interval. Takes an id."""
    return Moment(**database.ask(connection, "seal_moment.sql", {"older_than": older_than})[0])


def cluster(connection: psycopg.Connection) -> str:
    """Return which server this is; a standby says what its primary says."""
    return str(database.ask(connection, "seal_cluster.sql")[0]["cluster"])


def seals(connection: psycopg.Connection) -> list[Seal]:
    """Return the whole chain, oldest first."""
    return [Seal(**row) for row in database.ask(connection, "seal_all.sql", {"row_limit": _ALL})]


def last_seal(connection: psycopg.Connection) -> Seal | None:
    """Return the end of the chain."""
    found = database.ask(connection, "seal_all.sql", {"row_limit": 1})
    return Seal(**found[0]) if found else None


def trees(connection: psycopg.Connection, number: int | None = None) -> list[Tree]:
    """Return the trees of seal *number*, or of all."""
    return [
        Tree(
            row["number"],
            row["relation_name"],
            row["month"],
            row["entry_count"],
            row["first_id"],
            row["last_id"],
            row["root"],
            tuple(row["column_names"]),
            tuple(row["erasable"]),
        )
        for row in database.ask(connection, "seal_trees.sql", {"number": number})
    ]


def judge_month(
    connection: psycopg.Connection, relation: Relation, grown: Sequence[Tree], sealed_by: str
) -> list[Judged]:
    """Hold all entries of the month of *grown*, trees of *relation*, against their leaves.

    *sealed_by* is SQL that is true of an entry ``a`` that a seal should have covered.
    """
    month = grown[0].month
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    variants = sorted({tree.erasable for tree in grown})
    place = (str(month), _utc(month), _utc(after))
    numbers = [tree.number for tree in grown]
    return _judge(connection, relation, variants, sealed_by, place, numbers)


def judge_between(
    connection: psycopg.Connection,
    relation: Relation,
    months: Sequence[date],
    sealed_by: str,
) -> list[Judged]:
    """Look for entries that should be sealed, but lie in none of *months*, which are in order."""
    found: list[Judged] = []
    edge = "-infinity"
    for month in [*months, None]:
        upto = _utc(month) if month else _EVER
        if edge != upto:
            place = (_EVER, edge, upto)
            found += _judge(connection, relation, [relation.erasable], sealed_by, place)
        if month:
            edge = _utc(date(month.year + month.month // 12, month.month % 12 + 1, 1))
    return found


def _judge(
    connection: psycopg.Connection,
    relation: Relation,
    variants: Sequence[Sequence[str]],
    sealed_by: str,
    place: tuple[str, str, str],
    numbers: Sequence[int] = (),
) -> list[Judged]:
    names = ("month", "month_from", "month_to")
    values = {
        **dict(zip(names, place, strict=True)),
        "should_be_sealed": sealed_by,
        "numbers": f"'{{{', '.join(map(str, numbers))}}}'::bigint[]",
    }
    return [
        Judged(row["what"], row["entry_count"], tuple(row["samples"]))
        for row in database.rows(connection, check_month(relation, variants, values))
    ]


def _utc(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).isoformat(sep=" ")
