"""What sessions do, rolled by dice: a new kind is a function, and a line in `ROLLS`."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.races.inn import COLUMNS, ENTERS, EVENTS, FINAL, INITIAL, MOVES, STATES
from tests.races.model import Row, Value
from tests.races.operations import Approve, Delete, Fire, Insert, Operation, Update, WriteRoom
from tests.races.rooms import NUMBERS

SLOTS = 20
_HOT = 5  # rows that half of the operations go to
_LEAVES = 0.5  # how often a row in a final state is left for the next in its slot
LEVELS = ("read committed", "repeatable read", "serializable")
_STAMP = "2026-01-0{}T00:00:00+00:00"
_TARGETS = {it.source: tuple(m.target for m in MOVES if m.source == it.source) for it in MOVES}
_TO_APPROVE = tuple(it.source for it in MOVES if it.needs_approvals)
# What is tried, in any state: also what no row may have.
_VALUES: Mapping[str, Sequence[Value]] = {
    "room": (None, 1, 1, 2, 2, 3, 4),
    "desk": (None, 1, 1, 2, 2, 3, 4),
    "starts": tuple(range(8)),
    "ends": tuple(range(10)),
    "paid": (None, -1, 0, 1, 2, 3, 4, 5),
    "guests": (None, 0, 1, 2, 3, 4, 5),
    "note": (None, 1, 2, 3),
}


@dataclass(slots=True)
class Dice:
    """Rolls operations that are often sensible, by what its session has seen of the rows."""

    dice: random.Random
    seen: dict[int, Row | None] = field(default_factory=dict)
    generation: list[int] = field(default_factory=lambda: [0] * SLOTS)
    rolls: str = "all"

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
        weights, rolls = zip(*ROLLS[self.rolls], strict=True)
        roll: Callable[[Dice, int], Operation] = self.dice.choices(rolls, weights)[0]
        key = self.key()
        if key not in self.seen and self.dice.random() < 0.7:
            return insert(self, key)
        return roll(self, key)

    def state_of(self, key: int) -> str:
        """Return the state in which a row was seen last."""
        row = self.seen.get(key)
        return str(row["status"]) if row else self.dice.choice(INITIAL)

    def seen_in(self, states: Sequence[str], otherwise: int, first: float = 0.0) -> int:
        """Return the key of a row that was seen in one of *states*; often that of the *first*."""
        found = sorted(key for key, row in self.seen.items() if row and row["status"] in states)
        if not found:
            return otherwise
        return found[0] if self.dice.random() < first else self.dice.choice(found)

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


def move_room(rolled: Dice, key: int) -> Operation:
    """Move a guest who is in to another room."""
    return Update((rolled.seen_in(("ARRIVED",), key),), {"room": rolled.dice.choice(NUMBERS)})


def arrive(rolled: Dice, key: int) -> Operation:
    """Let a guest in, or out, who was seen where he may."""
    key = rolled.seen_in(("HELD", "PARKED", "ARRIVED"), key)
    state = rolled.state_of(key)
    target = "LEFT" if state == "ARRIVED" else "ARRIVED"
    if state == "HELD" and rolled.dice.random() < 0.7:
        target = "PARKED"
    values = rolled.values_for(target) if target == "ARRIVED" else {}
    return Update((key,), {**values, "status": target}, state)


def room(rolled: Dice, key: int) -> Operation:  # noqa: ARG001
    """Write a room: shut it or open it, say that it is taken, take it away or put it there."""
    number, roll = rolled.dice.choice((*NUMBERS[:-1], *NUMBERS)), rolled.dice.random()
    if roll < 0.1:
        return WriteRoom(number)
    values: dict[str, Value] = {}
    if roll < 0.45:
        values["taken"] = rolled.dice.random() < 0.5
    if roll > 0.35:
        values["shut"] = rolled.dice.random() < 0.3
    return WriteRoom(number, values, is_new=rolled.dice.random() < 0.25)


def approve(rolled: Dice, key: int) -> Operation:
    """Approve of a move of a row that was seen where it may be made, mostly; or withdraw that."""
    if rolled.dice.random() < 0.9:
        key = rolled.seen_in(_TO_APPROVE, key, 0.8)
    return Approve(key, "withdraw" if rolled.dice.random() < 0.1 else "approve")


def void(rolled: Dice, key: int) -> Operation:
    """Make the move that asks for approvals, of a row where it may be made."""
    key = rolled.seen_in(_TO_APPROVE, key, 0.8)
    if rolled.dice.random() < 0.5:
        return Fire(key, "void")
    return Update((key,), {"status": "VOID"})


_Rolls = Sequence[tuple[int, Callable[[Dice, int], Operation]]]
# How often each is rolled: all that there is, or above all what reaches across.
ROLLS: Mapping[str, _Rolls] = {
    "all": (
        (36, move),
        (10, jump),
        (12, edit),
        (8, other_room),
        (8, bulk),
        (5, insert),
        (4, delete),
        (20, fire),
        (1, rekey),
        (6, move_room),
        (8, room),
        (16, approve),
        (6, void),
    ),
    "across": (
        (30, move),
        (4, bulk),
        (4, insert),
        (15, fire),
        (20, arrive),
        (20, move_room),
        (10, room),
        (30, approve),
        (12, void),
    ),
    "rooms": (
        (25, move),
        (4, insert),
        (6, fire),
        (25, arrive),
        (25, move_room),
        (25, room),
    ),
}
