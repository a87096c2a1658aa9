"""The inn: its machine as tables of this model. `inn.yaml` says the same to the compiler."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.races import reacting
from tests.races.model import Entry, Feature, Holding, Model, Row, Value, Write

FOLDER = Path(__file__).parent
COLUMNS = ("id", "status", "room", "starts", "ends", "desk", "paid", "guests", "note")
STAMPS = ("held_at", "arrived_at", "left_at", "lost_at")
AUDITED = ("room", "paid")

INITIAL = ("ASKED", "WAITING")
FINAL = ("LEFT", "LOST", "MISSED", "VOID")
STATES = (*INITIAL, "HELD", "PARKED", "ARRIVED", *FINAL)
MORTAL = ("ASKED", "LOST")

JUDGE = "inn_judge"
# Who is a member of what; each is one of himself.
MEMBERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("inn_app", "inn_day"), ("inn_desk", "inn_clerk", "inn_judge")),
    **dict.fromkeys(("inn_night", "inn_late"), ("inn_audit", "inn_clerk", "inn_judge")),
}


@dataclass(frozen=True, slots=True)
class Move:
    """One event that leads from a state to another."""

    event: str
    source: str
    target: str
    guard: Callable[[Row], bool] = lambda _: True
    by: tuple[str, ...] = ()
    needs_reason: bool = False
    needs_open_room: bool = False  # that of the row; only whoever locks it knows
    needs_approvals: bool = False


def _is_paid(row: Row) -> bool:
    return isinstance(row["paid"], int) and row["paid"] > 0


def _has_room(row: Row) -> bool:
    return row["room"] is not None


# In the order of the spec: the first that may be made names the move.
MOVES = (
    Move("wait", "ASKED", "WAITING"),
    *(Move("hold", it, "HELD", guard=_is_paid) for it in INITIAL),
    *(Move("trust", it, "HELD", by=("inn_desk",)) for it in INITIAL),
    Move("release", "HELD", "ASKED"),
    Move("arrive", "HELD", "ARRIVED"),
    Move("park", "HELD", "PARKED"),
    Move("late", "PARKED", "ARRIVED", guard=_has_room, needs_open_room=True),
    Move("leave", "ARRIVED", "LEFT"),
    *(Move("lose", it, "LOST", needs_reason=True) for it in (*INITIAL, "HELD", "PARKED")),
    Move("miss", "HELD", "MISSED", by=("inn_audit", "inn_desk")),
    *(Move("void", it, "VOID", needs_approvals=True) for it in ("HELD", "ARRIVED")),
)
EVENTS = tuple(dict.fromkeys(it.event for it in MOVES))
BETWEEN: Mapping[tuple[Value, Value], tuple[Move, ...]] = {
    (source, target): found
    for source in STATES
    for target in STATES
    if (found := tuple(it for it in MOVES if (it.source, it.target) == (source, target)))
}
BY_EVENT = {(it.event, it.source): it for it in MOVES}

# State of a stamp, how it is filled; where it must be set, and where it must not.
_FILLED = {"HELD": ("held_at", "if_null"), "ARRIVED": ("arrived_at", "if_null")}
_FILLED |= {"LEFT": ("left_at", "always")}
ENTERS = {"held_at": "HELD", "arrived_at": "ARRIVED", "left_at": "LEFT", "lost_at": "LOST"}
_SET = {
    "held_at": ("HELD", "PARKED", "ARRIVED", "LEFT", "MISSED", "VOID"),
    "arrived_at": ("ARRIVED", "LEFT"),
    "left_at": ("LEFT",),
    "lost_at": ("LOST",),
}
_MAY_BE_SET = {"held_at": ("ASKED", "WAITING", "LOST"), "arrived_at": ("VOID",)}
_CLEARED = {"ASKED": "desk", "LOST": "room"}
_REQUIRED = {"HELD": ("room",), "ARRIVED": ("room", "desk")}
_FROZEN = {
    "HELD": ("paid",),
    "ARRIVED": ("paid", "starts"),
    "LEFT": ("room", "starts", "ends", "paid"),
    "MISSED": (*COLUMNS[2:], *STAMPS),
}
_MOST_GUESTS = 4


def is_member(asks: str, roles: tuple[str, ...]) -> bool:
    """Whether *asks* is one of *roles*, or a member of one."""
    return not roles or any(it in (asks, *MEMBERS.get(asks, ())) for it in roles)


# Moves, births and deaths.


def _candidates(write: Write) -> tuple[Move, ...]:
    """Return the moves that the write may be: the one that was fired, or all between two states.

    Where a reaction has gone on, the write itself ended before.
    """
    found = BETWEEN.get((write.source, write.via or write.target), ())
    fired = tuple(it for it in found if it.event == write.who.event)
    return fired or found


def move_of(write: Write) -> Move | None:
    """Return the move that the write makes; none where it may make none."""
    for it in _candidates(write):
        if write.after and it.guard(write.after) and is_member(write.who.asks, it.by):
            return it
    return None


def _moves(write: Write) -> Iterator[str]:
    if not write.is_move or (write.reaction and not write.via):
        return
    found = _candidates(write)
    if not found:
        yield "IL01"
    made = move_of(write)
    if made is None:
        for it in found:
            if write.after and not it.guard(write.after):
                yield "IL04"
            elif not is_member(write.who.asks, it.by):
                yield "IL05"
    elif made.needs_reason and not write.who.reason:
        yield "IL06"


def _births_and_deaths(write: Write) -> Iterator[str]:
    if write.before is None and write.target not in INITIAL:
        yield "IL02"
    if write.after is None and write.source not in MORTAL:
        yield "IL03"


# Columns.


def _stamped(write: Write) -> Mapping[str, Value]:
    if not write.after or not write.is_entry or write.target not in _FILLED:
        return {}
    column, how = _FILLED[str(write.target)]
    return {column: write.now} if how == "always" or write.after[column] is None else {}


def _cleared(write: Write) -> Mapping[str, Value]:
    column = _CLEARED.get(str(write.target)) if write.is_entry else None
    return {column: None} if column else {}


def _frozen(write: Write) -> Iterator[str]:
    if write.changes("id"):
        yield "IL07"
    for stamp, state in ENTERS.items():
        if write.changes(stamp) and not (write.is_move and state in (write.target, write.via)):
            yield "IL07"
    for column in _FROZEN.get(str(write.source), ()):
        if write.changes(column) and _CLEARED.get(str(write.target)) != column:
            yield "IL07"


def _stamps_fit(row: Row) -> Iterator[str]:
    for stamp, states in _SET.items():
        value, state = row[stamp], row["status"]
        is_set = value is not None and value not in ("infinity", "-infinity")
        if value is not None and not is_set:
            yield "IL12"
        if state in states:
            fits = is_set
        else:
            fits = value is None or state in _MAY_BE_SET.get(stamp, ()) or state not in STATES
        if not fits:
            yield "IL12"


def _state_fits(row: Row) -> Iterator[str]:
    state = str(row["status"])
    if row["status"] not in STATES:
        yield "IL11"
    if any(row[it] is None for it in _REQUIRED.get(state, ())):
        yield "IL13"
    if state in _CLEARED and row[_CLEARED[state]] is not None:
        yield "IL13"


def _invariants(row: Row) -> Iterator[str]:
    starts, ends, paid, guests = row["starts"], row["ends"], row["paid"], row["guests"]
    if not (isinstance(starts, int) and isinstance(ends, int) and ends > starts):
        yield "IL14"
    if isinstance(paid, int) and paid < 0:
        yield "IL14"
    fit = isinstance(guests, int) and 1 <= guests <= _MOST_GUESTS
    if row["status"] in ("HELD", "ARRIVED") and not fit:
        yield "IL14"


# Claims.


def _held(row: Row) -> Iterator[Holding]:
    starts, ends = row["starts"], row["ends"]
    is_range = isinstance(starts, int) and isinstance(ends, int)
    if row["status"] in ("HELD", "ARRIVED") and row["room"] is not None and is_range:
        yield Holding("room", row["room"], starts, ends)  # type: ignore[arg-type]
    if row["status"] == "ARRIVED" and row["desk"] is not None:
        yield Holding("desk", row["desk"])


def _ranges_too_early(row: Row) -> Iterator[str]:
    """Without a CHECK an index computes the range first, and the server itself refuses it."""
    starts, ends = row["starts"], row["ends"]
    is_inverted = isinstance(starts, int) and isinstance(ends, int) and starts > ends
    if row["status"] in ("HELD", "ARRIVED") and is_inverted:
        yield "SQLSTATE 22000"


def inn(checks: str = "function") -> Model:
    """Return the model of the machine under these *checks*."""
    return Model(
        (
            Feature("moves", rules=(_moves, _births_and_deaths)),
            Feature(
                "columns",
                fills=(_stamped, _cleared),
                rules=(_frozen,),
                row_rules=(_stamps_fit, _state_fits, _invariants),
            ),
            Feature(
                "claims",
                row_rules=(_ranges_too_early,) if checks == "trigger" else (),
                holdings=(_held,),
            ),
        ),
        reacting.react,
        reacting.told,
    )


def entries_of(write: Write) -> tuple[Entry, ...]:
    """Return the entries that a write which went through leaves in the history."""
    old = {it: write.before[it] for it in AUDITED} if write.before else {}
    new = {it: write.after[it] for it in AUDITED} if write.after else {}
    if not (write.before and write.after):
        kind = "death" if write.before else "birth"
        return (Entry(kind, None, write.source, write.target, None, _given(old), _given(new)),)
    changed = [it for it in AUDITED if write.changes(it)]
    both = tuple(_given({it: them[it] for it in changed}) for them in (old, new))
    if write.reaction and not write.via:
        told = reacting.event_of(write)
        return (Entry("move", told, write.source, write.target, write.reaction, *both),)
    if write.is_move:
        made = move_of(write)
        event = made.event if made else None
        own = Entry("move", event, write.source, write.via or write.target, None, *both)
        return (own, *_onward(write))
    if not changed:
        return ()
    return (Entry("change", None, write.source, write.target, None, *both),)


def _onward(write: Write) -> Iterator[Entry]:
    if write.via:
        yield Entry("move", reacting.event_of(write), write.via, write.target, write.reaction)


def _given(values: Mapping[str, Value]) -> Mapping[str, Value]:
    return {name: value for name, value in values.items() if value is not None}
