"""The rules: one module for each kind.

A module knows its code, its error, and what it has to say at each moment of a row's life:
``row_predicates``, ``at_birth``, ``at_move``, ``at_change``, ``at_death``, ``fills``; what follows
a write that was judged, ``after_birth``, ``after_change``, ``after_death``; what it asks
of a backfill's own write, ``at_repair``; and what it proposes for rows that broke it before it was
there, ``repairs``. What is asked of every entry of the history is written by `attribution`, around
the entry itself.
Whoever needs rules iterates over `RULES`; adding a kind touches nothing else.
"""

from types import ModuleType

from pginterlock.choices import Mode
from pginterlock.rules import (
    attribution,
    authority,
    birth,
    claim,
    continuity,
    deadline,
    death,
    freeze,
    guard,
    invariant,
    known_state,
    mirror,
    stale,
    stamp,
    state_row,
    transition,
)
from pginterlock.rules.parts import RowPredicate, RowRepair, Writing

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
    claim,
    mirror,
    deadline,
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


def checked_predicates(writing: Writing) -> list[RowPredicate]:
    """Return the predicates that a CHECK holds: those in enforce, unless the trigger holds all."""
    return [p for p in row_predicates(writing) if writing.is_checked(p.rule, p.name)]


def judged_predicates(writing: Writing) -> list[RowPredicate]:
    """Return the predicates that the trigger judges: those that no CHECK holds."""
    return [p for p in row_predicates(writing) if not writing.is_checked(p.rule, p.name)]


def enforced_predicates(writing: Writing) -> list[RowPredicate]:
    """Return the predicates of which no row may be broken, whatever holds them."""
    return [
        p
        for p in row_predicates(writing)
        if writing.machine.mode_of(p.rule, p.name) is Mode.ENFORCE
    ]


def repairs(writing: Writing) -> list[RowRepair]:
    """Return what all rules propose for rows that were broken before, in the order of trying."""
    return [it for rule in RULES if hasattr(rule, "repairs") for it in rule.repairs(writing)]


def fills(writing: Writing, state: str) -> list[str]:
    """Return the assignments of all rules on entry to *state*."""
    return [text for rule in RULES if hasattr(rule, "fills") for text in rule.fills(writing, state)]
