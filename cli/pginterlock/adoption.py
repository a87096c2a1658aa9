"""What a machine has adopted, measured anew where entries are dropped for good.

A row is adopted that has no birth in the history. When a month of it is dropped, rows whose birth
was there become adopted ones: their number and the sum of their hashes stand in its place, so that
none can be added, removed or exchanged unseen (docs/explanation/continuity.md).
"""

from dataclasses import dataclass
from decimal import Decimal

import psycopg

from pginterlock import bypasses, catalog, database
from pginterlock.choices import Mode
from pginterlock.compiler import replay
from pginterlock.elements import TableName
from pginterlock.errors import UnsafeError
from pginterlock.model import Machine
from pginterlock.rules.parts import Writing


@dataclass(frozen=True, slots=True)
class Adopted:
    """How many rows have no birth, and the sum of the hashes of their keys and first states."""

    rows: int
    digest: Decimal


def adopted_without(
    connection: psycopg.Connection, machine: str, begin: str, end: str
) -> Adopted | None:
    """Return what *machine* adopts when its entries from *begin* to before *end* are gone.

    No write that is judged changes it, so it may be kept later than it is measured. None where the
    machine is not installed any more: then nobody replays its history.

    Raises UnsafeError where history and rows do not agree before: that would be covered up.
    """
    with database.snapshot(connection):
        found = database.ask(connection, "adopting.sql", {"machine": machine})
        if not found:
            return None
        row = found[0]
        name = TableName(row["schema_name"], row["table_name"])
        table = catalog.table(connection, name, machine)
        if table is None:
            raise UnsafeError(
                f"table {name} of machine {machine} is not there",
                remedy="If it was renamed: change the spec, then interlock apply.",
            )
        if row["adopted_rows"] is None:
            raise UnsafeError(
                f"{machine}: the rows that were there before it are not counted yet",
                remedy="Nothing was dropped. Count them: interlock apply",
            )
        key, after = tuple(row["key_columns"]), row["adopted_after"]
        asked = Machine(machine, name, row["state_column"], key, Mode.OBSERVE, (), (), ())
        writing = Writing(asked, table)
        has_bypasses = bool(bypasses.of(connection, machine))
        all_of_it = replay(writing, (), after, has_bypasses=has_bypasses)
        now = database.rows(connection, all_of_it.whether)[0]
        is_known = (now["adopted_count"], now["adopted_digest"]) == (
            row["adopted_rows"],
            row["adopted_digest"],
        )
        if now["broken_count"] or now["gone_count"] or not is_known:
            raise UnsafeError(
                f"{machine}: history and rows do not agree, and dropping a month would hide it",
                remedy="Nothing was dropped. interlock verify --history says what is wrong.",
            )
        left = replay(writing, (), after, without=(begin, end), has_bypasses=has_bypasses)
        then = database.rows(connection, left.whether)[0]
    return Adopted(then["adopted_count"], then["adopted_digest"])


def keep(connection: psycopg.Connection, machine: str, adopted: Adopted) -> None:
    """Write down what *machine* has adopted, in the transaction that drops the entries."""
    database.ask(
        connection,
        "adopted_keep.sql",
        {"machine": machine, "rows": adopted.rows, "digest": adopted.digest},
    )
