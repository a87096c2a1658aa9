"""A machine under both names of a state that is being renamed.

While a rename is under way the old name and the new one are states alike: every move, stamp, row
rule and permission of the one is also the other's; and one move more leads from the old name to the
new one.

Pure: data in, data out.
"""

import dataclasses
from collections.abc import Callable, Collection, Iterable
from typing import Any

from pginterlock.elements import Rename, Transition
from pginterlock.model import RENAME_EVENT, Machine

_Rewrite = Callable[[Iterable[str]], tuple[str, ...]]


def resolved(machine: Machine, in_force: Machine | None, *, drop_old_names: bool) -> Machine:
    """Return what *machine* of a spec means where *in_force* is installed.

    An old name that is installed stays beside the new one until it is dropped; one that is not is
    no more than documentation.
    """
    if in_force is None or drop_old_names:
        return machine
    return under_both_names(machine, in_force.states)


def under_both_names(machine: Machine, known: Collection[str]) -> Machine:
    """Return *machine* with those of its old names that are *known* beside the new ones."""
    pairs = [it for it in machine.renames if it.was in known]
    if not pairs:
        return machine
    old = {it.state: it.was for it in pairs}

    def both(states: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for s in states for name in ((s, old[s]) if s in old else (s,)))

    found = _rewritten(machine, both)
    moves = [Transition(RENAME_EVENT, it.was, it.state) for it in pairs]
    return dataclasses.replace(found, transitions=(*found.transitions, *moves))


def under_new_names(machine: Machine, renames: Collection[Rename]) -> Machine:
    """Return *machine* as if every state had its new name already."""
    new = {it.was: it.state for it in renames if it.was in machine.states}
    if not new:
        return machine

    def renamed(states: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(new.get(s, s) for s in states))

    found = _rewritten(machine, renamed)
    moves = [t for t in found.transitions if t.event != RENAME_EVENT]
    return dataclasses.replace(found, transitions=tuple(moves))


def _rewritten(machine: Machine, rewrite: _Rewrite) -> Machine:
    """Return *machine* with every mention of states rewritten; what becomes the same is one."""
    moves = [
        dataclasses.replace(t, from_state=origin, to_state=target)
        for t in machine.transitions
        for origin in rewrite([t.from_state])
        for target in rewrite([t.to_state])
    ]
    rows = [
        dataclasses.replace(row, state=state)
        for row in machine.rows
        for state in rewrite([row.state])
    ]
    found = dataclasses.replace(
        machine,
        initial=rewrite(machine.initial),
        final=rewrite(machine.final),
        transitions=tuple(dict.fromkeys(moves)),
        rows=tuple({row.state: row for row in reversed(rows)}.values())[::-1],
        deletion=rewrite(machine.deletion),
    )
    # Stamps, invariants, and whatever else is said of some states.
    told: dict[str, Any] = {}
    for part in dataclasses.fields(machine):
        value = getattr(machine, part.name)
        if isinstance(value, tuple) and value and hasattr(value[0], "states"):
            told[part.name] = tuple(
                dataclasses.replace(it, states=rewrite(it.states)) for it in value
            )
    return dataclasses.replace(found, **told)
