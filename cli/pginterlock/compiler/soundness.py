"""What makes a row sound, state by state: the short way through all row rules.

An expression of a function is set up anew in every transaction in which it is evaluated, so what
counts is how many are, and how long. A row is asked only what its state asks, in one condition;
only a row that fails it is judged rule by rule.

Pure: model and table in, SQL text out.
"""

from collections.abc import Callable

from pginterlock.names import literal
from pginterlock.rules import row_predicates
from pginterlock.rules.parts import Render, RowPredicate, Writing, indent


def conditions(writing: Writing, render: Render) -> list[tuple[tuple[str, ...], str]]:
    """Return what each state asks of a row; states that ask the same are together.

    A condition may be null for a row that is not sound.
    """
    predicates = row_predicates(writing)
    states_by_condition: dict[str, list[str]] = {}
    for state in writing.machine.states:
        asked = [p.asked_in(render, state) for p in predicates]
        condition = "\nand ".join(f"({it})" for it in asked if it) or "true"
        states_by_condition.setdefault(condition, []).append(state)
    return [(tuple(states), condition) for condition, states in states_by_condition.items()]


def sound_case(writing: Writing, render: Render) -> str:
    """Return one CASE that is true of sound rows alone; null or false of all others."""
    subject = writing.state_sql(render)
    arms = []
    for states, condition in conditions(writing, render):
        arms.append(f"when {_any_of(subject, states)} then")
        arms.append(indent(condition))
    return "case\n" + indent("\n".join([*arms, "else false"])) + "\nend"


def sound_branches(
    writing: Writing,
    render: Render,
    subject: str,
    *,
    judge: Callable[[str, list[tuple[RowPredicate, str]]], str],
    otherwise: str,
) -> str:
    """Return an if-chain over the states of *subject*.

    *judge* gets the condition of a state and its parts, each with its predicate, and returns what
    stands in that branch; *otherwise* is for a state that is not one of the machine's.
    """
    lines: list[str] = []
    for states, condition in conditions(writing, render):
        asked = [(p, p.asked_in(render, states[0])) for p in row_predicates(writing)]
        parts = [(p, it) for p, it in asked if it]
        word = "elsif" if lines else "if"
        lines.append(f"{word} {_any_of(subject, states)} then")
        lines.append(indent(judge(condition, parts)))
    return "\n".join([*lines, "else", indent(otherwise), "end if;"])


def _any_of(subject: str, states: tuple[str, ...]) -> str:
    if len(states) == 1:
        return f"{subject} = {literal(states[0])}"
    return f"{subject} in ({', '.join(map(literal, states))})"
