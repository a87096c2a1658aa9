"""What the stamps of a row tell of its repair: a lost time, one too many, or the state itself.

Pure: model and table in, SQL text out.
"""

from collections.abc import Callable, Sequence

from pginterlock.choices import Presence
from pginterlock.elements import Stamp
from pginterlock.model import Machine
from pginterlock.names import cut, ident, literal
from pginterlock.rules.parts import Render, RowRepair, Writing, is_state
from pginterlock.table import Kind

# Columns in which an application keeps when it last wrote a row.
_TOUCHED = (
    *("updated_at", "modified_at", "changed_at", "last_updated_at", "last_modified_at"),
    *("updated_on", "modified_on", "updated", "modified", "last_updated", "last_modified"),
)

Value = Callable[[Render], str]


def lost(writing: Writing, stamp: Stamp, code: str, rule: str) -> list[RowRepair]:
    """Return where a stamp that a state requires may be taken from, the best source first."""
    machine = writing.machine
    required = _states(machine, stamp, Presence.REQUIRED)
    own = tuple(s for s in required if s in stamp.states)
    past = tuple(s for s in required if s not in stamp.states)
    before, after = _neighbours(writing, stamp)
    touched = [name for name in _TOUCHED if _is_moment(writing, name)][:1]
    sources = [
        (required, "history", [], _of_history(writing, stamp), "the entry that entered the state"),
        (past, "", after, _nearest("least", after), ""),
        (own, "", touched, _nearest("least", touched), ""),
        (required, "", before, _nearest("greatest", before), ""),
        (past, "", touched, _nearest("least", touched), ""),
    ]
    found: dict[str, RowRepair] = {}
    for states, word, columns, value, told in sources:
        if not states or not (word or columns):
            continue
        name = f"{stamp.column}_from_{word or '_or_'.join(columns)}"
        source = told or " or ".join(columns)
        extra = "" if name not in found else f"_in_{'_'.join(states)}"
        found[name + extra] = RowRepair(
            code,
            rule,
            name + extra,
            _when_lost(writing, stamp, states, value),
            ((stamp.column, value),),
            f"{stamp.column} inferred from {source}",
            stage="columns",
            reads_history=bool(word),
        )
    return list(found.values())


def forbidden(writing: Writing, stamp: Stamp, code: str, rule: str) -> list[RowRepair]:
    """Return the proposal for a stamp whose state was never entered: it becomes null."""
    states = _states(writing.machine, stamp, Presence.FORBIDDEN)
    if not states or writing.column(stamp.column).is_not_null:
        return []

    def when(render: Render) -> str:
        state = writing.state_sql(render)
        return f"{is_state(state, states)} and {render(stamp.column)} is not null"

    return [
        RowRepair(
            code,
            rule,
            f"{stamp.column}_cleared",
            when,
            ((stamp.column, lambda _: "null"),),
            f"{stamp.column} cleared: its state was not entered",
            stage="columns",
        )
    ]


def entered(writing: Writing, code: str, rule: str) -> list[RowRepair]:
    """Return the proposals for a state that the stamps contradict: the one state that fits them.

    Only forward: a stamp is set whose state the row has not entered, and a move leads there.
    """
    machine = writing.machine
    return [
        RowRepair(
            code,
            rule,
            f"{machine.state}_{state}_from_stamps",
            _when_entered(writing, state),
            ((machine.state, _literal(state)),),
            f"{machine.state} inferred from its stamps",
            stage="state",
            must_mend_all=True,
        )
        for state in machine.states
        if _origins(machine, state)
    ]


def _literal(state: str) -> Value:
    return lambda _: literal(state)


def _origins(machine: Machine, state: str) -> tuple[str, ...]:
    return tuple(s for s in machine.states if s != state and state in machine.reachable((s,)))


def _when_entered(writing: Writing, state: str) -> Value:
    machine = writing.machine
    others = [s for s in machine.states if s != state]

    def when(render: Render) -> str:
        subject = writing.state_sql(render)
        contradicted = [
            f"{render(stamp.column)} is not null and {is_state(subject, never)}"
            for stamp in machine.stamps
            if (never := _states(machine, stamp, Presence.FORBIDDEN))
        ]
        fits = [f"not ({_fits(machine, other, render)})" for other in others]
        return " and ".join(
            [
                is_state(subject, _origins(machine, state)),
                f"({' or '.join(contradicted) or 'false'})",
                f"({_fits(machine, state, render)})",
                *fits,
            ]
        )

    return when


def _fits(machine: Machine, state: str, render: Render) -> str:
    arms = []
    for stamp in machine.stamps:
        match machine.presence(stamp, state):
            case Presence.REQUIRED:
                arms.append(f"{render(stamp.column)} is not null")
            case Presence.FORBIDDEN:
                arms.append(f"{render(stamp.column)} is null")
            case Presence.OPTIONAL:
                pass
    return " and ".join(arms) or "true"


def _states(machine: Machine, stamp: Stamp, presence: Presence) -> tuple[str, ...]:
    return tuple(s for s in machine.states if machine.presence(stamp, s) is presence)


def _neighbours(writing: Writing, stamp: Stamp) -> tuple[list[str], list[str]]:
    """Return the stamps of states before, and after, those of *stamp*."""
    machine = writing.machine
    after = machine.reachable(stamp.states)
    others = [s for s in machine.stamps if s.column != stamp.column]
    later = [s.column for s in others if set(s.states) <= after]
    earlier = [s.column for s in others if set(stamp.states) <= machine.reachable(s.states)]
    return [c for c in earlier if c not in later], [c for c in later if c not in earlier]


def _is_moment(writing: Writing, name: str) -> bool:
    column = writing.table.column(name)
    taken = [s.column for s in writing.machine.stamps]
    return column is not None and column.kind is Kind.MOMENT and name not in taken


def _nearest(function: str, columns: Sequence[str]) -> Value:
    def value(render: Render) -> str:
        if len(columns) == 1:
            return render(columns[0])
        return f"{function}({', '.join(map(render, columns))})"

    return value


def _of_history(writing: Writing, stamp: Stamp) -> Value:
    audit = f"interlock.{ident(cut(f'{writing.machine.name}_audit'))}"

    def value(render: Render) -> str:
        return (
            f"(select max(a.at) from {audit} as a where {writing.key_match('a', render)}"
            " and a.kind in ('birth', 'move', 'imported')"
            f" and {is_state('a.to_state', stamp.states)})"
        )

    return value


def _when_lost(
    writing: Writing, stamp: Stamp, states: tuple[str, ...], value: Value
) -> Callable[[Render], str]:
    def when(render: Render) -> str:
        return (
            f"{is_state(writing.state_sql(render), states)}"
            f" and (isfinite({render(stamp.column)})) is not true"
            f" and isfinite({value(render)})"
        )

    return when
