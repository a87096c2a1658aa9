"""IL14, invariant: a condition that holds always, or while in some states."""

from pginterlock.elements import Invariant
from pginterlock.errors import InvariantBroken
from pginterlock.expression import rewrite
from pginterlock.rules.parts import Render, RowPredicate, Writing

ERROR = InvariantBroken
CODE = InvariantBroken.code
NAME = "invariant"


def row_predicates(writing: Writing) -> list[RowPredicate]:
    """Return one predicate for each invariant."""
    return [_predicate(writing, invariant) for invariant in writing.machine.invariants]


def _predicate(writing: Writing, invariant: Invariant) -> RowPredicate:
    def condition(render: Render) -> str:
        return rewrite(invariant.check.text, render)

    columns = invariant.check.columns
    asked = (writing.machine.state,) if invariant.states else ()
    return RowPredicate(
        CODE,
        NAME,
        invariant.name,
        columns[0] if len(columns) == 1 else "",
        tuple(dict.fromkeys([*asked, *columns])),
        condition,
        message=f"{invariant.name} does not hold",
        hint=f"It must hold: {invariant.check.text}",
        states=invariant.states,
    )
