"""What a session may do: statements as data, and the SQL of each. Pure; `dice` rolls them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tests.races.inn import COLUMNS, ENTERS, MOVES
from tests.races.model import Row, Value
from tests.races.rooms import room_key

Values = Mapping[str, Value]
Statement = tuple[str, tuple[object, ...]]


class Operation(Protocol):
    """One statement; *keys* are the rows that it speaks of."""

    @property
    def table(self) -> str:
        """The table that it writes."""

    @property
    def keys(self) -> Sequence[int]:
        """The keys that it names."""

    @property
    def event(self) -> str | None:
        """The event that is fired, if one is."""

    @property
    def reason(self) -> str | None:
        """The reason that it gives itself."""

    def sql(self) -> Statement:
        """Return the statement and its values."""

    def proposed(self, before: Row | None) -> Row | None:
        """Return the row as the statement would have it."""


@dataclass(frozen=True, slots=True)
class Update:
    """A plain update of some rows, perhaps only of those in some state."""

    keys: Sequence[int]
    values: Values
    state: str | None = None
    event: str | None = None
    reason: str | None = None
    table: str = "booking"

    def sql(self) -> Statement:
        """Return the statement and its values."""
        told = ", ".join(f"{name} = %s" for name in self.values)
        one = len(self.keys) == 1
        where = "id = %s" if one else "id = any(%s)"
        values = [*self.values.values(), self.keys[0] if one else list(self.keys)]
        if self.state is not None:
            where += " and status = %s"
            values.append(self.state)
        return f"update inn.booking set {told} where {where}", tuple(values)

    def proposed(self, before: Row | None) -> Row | None:
        """Return the row as the statement would have it."""
        return {**(before or {}), **self.values}


@dataclass(frozen=True, slots=True)
class Delete:
    """A plain delete."""

    keys: Sequence[int]
    event: str | None = None
    reason: str | None = None
    table: str = "booking"

    def sql(self) -> Statement:
        """Return the statement and its values."""
        return "delete from inn.booking where id = %s", (self.keys[0],)

    def proposed(self, before: Row | None) -> Row | None:  # noqa: ARG002
        """Return no row."""
        return None


@dataclass(frozen=True, slots=True)
class Insert:
    """A plain insert; *upsert* writes the note of a row that is there."""

    row: Row
    upsert: bool = False
    event: str | None = None
    reason: str | None = None
    table: str = "booking"

    @property
    def keys(self) -> Sequence[int]:
        """The key that it names."""
        return (int(self.row["id"] or 0),)

    def sql(self) -> Statement:
        """Return the statement and its values."""
        names = ", ".join(self.row)
        places = ", ".join(["%s"] * len(self.row))
        conflict = " on conflict (id) do update set note = excluded.note" if self.upsert else ""
        text = f"insert into inn.booking ({names}) values ({places}){conflict}"
        return text, tuple(self.row.values())

    def proposed(self, before: Row | None) -> Row | None:
        """Return the row as the statement would have it."""
        if before is not None:
            return {**before, "note": self.row.get("note")}
        return {**dict.fromkeys((*COLUMNS, *ENTERS)), **self.row}


@dataclass(frozen=True, slots=True)
class Fire:
    """A call of interlock.fire."""

    key: int
    event: str
    values: Values = field(default_factory=dict)
    expect: str | None = None
    reason: str | None = None
    table: str = "booking"

    @property
    def keys(self) -> Sequence[int]:
        """The key that it names."""
        return (self.key,)

    def sql(self) -> Statement:
        """Return the statement and its values."""
        text = "select interlock.fire('booking', %s, %s, set => %s, expect => %s, reason => %s)"
        given = json.dumps(dict(self.values)) if self.values else None
        return text, (self.key, self.event, given, self.expect, self.reason)

    def proposed(self, before: Row | None) -> Row | None:
        """Return the row as the call would have it."""
        source = before["status"] if before else None
        target = next(
            (it.target for it in MOVES if (it.event, it.source) == (self.event, source)), None
        )
        return {**(before or {}), **self.values, "status": target}


@dataclass(frozen=True, slots=True)
class WriteRoom:
    """A direct write of a room: an update, an insert where *is_new*, a delete without values."""

    number: int
    values: Values = field(default_factory=dict)
    is_new: bool = False
    event: str | None = None
    reason: str | None = None
    table: str = "room"

    @property
    def keys(self) -> Sequence[int]:
        """The key of the room."""
        return (room_key(self.number),)

    def sql(self) -> Statement:
        """Return the statement and its values."""
        if self.is_new:
            row = {"number": self.number, **self.values}
            places = ", ".join(["%s"] * len(row))
            return f"insert into inn.room ({', '.join(row)}) values ({places})", tuple(row.values())
        if not self.values:
            return "delete from inn.room where number = %s", (self.number,)
        told = ", ".join(f"{name} = %s" for name in self.values)
        return f"update inn.room set {told} where number = %s", (*self.values.values(), self.number)

    def proposed(self, before: Row | None) -> Row | None:
        """Return the room as the statement would have it."""
        if not self.values and not self.is_new:
            return None
        begun = {"number": self.number, "taken": False, "shut": False}
        return {**(before or begun), **self.values}


@dataclass(frozen=True, slots=True)
class Approve:
    """A call of interlock.approve for the event that asks for approvals, or of withdraw."""

    key: int
    verb: str = "approve"
    event: str | None = None
    reason: str | None = None
    table: str = "approval"

    @property
    def keys(self) -> Sequence[int]:
        """The key that it names."""
        return (self.key,)

    def sql(self) -> Statement:
        """Return the statement and its values."""
        return f"select interlock.{self.verb}('booking', %s, 'void')", (self.key,)

    def proposed(self, before: Row | None) -> Row | None:
        """Return the row as it is."""
        return before


def wanted_state(operation: Operation) -> str | None:
    """Return the state that a row must be in for *operation* to write it."""
    if isinstance(operation, Fire):
        return operation.expect
    return operation.state if isinstance(operation, Update) else None
