"""A machine as it is when a column of its table has another name.

Pure: data in, data out.
"""

from collections.abc import Callable
from dataclasses import replace

from pginterlock.elements import Expression, Transition
from pginterlock.expression import rewrite
from pginterlock.model import Machine

_One = Callable[[str], str]
_Condition = Callable[[Expression], Expression]


def under_column(machine: Machine, old: str, new: str) -> Machine:
    """Return *machine* with column *old* of its table called *new*."""

    def one(column: str) -> str:
        return new if column == old else column

    def many(columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(one, columns))

    def condition(it: Expression) -> Expression:
        if old not in it.columns:
            return it
        return replace(it, text=rewrite(it.text, one), columns=many(it.columns))

    return replace(
        machine,
        state=one(machine.state),
        key=many(machine.key),
        transitions=tuple(_move(it, one, condition) for it in machine.transitions),
        stamps=tuple(replace(it, column=one(it.column)) for it in machine.stamps),
        rows=tuple(
            replace(
                it,
                require=many(it.require),
                forbid=many(it.forbid),
                freeze=many(it.freeze),
                clear=many(it.clear),
            )
            for it in machine.rows
        ),
        invariants=tuple(replace(it, check=condition(it.check)) for it in machine.invariants),
        claims=tuple(
            replace(
                it,
                resource=many(it.resource),
                during=condition(it.during) if it.during else None,
            )
            for it in machine.claims
        ),
        mirrors=tuple(replace(it, key=one(it.key)) for it in machine.mirrors),
        reactions=tuple(replace(it, when=condition(it.when)) for it in machine.reactions),
        repairs=tuple(
            replace(
                it,
                when=condition(it.when),
                sets=tuple((one(column), condition(value)) for column, value in it.sets),
            )
            for it in machine.repairs
        ),
        audit=replace(machine.audit, columns=many(machine.audit.columns)),
        funnel=many(machine.funnel),
    )


def _move(move: Transition, one: _One, condition: _Condition) -> Transition:
    return replace(
        move,
        guard=condition(move.guard) if move.guard else None,
        guard_on=replace(move.guard_on, key=one(move.guard_on.key)) if move.guard_on else None,
    )
