"""How a row comes to a state, and what it must look like there and before. Pure."""

from collections.abc import Collection, Iterator, Sequence

from pginterlock.choices import Presence
from pginterlock.elements import Claim, Expression, Transition
from pginterlock.expression import demands
from pginterlock.generate.acting import asked
from pginterlock.generate.solving import Condition
from pginterlock.model import Machine
from pginterlock.names import ident

_MOST_WAYS = 6


def to(machine: Machine, state: str) -> Iterator[tuple[str, Sequence[Transition]]]:
    """Yield where a way to *state* begins, and its moves, no state twice.

    Ways on which nobody has to approve come first, and the shorter ones before the longer.
    """
    plain = [it for it in machine.transitions if asked(machine, it) is None]
    yield from _along(machine, state, plain)
    if len(plain) < len(machine.transitions):
        for start, way in _along(machine, state, machine.transitions):
            if any(asked(machine, it) for it in way):
                yield start, way


def _along(
    machine: Machine, state: str, moves: Sequence[Transition]
) -> Iterator[tuple[str, Sequence[Transition]]]:
    """Yield the ways of *moves* to *state*, the shortest first."""
    leading = _leading(state, moves)
    todo: list[tuple[str, str, tuple[Transition, ...]]] = [
        (it, it, ()) for it in machine.initial if it in leading
    ]
    found = 0
    while todo and found < _MOST_WAYS:
        start, here, way = todo.pop(0)
        if here == state:
            found += 1
            yield start, way
            continue
        seen = {it.from_state for it in way}
        todo += [
            (start, it.to_state, (*way, it))
            for it in moves
            if it.from_state == here and it.to_state not in seen and it.to_state in leading
        ]


def _leading(state: str, moves: Sequence[Transition]) -> set[str]:
    """Return the states from which *moves* lead to *state*, itself included."""
    found, todo = {state}, [state]
    while todo:
        here = todo.pop()
        new = {it.from_state for it in moves if it.to_state == here} - found
        found |= new
        todo += new
    return found


def presence(machine: Machine, state: str) -> dict[str, bool]:
    """Return which columns must be there in *state*, and which not."""
    row = machine.row(state)
    found = {
        it.column: needed is Presence.REQUIRED
        for it in machine.stamps
        if (needed := machine.presence(it, state)) is not Presence.OPTIONAL
    }
    found |= dict.fromkeys((*row.forbid, *row.clear), False)
    return found | dict.fromkeys(row.require, True)


def foresight(
    machine: Machine, columns: Collection[str], state: str, ahead: Sequence[Transition]
) -> dict[str, bool]:
    """Return which of *columns* must be there in *state* already, for the moves *ahead*.

    These are what is asked for later, and frozen until then.
    """
    found: list[str] = []
    frozen: set[str] = set()
    here = state
    for move in ahead:
        freeze = machine.row(here).freeze
        frozen |= set(columns if freeze == ("*",) else freeze)
        wanted = list(machine.row(move.to_state).require)
        if move.guard:
            wanted += [it for it, is_there in demands(move.guard.text) if is_there]
        found += [it for it in wanted if it in frozen and it in columns]
        here = move.to_state
    forbidden = {it for it, is_there in presence(machine, state).items() if not is_there}
    return {it: True for it in found if it not in forbidden}


def bounded(claim: Claim) -> Condition:
    """Return what a row must look like that holds *claim*: from when, until when."""
    during = claim.during or Expression("null", ())
    free = " or ".join(f"{ident(it)} is null" for it in claim.resource)
    text = (
        f"{free} or not isempty({during.text})"
        f" and not lower_inf({during.text}) and not upper_inf({during.text})"
    )
    return Condition(text, tuple(dict.fromkeys([*claim.resource, *during.columns])))
