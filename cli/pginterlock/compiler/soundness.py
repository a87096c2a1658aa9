"""What makes a row sound, state by state: the short way through all row rules.

An expression of a function is set up anew in every transaction in which it is evaluated, so what
counts is how many are, and how long. A row is asked only what its state asks, in one condition;
only a row that fails it is judged rule by rule.

Pure: model and table in, SQL text out.
"""

from collections.abc import Callable, Sequence

from pginterlock.names import literal
from pginterlock.rules import known_state
from pginterlock.rules.parts import Render, RowPredicate, Writing, indent

# A state, or none that the machine knows, the condition, and its parts with their predicates.
Judge = Callable[[str | None, str, list[tuple[RowPredicate, str]]], str]


def conditions(
    writing: Writing, predicates: Sequence[RowPredicate], render: Render
) -> list[tuple[tuple[str, ...], str]]:
    """Return what *predicates* ask of a row in each state; states that ask the same are together.

    A condition may be null for a row that is not sound.
    """
    states_by_condition: dict[str, list[str]] = {}
    for state in writing.machine.states:
        condition = _all([it for _, it in _asked(predicates, render, state)])
        states_by_condition.setdefault(condition, []).append(state)
    return [(tuple(states), condition) for condition, states in states_by_condition.items()]


def sound_case(writing: Writing, predicates: Sequence[RowPredicate], render: Render) -> str:
    """Return one CASE that is true of rows sound by *predicates*; null or false of all others."""
    subject = writing.state_sql(render)
    arms = []
    for states, condition in conditions(writing, predicates, render):
        arms.append(f"when {_any_of(subject, states)} then")
        arms.append(indent(condition))
    unknown = _all([it for _, it in _asked(predicates, render, None)])
    return "case\n" + indent("\n".join([*arms, f"else {unknown}"])) + "\nend"


def sound_branches(
    writing: Writing,
    predicates: Sequence[RowPredicate],
    render: Render,
    subject: str,
    *,
    judge: Judge,
) -> str:
    """Return an if-chain over the states of *subject*.

    *judge* gets one of the states that ask the same, the condition and its parts, each with its
    predicate, and returns what stands in that branch.
    """
    lines: list[str] = []
    for states, condition in conditions(writing, predicates, render):
        word = "elsif" if lines else "if"
        lines.append(f"{word} {_any_of(subject, states)} then")
        lines.append(indent(judge(states[0], condition, _asked(predicates, render, states[0]))))
    parts = _asked(predicates, render, None)
    otherwise = judge(None, _all([it for _, it in parts]), parts)
    return "\n".join([*lines, "else", indent(otherwise), "end if;"])


def _asked(
    predicates: Sequence[RowPredicate], render: Render, state: str | None
) -> list[tuple[RowPredicate, str]]:
    """Return what is asked of a row in *state*, or in one that the machine does not know."""
    if state is not None:
        asked = [(p, p.asked_in(render, state)) for p in predicates]
        return [(p, it) for p, it in asked if it]
    return [
        (p, "false" if p.rule == known_state.NAME else p.condition(render))
        for p in predicates
        if not p.states
    ]


def _all(asked: Sequence[str]) -> str:
    if "false" in asked:
        return "false"
    return "\nand ".join(f"({it})" for it in asked) or "true"


def _any_of(subject: str, states: tuple[str, ...]) -> str:
    if len(states) == 1:
        return f"{subject} = {literal(states[0])}"
    return f"{subject} in ({', '.join(map(literal, states))})"
