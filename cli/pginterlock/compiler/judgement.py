"""How the trigger judges the row rules that no CHECK holds: each by its own mode.

In a ratchet a row that was broken before is forgiven what it broke in the same way.

Pure: model and table in, SQL text out.
"""

from pginterlock.choices import Mode
from pginterlock.compiler.soundness import sound_branches
from pginterlock.rules import judged_predicates, known_state
from pginterlock.rules.parts import RowPredicate, Writing, block, new, old, row_refusal


def judgement(writing: Writing, *, is_change: bool = False) -> list[str]:
    """Return the judgement of the row rules that the trigger judges."""
    predicates = judged_predicates(writing)
    if not predicates:
        return []

    def judge(state: str | None, condition: str, parts: list[tuple[RowPredicate, str]]) -> str:
        if state is None and writing.machine.mode_of(known_state.NAME) is Mode.ENFORCE:
            parts = parts[:1]  # it is judged first, and nothing comes past it
        verdicts = [
            _row_verdict(writing, p, _broken(it), _was_broken(writing, p, state))
            if is_change and writing.machine.mode_of(p.rule, p.name) is Mode.RATCHET
            else writing.write(row_refusal(p, _broken(it)), new, origin="null")
            for p, it in parts
        ]
        if not verdicts:
            return "null;"
        if condition == "false":
            return block(verdicts, 0)
        return f"if ({condition}) is not true then\n{block(verdicts)}\nend if;"

    return [sound_branches(writing, predicates, new, "v_to", judge=judge)]


def _broken(asked: str) -> str:
    return "true" if asked == "false" else f"({asked}) is not true"


def _was_broken(writing: Writing, predicate: RowPredicate, state: str | None) -> str:
    """Return SQL that is true of a row that broke *predicate* before, and in the same way.

    A move to another state that is not known is a new sin; so is a stamp that was set too early,
    and is missing where the row stands in *state* now.
    """
    was = f"({predicate.sound(writing, old)}) is not true"
    if predicate.rule == known_state.NAME:
        return f"{was} and not ({writing.differs(writing.machine.state)})"
    if predicate.in_state is None or state is None:
        return was
    asked = predicate.asked_in(old, state)
    return f"{was} and ({asked}) is not true" if asked else was


def _row_verdict(writing: Writing, predicate: RowPredicate, broken: str, was: str) -> str:
    """Return the verdict on a row that is *broken*: one that *was* so before is forgiven."""
    refused = row_refusal(predicate, f"{broken} and ({was}) is not true")
    recorded = row_refusal(predicate, f"{broken} and ({was}) is true")
    return writing.write(refused, new, origin="null") + writing.write(
        recorded, new, origin="null", mode=Mode.OBSERVE
    )
