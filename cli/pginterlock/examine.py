"""Look at a table that is to come under a machine: its states, and what goes with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import errors

from pginterlock import assets, database
from pginterlock.compiler import removal
from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.names import array, ident
from pginterlock.past import PastTable, key_of, moves_of
from pginterlock.proposal import Evidence, Overlap, StateCount
from pginterlock.table import Column, Kind, Table
from pginterlock.template import fill

# A column with more values than this is none of states.
_MOST_STATES = 60
_WORDS = ("status", "state", "phase", "stage", "lifecycle")
_STARTS = ("check_in", "start", "begin", "from", "arrival", "valid_from")
_ENDS = ("check_out", "end", "end", "to", "departure", "valid_to")


def examine(
    connection: psycopg.Connection, table: Table, *, state: str | None, past: PastTable | None
) -> Evidence:
    """Return what is seen of *table*, in one snapshot.

    Raises UsageError where no column looks like a state, EnvironmentFault where the rows may not
    be read.
    """
    with database.snapshot(connection):
        try:
            candidates = _state_columns(connection, table)
            column = _chosen(table, candidates, state)
            seen = _filled(connection, table, column)
            moves, history = moves_of(connection, past) if past else ((), "")
            overlaps = _overlaps(connection, table, column, seen)
            default = _default(connection, table, column)
        except errors.InsufficientPrivilege as error:
            raise EnvironmentFault(
                f"{table.name} may not be read by this role",
                remedy=f"As its owner: grant select on {table.name} to ...;",
            ) from error
    known = {it.name for it in seen.states}
    late = dict.fromkeys(m.after for m in moves if m.after not in known)
    return Evidence(
        table.name,
        column.name,
        (*seen.states, *(StateCount(name, 0) for name in late)),
        key=key_of(table),
        primary_key=table.primary_key,
        null_rows=seen.null_rows,
        filled=seen.filled,
        moments=tuple(
            c.name for c in table.columns if c.kind is Kind.MOMENT and c.name in seen.filled
        ),
        moves=moves,
        history=history,
        overlaps=overlaps,
        other_columns=tuple(c.name for c in candidates if c.name != column.name),
        default=default,
        source="proposed from its rows",
    )


def _state_columns(connection: psycopg.Connection, table: Table) -> list[Column]:
    """Return the columns that may hold a state, the likeliest first."""
    found: list[tuple[int, int, Column]] = []
    for column in table.columns:
        if column.kind not in (Kind.TEXT, Kind.ENUM) or column.is_generated:
            continue
        words = [w for w in _WORDS if w in column.name.lower()]
        values, rows = _distinct(connection, table, column)
        few = 1 < values <= _MOST_STATES and rows >= values * 3
        if words or column.kind is Kind.ENUM or few:
            is_named = 0 if column.name.lower() in _WORDS else 1 if words else 2
            found.append((is_named, 0 if column.kind is Kind.ENUM else 1, column))
    found = [it for it in found if it[0] < 2 or it[1] == 0] or found  # noqa: PLR2004 - not named
    return [column for _, _, column in sorted(found, key=lambda it: (it[0], it[1], it[2].number))]


def _distinct(connection: psycopg.Connection, table: Table, column: Column) -> tuple[int, int]:
    row = database.rows(
        connection,
        fill(
            assets.read("sql", "templates", "propose_distinct.sql"),
            {"state_column": column.name, "relation": removal.qualified(table.name)},
        ),
    )[0]
    return row["value_count"], row["row_count"]


def _chosen(table: Table, candidates: Sequence[Column], state: str | None) -> Column:
    if state is None:
        if candidates:
            return candidates[0]
        raise UsageError(
            f"no column of {table.name} looks like a state: none is named status or state, or has"
            " few values",
            remedy="Name it with --state COLUMN.",
        )
    column = table.column(state)
    if column is None:
        raise UsageError(
            f"{table.name} has no column {state!r}",
            remedy=f"It has: {', '.join(c.name for c in table.columns)}.",
        )
    if column.kind not in (Kind.TEXT, Kind.ENUM):
        raise UsageError(
            f"column {state} is of type {column.type}; a state is text, varchar, char or an enum"
        )
    return column


def _default(connection: psycopg.Connection, table: Table, column: Column) -> str | None:
    place = {"oid": table.oid, "number": column.number}
    found = database.ask(connection, "column_default.sql", place)
    value = found[0]["value"] if found else None
    return str(value).replace("''", "'") if value is not None else None


@dataclass(frozen=True, slots=True)
class _Seen:
    states: tuple[StateCount, ...]
    null_rows: int
    filled: Mapping[str, Mapping[str, int]]


def _filled(connection: psycopg.Connection, table: Table, column: Column) -> _Seen:
    counted = [c for c in table.columns if not c.is_not_null and c.name != column.name]
    rows = database.rows(
        connection,
        fill(
            assets.read("sql", "templates", "propose_filled.sql"),
            {
                "state_column": column.name,
                "relation": removal.qualified(table.name),
                "counts": ", ".join(f"count(t.{ident(c.name)})" for c in counted),
                "most": str(_MOST_STATES + 2),
            },
        ),
    )
    if len(rows) > _MOST_STATES:
        raise UsageError(
            f"column {column.name} of {table.name} has more than {_MOST_STATES} values: that is no"
            " state",
            remedy="Name another with --state COLUMN.",
        )
    states = [StateCount(r["state_name"], r["row_count"]) for r in rows if r["state_name"]]
    if column.kind is Kind.ENUM:
        counts = {it.name: it.rows for it in states}
        states = [StateCount(label, counts.get(label, 0)) for label in column.labels]
    if not states:
        raise UsageError(
            f"column {column.name} of {table.name} holds no value yet: there is nothing to go by",
            remedy="Read the states from code: --from-enum, --from-sqlalchemy, --from-django.",
        )
    filled = {
        c.name: {r["state_name"]: r["filled"][n] for r in rows if r["state_name"]}
        for n, c in enumerate(counted)
    }
    return _Seen(tuple(states), sum(r["row_count"] for r in rows if not r["state_name"]), filled)


def _overlaps(
    connection: psycopg.Connection, table: Table, column: Column, seen: _Seen
) -> tuple[Overlap, ...]:
    """Return for each nullable foreign key how often two rows lead to the same row at once."""
    found = []
    start, end = _period(table)
    for key in database.ask(connection, "foreign_keys.sql", {"oid": table.oid}):
        name = key["column_name"]
        if name not in seen.filled:
            continue
        rows = {it.name: it.rows for it in seen.states}
        states = tuple(s for s in rows if rows[s] and seen.filled[name].get(s, 0) >= rows[s] / 2)
        if not states or len(states) == len([s for s in rows if rows[s]]):
            continue
        told = database.rows(
            connection,
            fill(
                assets.read("sql", "templates", "propose_overlap.sql"),
                {
                    "relation": removal.qualified(table.name),
                    "resource": name,
                    "state_column": column.name,
                    "states": array(states),
                    "clash": _clash(name, start, end),
                },
            ),
        )[0]
        found.append(Overlap(name, states, start, end, told["row_count"], told["clash_count"]))
    return tuple(found)


def _period(table: Table) -> tuple[str, str]:
    """Return two date columns that look like beginning and end; empty where there are none."""
    names = {c.name for c in table.columns if c.base_type == "date"}
    for start, end in zip(_STARTS, _ENDS, strict=True):
        for name in sorted(names):
            other = name.replace(start, end)
            if start in name and other != name and other in names:
                return name, other
    return "", ""


def _clash(resource: str, start: str, end: str) -> str:
    held = f"partition by t.{ident(resource)}"
    if not start:
        return f"count(*) over ({held}) > 1"
    ordered = f"{held} order by t.{ident(start)}, t.{ident(end)}"
    return (
        f"coalesce(t.{ident(start)} < max(t.{ident(end)}) over ({ordered}"
        " rows between unbounded preceding and 1 preceding), false)"
    )
