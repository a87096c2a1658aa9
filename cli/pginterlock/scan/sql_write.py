"""SqlWrite: what one statement of SQL writes, and where it stands.

Pure: data only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pginterlock.scan.site import Transaction


class SqlVerb(StrEnum):
    """What is done; ``assign``: a trigger function gives a column of ``new`` a value."""

    UPDATE = "update"
    INSERT = "insert"
    UPSERT = "upsert"
    MERGE = "merge"
    COPY = "copy"
    DELETE = "delete"
    ASSIGN = "assign"


# Columns with the values that they may get; a column stands once for each of them.
Values = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class SqlWrite:
    """A write in a text of SQL.

    *table* is its name as written, without quotes, empty where it cannot be told; what is filled in
    when the program runs stands in it as in the text (``{self.table}``, ``%s``). *columns* are the
    columns with the values that they may get: ``"null"`` for null, None for what is no literal.
    *holes* are columns whose value is filled in, with the text that says by what (``%(status)s``).
    *updated* are those columns that an existing row gets: for an upsert and a merge not all.
    *where* are the tests that the row passes, *open_tests* those of values that are filled in.
    *offset* and *end* are characters of the text, and *line*, *column* (of the verb) and *end_line*
    count from 1. *function* is the function in whose body it stands. *transaction*: whether the
    text itself opens one. *all_columns*: an insert or copy that names no columns; *some_columns*:
    it cannot be told which columns are written. *is_sure*: PostgreSQL's grammar reads it.
    Of an upsert *inserted* is what a new row gets, *conflict* what is done to one that is there.
    """

    verb: SqlVerb
    table: str
    offset: int
    end: int
    columns: Values = ()
    updated: tuple[str, ...] = ()
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    holes: tuple[tuple[str, str], ...] = ()
    all_columns: bool = False
    some_columns: bool = False
    is_new: bool | None = False
    function: str = ""
    transaction: Transaction = Transaction.NO
    transaction_reason: str = ""
    is_sure: bool = True
    line: int = 0
    column: int = 0
    end_line: int = 0
    open_tests: tuple[tuple[str, tuple[str, ...]], ...] = ()
    inserted: Values = ()
    conflict: "SqlWrite | None" = None

    def values_of(self, name: str) -> tuple[str | None, ...]:
        """Return the values that column *name* may get; empty where it is not written."""
        return tuple(value for column, value in self.columns if same_name(column, name))


@dataclass(frozen=True, slots=True)
class PlacedWrite:
    """A write at its place in a file; *text* is the first line of the statement.

    *conflict* is the place of what an upsert does to a row that is there.
    """

    write: SqlWrite
    line: int
    column: int
    end_line: int
    enclosing: str = ""
    text: str = ""
    conflict: "PlacedWrite | None" = None


def halves(placed: PlacedWrite, fields: Sequence[str]) -> list[PlacedWrite]:
    """Return an upsert that writes one of *fields* on both ways as an insert and an update.

    Any other write, and an upsert whose halves have no places of their own, is returned as it is.
    """
    write, other = placed.write, placed.conflict
    if other is None or write.conflict is None:
        return [placed]
    inserted = [column for column, _ in write.inserted]
    updated = [column for column, _ in write.conflict.columns]
    both = [
        it
        for it in fields
        if any(same_name(it, one) for one in inserted)
        and any(same_name(it, one) for one in updated)
    ]
    if not both:
        return [placed]
    insert = replace(
        write,
        verb=SqlVerb.INSERT,
        columns=write.inserted,
        updated=(),
        is_new=True,
        conflict=None,
    )
    update = replace(write.conflict, table=write.table, function=write.function)
    return [replace(placed, write=insert, conflict=None), replace(other, write=update)]


def same_name(one: str, other: str) -> bool:
    """Return whether two names of columns are one, as far as case tells."""
    return one.lower() == other.lower()


def same_table(written: str, wanted: str) -> bool:
    """Return whether *written* may be table *wanted*; one without a schema may be in any."""
    ours, theirs = _parts(written), _parts(wanted)
    shared = min(len(ours), len(theirs))
    return bool(written and wanted) and ours[-shared:] == theirs[-shared:]


def _parts(table: str) -> Sequence[str]:
    return [part.strip().strip('"`').lower() for part in table.split(".")][-2:]
