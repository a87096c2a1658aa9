"""The reactions of the inn, by hand: what the database writes by itself, and how a move is told.

Pure. `inn.yaml` says the same to the compiler.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tests.races.model import Reacted, Row, Value, Write


@dataclass(frozen=True, slots=True)
class Step:
    """A move of a reaction: from a state, or from one that the write would enter *instead*."""

    reaction: str
    event: str
    source: str
    target: str
    holds: Callable[[Row], bool]
    instead: tuple[str, ...] = ()


def _is_paid(row: Row) -> bool:
    return isinstance(row["paid"], int) and row["paid"] > 2


def _has_desk(row: Row) -> bool:
    return row["desk"] is not None


CAUSES = {
    "payment_holds": "payment_holds: paid > 2",
    "desk_arrives": "desk_arrives: desk is not null",
}
_STEPS = (
    Step("payment_holds", "hold", "ASKED", "HELD", _is_paid, ("WAITING",)),
    Step("payment_holds", "hold", "WAITING", "HELD", _is_paid),
    Step("desk_arrives", "arrive", "HELD", "ARRIVED", _has_desk),
)
_EVENTS = {"payment_holds": "hold", "desk_arrives": "arrive"}
# What `interlock.fire` can have been asked for, so that the move is its caller's.
_ASKED: Mapping[tuple[Value, Value], tuple[str, ...]] = {
    ("ASKED", "HELD"): ("hold", "trust"),
    ("WAITING", "HELD"): ("hold", "trust"),
    ("HELD", "ARRIVED"): ("arrive",),
}
# From the state that is left to the one on the way, and the step from there.
_ONWARD: Mapping[tuple[Value, Value], Step] = {
    ("ASKED", "HELD"): _STEPS[2],
    ("WAITING", "HELD"): _STEPS[2],
}


def react(write: Write) -> Reacted:
    """Return the states that the row comes to, in their order, and which reaction took it there."""
    before, after = write.before, write.after
    if before is None or after is None:
        return Reacted((write.target,))
    for it in _STEPS:
        stands = it.source == write.source and write.target in (it.source, *it.instead)
        if stands and it.holds(after) and not it.holds(before):
            return Reacted((it.target,))
    onward = _ONWARD.get((write.source, write.target))
    if onward and onward.holds(after):
        return Reacted((write.target, onward.target), onward.reaction)
    return Reacted((write.target,))


def told(write: Write, reacted: Reacted | None = None) -> Write:
    """Return *write*, and whose move it was: which its two rows tell, where two moves may be one.

    *reacted* says that they are, if it is known; what is stored has been judged.
    """
    before, after = write.before, write.after
    if before is None or after is None:
        return write
    for it in _STEPS:
        if (it.source, it.target) == (write.source, write.target):
            is_asked = write.who.event in _ASKED[write.source, write.target]
            if it.holds(after) and not it.holds(before) and not is_asked:
                return replace(write, reaction=it.reaction)
    if reacted is None or reacted.reaction:
        for (source, via), it in _ONWARD.items():
            if (source, it.target) == (write.source, write.target) and it.holds(after):
                return replace(write, reaction=it.reaction, via=via)
    return write


def event_of(write: Write) -> str:
    """Return the event of the reaction that moved the row."""
    return _EVENTS[str(write.reaction)]
