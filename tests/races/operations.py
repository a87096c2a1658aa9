"""What a session may do: statements as data, and the SQL of each; rolled by dice.

Pure but for the dice. A new kind of operation is a class with `sql` and `expected`, and a line in
`ROLLS`.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tests.races.inn import COLUMNS, ENTERS, EVENTS, FINAL, INITIAL, MOVES, STATES
from tests.races.model import Row, Value

SLOTS = 20
_HOT = 5  # rows that half of the operations go to
_LEAVES = 0.5  # how often a row in a final state is left for the next in its slot
LEVELS = ("read committed", "repeatable read", "serializable")
Values = Mapping[str, Value]
Statement = tuple[str, tuple[object, ...]]
_STAMP = "2026-01-0{}T00:00:00+00:00"
_TARGETS = {it.source: tuple(m.target for m in MOVES if m.source == it.source) for it in MOVES}
# What is tried, in any state: also what no row may have.
_VALUES: Mapping[str, Sequence[Value]] = {
    "room": (None, 1, 1, 2, 2, 3),
    "desk": (None, 1, 1, 2, 2, 3, 4),
    "starts": tuple(range(8)),
    "ends": tuple(range(10)),
    "paid": (None, -1, 0, 1, 2, 3, 4, 5),
    "guests": (None, 0, 1, 2, 3, 4, 5),
    "note": (None, 1, 2, 3),
}


class Operation(Protocol):
    """One statement; *keys* are the rows that it speaks of."""

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


def wanted_state(operation: Operation) -> str | None:
    """Return the state that a row must be in for *operation* to write it."""
    if isinstance(operation, Fire):
        return operation.expect
    return operation.state if isinstance(operation, Update) else None


@dataclass(slots=True)
class Dice:
    """Rolls operations that are often sensible, by what its session has seen of the rows."""

    dice: random.Random
    seen: dict[int, Row | None] = field(default_factory=dict)
    generation: list[int] = field(default_factory=lambda: [0] * SLOTS)

    def key(self) -> int:
        """Return the key of one of the rows, mostly of one that is not over."""
        slot = self.dice.randrange(SLOTS if self.dice.random() < 0.5 else _HOT)
        back = self.dice.random() < 0.03
        return slot + SLOTS * max(0, self.generation[slot] - back)

    def note(self, key: int, row: Row | None) -> None:
        """Keep what was seen of a row; one that is over gives way to the next in its slot."""
        self.seen[key] = row
        slot, generation = key % SLOTS, key // SLOTS
        self.generation[slot] = max(self.generation[slot], generation)
        if row is None or (row["status"] in FINAL and self.dice.random() < _LEAVES):
            self.generation[slot] = max(self.generation[slot], generation + 1)

    def roll(self) -> Operation:
        """Return something to do."""
        weights, rolls = zip(*ROLLS, strict=True)
        roll: Callable[[Dice, int], Operation] = self.dice.choices(rolls, weights)[0]
        key = self.key()
        if key not in self.seen and self.dice.random() < 0.7:
            return insert(self, key)
        return roll(self, key)

    def state_of(self, key: int) -> str:
        """Return the state in which a row was seen last."""
        row = self.seen.get(key)
        return str(row["status"]) if row else self.dice.choice(INITIAL)

    def value(self, column: str) -> Value:
        """Return a value for *column*, now and then one that no row may have."""
        if column in ENTERS:
            return self.dice.choice((None, "infinity", *(_STAMP.format(n) for n in range(1, 6))))
        return self.dice.choice(_VALUES[column])

    def values_for(self, state: str) -> dict[str, Value]:
        """Return what belongs to entering *state*; now and then something is left away."""
        wanted: dict[str, Value] = {}
        if state == "HELD":
            room, paid = self.dice.randint(1, 3), self.dice.randint(0, 4)
            wanted = {"room": room, "paid": paid, "guests": self.dice.randint(1, 4)}
        elif state == "ARRIVED":
            wanted = {"desk": self.dice.randint(1, 4)}
        elif state == "LOST":
            wanted = {"lost_at": _STAMP.format(1)}
        if self.dice.random() < 0.15 and wanted:
            del wanted[self.dice.choice(list(wanted))]
        if self.dice.random() < 0.15:
            column = self.dice.choice((*COLUMNS[2:], *ENTERS))
            wanted[column] = self.value(column)
        return wanted


def move(rolled: Dice, key: int) -> Operation:
    """Move a row to a state that it may enter, as far as was seen."""
    targets = _TARGETS.get(rolled.state_of(key), STATES)
    target = rolled.dice.choice(targets)
    state = rolled.state_of(key) if rolled.dice.random() < 0.2 else None
    return Update((key,), {**rolled.values_for(target), "status": target}, state)


def jump(rolled: Dice, key: int) -> Operation:
    """Move a row to any state at all."""
    target = rolled.dice.choice((*STATES, "held", None))
    return Update((key,), {**rolled.values_for(str(target)), "status": target})


def edit(rolled: Dice, key: int) -> Operation:
    """Change one or two columns, and leave the state alone."""
    columns = rolled.dice.sample((*COLUMNS[2:], *ENTERS), rolled.dice.randint(1, 2))
    return Update((key,), {it: rolled.value(it) for it in columns})


def other_room(rolled: Dice, key: int) -> Operation:
    """Change what the row claims."""
    starts = rolled.dice.randint(0, 6)
    ends = starts + rolled.dice.randint(1, 3)
    return Update((key,), {"room": rolled.value("room"), "starts": starts, "ends": ends})


def bulk(rolled: Dice, key: int) -> Operation:
    """Write several rows at once, which are locked in no certain order."""
    keys = (key, *(rolled.key() for _ in range(rolled.dice.randint(1, 5))))
    state = rolled.state_of(key)
    if rolled.dice.random() < 0.4:
        return Update(keys, {"note": rolled.value("note")})
    target = rolled.dice.choice(_TARGETS.get(state, STATES))
    values = {} if rolled.dice.random() < 0.5 else rolled.values_for(target)
    return Update(keys, {**values, "status": target}, state)


def insert(rolled: Dice, key: int) -> Operation:
    """Let a row begin."""
    starts = rolled.dice.randint(0, 6)
    row: dict[str, Value] = {
        "id": key,
        "status": rolled.dice.choice(INITIAL if rolled.dice.random() < 0.9 else STATES),
        "starts": starts,
        "ends": starts + rolled.dice.randint(0, 3),
        "guests": rolled.dice.randint(1, 4),
    }
    if rolled.dice.random() < 0.3:
        column = rolled.dice.choice(("room", "desk", "paid", "note", *ENTERS))
        row[column] = rolled.value(column)
    return Insert(row, upsert=rolled.dice.random() < 0.25)


def delete(rolled: Dice, key: int) -> Operation:  # noqa: ARG001
    """Let a row die."""
    return Delete((key,))


def fire(rolled: Dice, key: int) -> Operation:
    """Fire an event, with what belongs to it, and perhaps with the state that is expected."""
    state = rolled.state_of(key)
    events = [it.event for it in MOVES if it.source == state] or EVENTS
    event = rolled.dice.choice(events if rolled.dice.random() < 0.8 else EVENTS)
    target = next(it.target for it in MOVES if it.event == event)
    values = {} if rolled.dice.random() < 0.2 else rolled.values_for(target)
    expect = state if rolled.dice.random() < 0.5 else None
    reason = "fired" if rolled.dice.random() < 0.3 else None
    return Fire(key, event, values, expect, reason)


def rekey(rolled: Dice, key: int) -> Operation:
    """Give a row another key."""
    return Update((key,), {"id": 1_000_000 + rolled.dice.randrange(9)})


ROLLS: Sequence[tuple[int, Callable[[Dice, int], Operation]]] = (
    (36, move),
    (10, jump),
    (12, edit),
    (8, other_room),
    (8, bulk),
    (5, insert),
    (4, delete),
    (20, fire),
    (1, rekey),
)
