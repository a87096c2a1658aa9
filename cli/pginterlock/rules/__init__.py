"""The rules: one module for each kind.

A module knows its code, its error, and what it has to say at each moment of a row's life:
``row_predicates``, ``at_birth``, ``at_move``, ``at_change``, ``at_death``, ``fills``. What is asked
of every entry of the history is written by `attribution`, around the entry itself.
Whoever needs rules iterates over `RULES`; adding a kind touches nothing else.
"""

from types import ModuleType

from pginterlock.rules import (
    attribution,
    authority,
    birth,
    continuity,
    death,
    freeze,
    guard,
    invariant,
    known_state,
    stale,
    stamp,
    state_row,
    transition,
)
from pginterlock.rules.parts import RowPredicate, Writing

# In the order in which they are judged.
RULES: tuple[ModuleType, ...] = (
    birth,
    death,
    stale,
    transition,
    guard,
    authority,
    continuity,
    freeze,
    known_state,
    stamp,
    state_row,
    invariant,
    attribution,
)


def statements(moment: str, writing: Writing) -> list[str]:
    """Return what every rule has to say at *moment*, one of those above."""
    return [
        text for rule in RULES if hasattr(rule, moment) for text in getattr(rule, moment)(writing)
    ]


def row_predicates(writing: Writing) -> list[RowPredicate]:
    """Return the predicates of all row rules, in the order in which they are judged."""
    return [
        predicate
        for rule in RULES
        if hasattr(rule, "row_predicates")
        for predicate in rule.row_predicates(writing)
    ]


def fills(writing: Writing, state: str) -> list[str]:
    """Return the assignments of all rules on entry to *state*."""
    return [text for rule in RULES if hasattr(rule, "fills") for text in rule.fills(writing, state)]
