"""The reactions of a machine, from the spec to the model.

Pure: data in, data out.
"""

import re
from collections.abc import Callable, Sequence

from pginterlock.elements import Expression, Reaction
from pginterlock.expression import ExpressionError, parse
from pginterlock.model import SpecPath
from pginterlock.names import MAX_BYTES
from pginterlock.spec_format import MachinePart
from pginterlock.spelling import meant

# A reaction is an actor of the history, `interlock:<name>`; this one is another's.
_TAKEN = ("deadline",)
_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")

Express = Callable[[SpecPath, str], Expression]
Add = Callable[[SpecPath, str], None]


def read_reactions(
    part: MachinePart, express: Express, add: Add, *, is_whole: bool
) -> tuple[Reaction, ...]:
    """Return the reactions of *part* in the order of the spec; what is wrong goes to *add*.

    *is_whole* says that no move was left out, so that an event which is missing is unknown.
    """
    found: list[Reaction] = []
    for name, it in part.reactions.items():
        _check_name(name, add)
        when = express(("reactions", name, "when"), it.when)
        _check_when(part, name, when, add)
        if is_whole:
            _check_event(part, name, it.event, add)
        for other in found:
            if (other.when.text, other.event) == (when.text, it.event):
                add(("reactions", name), f"{other.name} says the same already")
        found.append(Reaction(name, when, it.event))
    if is_whole:
        _check_loops(part, found, add)
    return tuple(found)


def _check_name(name: str, add: Add) -> None:
    if not _NAME.match(name) or len(name.encode()) > MAX_BYTES:
        add(
            ("reactions", name),
            f"{name!r} is no name of a reaction: small letters, digits and _, at most {MAX_BYTES}"
            " bytes, for the history knows its actor by it",
        )
    if name in _TAKEN:
        add(("reactions", name), f"the actor interlock:{name} is another's: call it otherwise")


def _check_when(part: MachinePart, name: str, when: Expression, add: Add) -> None:
    path: SpecPath = ("reactions", name, "when")
    if part.state in when.columns:
        add(path, f"{part.state!r} is the state column: the moves of the event say from where")
    elif not when.columns and _is_expression(when.text):
        add(path, "it reads no column, and so never becomes true")


def _is_expression(text: str) -> bool:
    try:
        parse(text)
    except ExpressionError:
        return False  # told already
    return True


def _check_event(part: MachinePart, name: str, event: str, add: Add) -> None:
    path: SpecPath = ("reactions", name, "event")
    if event not in part.transitions:
        add(path, f"unknown event {event!r}{meant(event, part.transitions)}")
        return
    if any(move.approvals for move in part.transitions[event]):
        add(path, f"{event} needs approvals, and a reaction waits for nobody")
    for state, targets in _targets(part, event).items():
        if len(targets) > 1:
            told = f"{event} leads from {state} to {' and '.join(targets)}"
            add(path, f"{told}: a reaction needs to know where to")


def _check_loops(part: MachinePart, reactions: Sequence[Reaction], add: Add) -> None:
    """Tell of reactions that lead a row back to where one began: nothing would ever end it."""
    moves = [
        (number, origin, target)
        for number, it in enumerate(reactions)
        for origin, targets in _targets(part, it.event).items()
        for target in targets
    ]
    for number, origin, target in moves:
        way = _way(moves, target, origin)
        # Told once, at the reaction that closes the circle.
        if way and number >= max(step for step, _, _ in way):
            states = " -> ".join([origin, *(state for _, state, _ in way), origin])
            path: SpecPath = ("reactions", reactions[number].name)
            add(path, f"reactions lead round in a circle: {states}")
            return


def _way(
    moves: Sequence[tuple[int, str, str]], start: str, end: str
) -> list[tuple[int, str, str]] | None:
    """Return a way from *start* to *end* by *moves*, or None."""
    before: dict[str, tuple[int, str, str]] = {}
    todo = [start]
    while todo:
        state = todo.pop()
        for move in moves:
            if move[1] == state and move[2] not in before:
                before[move[2]] = move
                todo.append(move[2])
    if end not in before:
        return None
    way = [before[end]]
    while way[0][1] != start:
        way.insert(0, before[way[0][1]])
    return way


def _targets(part: MachinePart, event: str) -> dict[str, list[str]]:
    """Return where *event* leads, by the state that it leaves."""
    found: dict[str, list[str]] = {}
    for move in part.transitions.get(event, ()):
        for state in move.from_:
            if move.to not in found.setdefault(state, []):
                found[state].append(move.to)
    return found
