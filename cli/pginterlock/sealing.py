"""Seal the entries of decided transactions, in transactions of bounded size.

Nothing is added to a write: a seal reads what is there. A run that is killed loses the part that
was under way; the next goes on where the chain ends.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import psycopg
from psycopg import errors

from pginterlock import database, sealed
from pginterlock.chain import Seal, first_link, root_of
from pginterlock.compiler.leaves import Relation, Window, in_window, seal_part
from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.sealed import Moment

BATCH = 50_000
OLDER_THAN = "5 minutes"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Sealing:
    """What one run did: the *seals* it made, and how many entries wait for the next."""

    seals: tuple[Seal, ...]
    waiting: int

    @property
    def entry_count(self) -> int:
        """How many entries were sealed."""
        return sum(it.entry_count for it in self.seals)


@dataclass(slots=True)
class _Run:
    """What one run has come to."""

    older_than: str
    batch: int
    progress: Progress
    has_opened: bool = False
    waiting: int = 0


def seal(
    connection: psycopg.Connection,
    *,
    older_than: str = OLDER_THAN,
    batch: int = BATCH,
    progress: Progress = lambda _: None,
) -> Sealing:
    """Seal every entry of a decided transaction that is *older_than* an interval.

    Raises EnvironmentFault on a standby, without rights, or where nothing is installed.
    """
    run = _Run(older_than, batch, progress)
    made: list[Seal] = []
    with database.faults():
        demand_installed(connection)
        while True:
            with connection.transaction():
                if sealed.begin_alone(connection):
                    progress("waited for another that was sealing")
                one = _part(connection, run)
            if one is None:
                return Sealing(tuple(made), run.waiting)
            made.append(one)
            run.waiting -= one.entry_count if run.has_opened else 0
            progress(f"{sum(it.entry_count for it in made)} entries sealed")


def demand_installed(connection: psycopg.Connection) -> None:
    """Raise EnvironmentFault where there is no table of seals, or nothing can be written."""
    row = connection.execute(
        "select pg_catalog.pg_is_in_recovery(), to_regclass('interlock.seal') is not null"
    ).fetchone()
    if row and row[0]:
        raise EnvironmentFault(
            "the server is a standby, and read only",
            remedy="Seal on the primary; `verify --seal` works on a standby.",
        )
    if not row or not row[1]:
        raise EnvironmentFault(
            "schema interlock is not installed here, or is of an older version",
            remedy="interlock apply installs it and brings it up to date.",
        )


def _part(connection: psycopg.Connection, run: _Run) -> Seal | None:
    """Make one seal more; return None where nothing is left."""
    there = sealed.relations(connection)
    last = sealed.last_seal(connection)
    # First what was given out, then who is running: a later transaction has later ids.
    given = _given_out(connection, there)
    try:
        now = sealed.moment(connection, run.older_than)
    except (errors.InvalidDatetimeFormat, errors.DatetimeFieldOverflow) as error:
        raise UsageError(
            f"{run.older_than!r} is no length of time: write it as 5 minutes"
        ) from error
    if last and last.last_relation is not None and last.cluster == now.cluster:
        window = Window(last.from_xid, last.upto_xid, is_restored=_is_first(last))
        if made := _seal_window(connection, run, (there, given), last, window, now):
            return made
    if run.has_opened:
        return None
    run.has_opened = True
    is_restored = last is not None and last.cluster != now.cluster
    begin = 0 if last is None or is_restored else last.upto_xid
    window = _open(connection, run, there, now, Window(begin, None, is_restored))
    follows = replace(last, last_relation=None, last_entry=None) if last else None
    return _seal_window(connection, run, (there, given), follows, window, now)


def _is_first(last: Seal) -> bool:
    """Whether *last* is of the first window of its server, which takes over from one before."""
    return last.from_xid == 0 and last.total_count > last.entry_count


def _given_out(connection: psycopg.Connection, there: list[Relation]) -> dict[str, int]:
    names = {"relations": [it.name for it in there]}
    found = database.ask(connection, "seal_sequences.sql", names)
    return {row["relation_name"]: row["last_id"] for row in found}


def _open(
    connection: psycopg.Connection,
    run: _Run,
    there: list[Relation],
    now: Moment,
    window: Window,
) -> Window:
    """Return *window* with its end: before what is undecided, and before what is young."""
    upto = now.decided_xid
    marks = _marks(connection, window, now)
    for relation in there:
        values = {"after_id": str(marks.get(relation.name, 0)), "young_from": str(now.young_from)}
        row = database.rows(connection, in_window("seal_window.sql", relation, window, values))[0]
        run.waiting += row["entry_count"]
        if row["young_xid"] is not None:
            upto = min(upto, row["young_xid"])
    return replace(window, upto_xid=max(upto, window.from_xid))


def _marks(connection: psycopg.Connection, window: Window, now: Moment) -> Mapping[str, int]:
    values = {"cluster": now.cluster, "from_xid": window.from_xid}
    found = database.ask(connection, "seal_marks.sql", values)
    marks: Mapping[str, int] = found[0]["marks"] if found else {}
    return marks


def _seal_window(
    connection: psycopg.Connection,
    run: _Run,
    there_and_given: tuple[list[Relation], dict[str, int]],
    last: Seal | None,
    window: Window,
    now: Moment,
) -> Seal | None:
    """Seal what *window* still holds behind *last*, as far as one transaction may reach."""
    there, given = there_and_given
    marks = _marks(connection, window, now)
    number = last.number + 1 if last else 1
    left, stop = run.batch, None
    for relation in there:
        after = marks.get(relation.name, 0)
        if last and last.last_relation is not None and last.last_entry is not None:
            if relation.name < last.last_relation:
                continue
            after = last.last_entry if relation.name == last.last_relation else after
        done, after = _seal_relation(
            connection, relation, window, number, (after, given[relation.name]), left
        )
        left -= done
        if after < given[relation.name]:
            stop = (relation.name, after)
            break
    if left == run.batch:
        return None
    return _close(connection, last, window, now, given, number, stop)


def _seal_relation(
    connection: psycopg.Connection,
    relation: Relation,
    window: Window,
    number: int,
    ids: tuple[int, int],
    most: int,
) -> tuple[int, int]:
    """Seal entries of *relation* after the first of *ids*; return how many, and up to which."""
    after, end = ids
    left, place = most, 0
    while after < end and left > 0:
        upto = min(after + left, end)
        values = {"seal_number": number, "after_id": after, "upto_id": upto, "first_place": place}
        row = database.rows(connection, seal_part(relation, window, values))[0]
        done, place = row["entry_count"], (row["last_place"] or place) + 1
        left -= done
        after = upto
        if not done:
            query = in_window("seal_next.sql", relation, window, {"after_id": str(after)})
            following = database.rows(connection, query)[0]["next_id"]
            after = end if following is None else following - 1
    if left < most:
        names = list(relation.column_names)
        values_of_tree = {"number": number, "relation": relation.name, "columns": names}
        values_of_tree["erasable"] = list(relation.erasable)
        database.ask(connection, "seal_plant.sql", values_of_tree)
    return most - left, after


def _close(
    connection: psycopg.Connection,
    last: Seal | None,
    window: Window,
    now: Moment,
    given: Mapping[str, int],
    number: int,
    stop: tuple[str, int] | None,
) -> Seal:
    """Write the link of the chain over the trees of seal *number*."""
    grown = sealed.trees(connection, number)
    count = sum(it.entry_count for it in grown)
    chain_id = last.chain_id if last else str(uuid.uuid4())
    made = Seal(
        number=number,
        chain_id=chain_id,
        previous=last.root if last else first_link(chain_id),
        root=b"",
        entry_count=count,
        total_count=count + (last.total_count if last else 0),
        cluster=now.cluster,
        from_xid=window.from_xid,
        upto_xid=window.upto_xid or 0,
        last_relation=stop[0] if stop else None,
        last_entry=stop[1] if stop else None,
        sealed_at=now.now,
    )
    made = replace(made, root=root_of(made, grown))
    values = {name: getattr(made, name) for name in Seal.__slots__}
    marks = {"mark_xid": now.next_xid, "marks": json.dumps(dict(given))}
    database.ask(connection, "seal_close.sql", {**values, **marks})
    return made
