"""Find tables, and the moves that a table of the past shows."""

from dataclasses import dataclass

import psycopg
from psycopg import errors

from pginterlock import assets, catalog, database
from pginterlock.compiler import removal
from pginterlock.elements import TableName
from pginterlock.errors import UsageError
from pginterlock.proposal import Move
from pginterlock.table import Kind, Table
from pginterlock.template import fill

_STATE_WORDS = ("new_status", "new_state", "to_status", "to_state", "status", "state")
_TIME_WORDS = ("at", "changed_at", "created_at", "occurred_at", "timestamp", "date", "time")


@dataclass(frozen=True, slots=True)
class PastTable:
    """Where the moves of the past are kept; columns that are empty are looked for."""

    table: TableName
    key: str = ""
    state: str = ""
    time: str = ""


def find_table(connection: psycopg.Connection, text: str) -> Table:
    """Return the table that *text* names, ``schema.table`` or one in the search path.

    Raises UsageError where there is none, or where it is a view.
    """
    with database.faults():
        try:
            named = database.ask(connection, "named_table.sql", {"name": text})
        except (errors.SyntaxError, errors.InvalidName, errors.FeatureNotSupported):
            named = []
        with database.snapshot(connection):
            found = (
                catalog.table(connection, TableName(named[0]["schema"], named[0]["name"]), "")
                if named
                else None
            )
            known = [] if found else [str(it) for it in catalog.tables(connection)]
    if found is None:
        raise UsageError(
            f"there is no table {text}",
            remedy=f"There are: {', '.join(sorted(known)[:20]) or 'no tables that you may see'}.",
        )
    if found.relation_kind not in ("r", "p"):
        raise UsageError(f"{text} is no table: machines guard tables, not views")
    return found


def key_of(table: Table) -> tuple[str, ...]:
    """Return the primary key of *table*, else columns that are unique and never null, else none."""
    return table.primary_key or next(iter(table.unique_keys), ())


def past_table(connection: psycopg.Connection, text: str, of: Table) -> PastTable:
    """Read ``TABLE`` or ``TABLE:KEY,STATE,TIME`` and find the columns that are not named.

    Raises UsageError where they cannot be found.
    """
    name, _, named = text.partition(":")
    table = find_table(connection, name)
    columns = [it.strip() for it in named.split(",")] if named else []
    if columns and len(columns) != 3:  # noqa: PLR2004 - key, state, time
        raise UsageError(
            f"--history {text}: three columns are asked, and {len(columns)} given",
            remedy=f"--history {name}:KEY,STATE,TIME",
        )
    for column in columns:
        if table.column(column) is None:
            raise UsageError(
                f"{table.name} has no column {column!r}",
                remedy=f"It has: {', '.join(c.name for c in table.columns)}.",
            )
    if columns:
        return PastTable(table.name, *columns)
    with database.snapshot(connection):
        leading = database.ask(connection, "foreign_keys.sql", {"oid": table.oid})
    keys = [k["column_name"] for k in leading if (k["schema_name"], k["table_name"]) == (
        of.name.schema, of.name.name)]  # fmt: skip
    keys += [c.name for c in table.columns if c.name in _key_names(of)]
    states = [w for w in _STATE_WORDS if table.column(w)]
    times = [c.name for c in table.columns if c.kind is Kind.MOMENT]
    times.sort(key=lambda it: _TIME_WORDS.index(it) if it in _TIME_WORDS else len(_TIME_WORDS))
    if not (keys and states and times):
        raise UsageError(
            f"--history {text}: key, state and time columns are not plain to see",
            remedy=f"Name them: --history {name}:KEY,STATE,TIME",
        )
    return PastTable(table.name, keys[0], states[0], times[0])


def _key_names(of: Table) -> list[str]:
    name = of.name.name
    short = name.rsplit("_", 1)[-1]
    return [f"{name}_id", f"{short}_id", f"{name}_{'_'.join(key_of(of))}"]


def moves_of(connection: psycopg.Connection, past: PastTable) -> tuple[tuple[Move, ...], str]:
    """Return the moves that *past* shows, the commonest first, and where they were read."""
    rows = database.rows(
        connection,
        fill(
            assets.read("sql", "templates", "propose_moves.sql"),
            {
                "relation": removal.qualified(past.table),
                "key_column": past.key,
                "state_column": past.state,
                "time_column": past.time,
            },
        ),
    )
    moves = tuple(Move(r["before"], r["after"], r["move_count"]) for r in rows)
    if not moves:
        raise UsageError(f"--history {past.table}: it holds no state")
    return moves, f"{past.table} ({past.key}, {past.state}, {past.time})"
