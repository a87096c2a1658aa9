"""Reactions: moves that the database makes by itself, in the write that makes their condition true.

Not a rule of its own, for it refuses nothing: what it does is a move, and judged like any other
(IL01). A BEFORE trigger writes the state; the AFTER trigger judges what came of it, and tells the
reaction's move from another by the row before and the row after alone, so that nothing which a
session can set has a part in it:

* a `Step` leads from the state in which the row stood, in the write that makes it possible;
* a `Through` goes on from a state that the write itself entered, where no other move could have
  led: two moves in one write.

What they write is in `reacting`.

Pure: data in, data out.
"""

from dataclasses import dataclass

from pginterlock.choices import Mode
from pginterlock.elements import Reaction, Transition
from pginterlock.expression import is_bare
from pginterlock.model import RENAME_EVENT, Machine

NAME = "reaction"
# What an entry keeps of a reaction, beside the actor that it is: why, and who wrote meanwhile.
COLUMNS = ("cause", "claimed_actor")
# The actor of a reaction's move; whoever claims to be one of these is refused.
ACTORS = "interlock:"
# Commands of ours that act in a session's name, and say so: `interlock overdue --act`.
SERVANTS = ("interlock:deadline",)


@dataclass(frozen=True, slots=True)
class Step:
    """A move that *reaction* makes from the state in which the row stood.

    *beside* are the states that the write may have entered in place of it: those from which the
    event leads to the same end.
    """

    reaction: Reaction
    move: Transition
    beside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Through:
    """A move of a write from *origin* to *via*, and one of *steps* from there to *target*."""

    origin: str
    via: str
    target: str
    steps: tuple[Step, ...]


def moves(machine: Machine, reaction: Reaction) -> list[Transition]:
    """Return the moves of *reaction*: those of its event, none into an old name of a state."""
    gone = [it.was for it in machine.old_names]
    return [t for t in machine.transitions if t.event == reaction.event and t.to_state not in gone]


def steps(machine: Machine) -> list[Step]:
    """Return the moves of all reactions that act, in the order in which they are tried."""
    found = []
    for it in machine.reactions:
        if machine.mode_of(NAME, it.name) is Mode.OBSERVE:
            continue
        made = moves(machine, it)
        ends = {t.from_state: t.to_state for t in made}
        for move in made:
            beside = [
                via
                for via in _entered_from(machine, move.from_state)
                if ends.get(via) == move.to_state
            ]
            found.append(Step(it, move, tuple(beside)))
    return found


def throughs(machine: Machine) -> list[Through]:
    """Return the pairs of moves that their ends tell: one way there, and no move beside it."""
    listed = {(t.from_state, t.to_state) for t in machine.transitions}
    ways: dict[tuple[str, str], dict[str, list[Step]]] = {}
    for step in steps(machine):
        via, target = step.move.from_state, step.move.to_state
        for origin in machine.states:
            if via not in _entered_from(machine, origin):
                continue
            if origin != target and (origin, target) not in listed:
                ways.setdefault((origin, target), {}).setdefault(via, []).append(step)
    return [
        Through(origin, via, target, tuple(made))
        for (origin, target), by_via in ways.items()
        if len(by_via) == 1
        for via, made in by_via.items()
    ]


def _entered_from(machine: Machine, state: str) -> list[str]:
    """Return the states that a write enters from *state*, under their present names."""
    gone = [it.was for it in machine.old_names]
    return list(
        dict.fromkeys(
            t.to_state
            for t in machine.transitions
            if t.from_state == state and t.event != RENAME_EVENT and t.to_state not in gone
        )
    )


def read_columns(machine: Machine) -> list[str]:
    """Return the columns that decide whether a reaction is made."""
    read = [c for s in steps(machine) for c in s.reaction.when.columns]
    read += [c for s in steps(machine) if s.move.guard for c in s.move.guard.columns]
    return [c for c in dict.fromkeys(read) if c != machine.state]


def is_bare_all(machine: Machine) -> bool:
    """Whether no search path can change what the conditions of the reactions mean."""
    texts = [s.reaction.when.text for s in steps(machine)]
    texts += [s.move.guard.text for s in steps(machine) if s.move.guard]
    return all(map(is_bare, texts))


def cause(it: Reaction) -> str:
    """Return why *it* moved a row, in words."""
    return f"{it.name}: {it.when.text}"
