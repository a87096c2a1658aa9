"""Pieces of a table in the order of its key: the next one, and one in halves."""

from dataclasses import dataclass

import psycopg
from psycopg import errors

from pginterlock import database
from pginterlock.compiler import mending
from pginterlock.compiler.mending import KeyRange, KeySet, KeyValues
from pginterlock.compiler.repairing import Repairing
from pginterlock.names import field
from pginterlock.rules.parts import Writing

_FEW = 8
# What a server says of a row and not of itself.
ROW_FAULTS = (psycopg.DataError, psycopg.IntegrityError, errors.RaiseException)


@dataclass(frozen=True, slots=True)
class Span:
    """The rows of one range of keys, or of some keys, and how many they are."""

    range: KeyRange
    row_count: int
    keys: tuple[KeyValues, ...] = ()

    @property
    def is_single(self) -> bool:
        """Whether this is one row, and known by its key."""
        return len(self.keys) == 1

    @property
    def asked(self) -> mending.Span:
        """What the statements of this span are about."""
        return KeySet(self.keys) if self.keys else self.range


def next_span(
    connection: psycopg.Connection, writing: Writing, low: KeyValues | None, row_limit: int
) -> Span | None:
    """Return the next *row_limit* rows above *low*, or None where there are no more."""
    there = database.rows(connection, mending.place(writing, KeyRange(low), row_limit))
    if there:
        return Span(KeyRange(low, tuple(there[0]["key_values"])), row_limit)
    found = database.rows(connection, mending.bound(writing, KeyRange(low), row_limit))
    if not found:
        return None
    return Span(KeyRange(low, tuple(found[0]["key_values"])), found[0]["row_count"])


def within(connection: psycopg.Connection, asked: Repairing, span: Span, row_limit: int) -> Span:
    """Return as much of *span* as holds *row_limit* rows to look at."""
    writing = asked.writing
    query = mending.bound(writing, span.range, row_limit, asked.candidate(_of_table))
    try:
        with connection.transaction():
            found = database.rows(connection, query)
    except ROW_FAULTS:
        return halves(connection, writing, span)[0] if span.row_count > 1 else span
    if not found or found[0]["row_count"] < row_limit:
        return span
    part = KeyRange(span.range.low, tuple(found[0]["key_values"]))
    counted = database.rows(connection, mending.bound(writing, part, span.row_count))
    return Span(part, counted[0]["row_count"])


def _of_table(column: str) -> str:
    return field("t", column)


def halves(connection: psycopg.Connection, writing: Writing, span: Span) -> list[Span]:
    """Return *span* in parts, in the order of the key; a small one row by row."""
    middle = max(span.row_count // 2, 1)
    if span.keys:
        parts = (span.keys[:middle], span.keys[middle:])
        return [Span(span.range, len(keys), keys) for keys in parts if keys]
    if span.row_count <= _FEW:
        found = database.rows(connection, mending.keys(writing, span.range))
        keys = [tuple(it["key_values"]) for it in found]
        return [Span(span.range, 1, (it,)) for it in keys]
    found = database.rows(connection, mending.bound(writing, span.range, middle))
    if not found:
        return []
    high = tuple(found[0]["key_values"])
    rest = KeyRange(high, span.range.high)
    return [
        Span(KeyRange(span.range.low, high), middle),
        Span(rest, span.row_count - middle),
    ]
