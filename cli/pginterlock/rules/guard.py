"""IL04, guard: the condition of a move holds when it is made."""

from pginterlock.errors import GuardFailed
from pginterlock.expression import rewrite
from pginterlock.model import Transition
from pginterlock.names import array, literal
from pginterlock.rules.parts import Verdict, Writing, indent, new

ERROR = GuardFailed
CODE = GuardFailed.code
NAME = "guard"


def choose_event(writing: Writing, moves: list[Transition]) -> str:
    """Return SQL that names the event of a move, the first of *moves* whose guard holds."""
    lines: list[str] = []
    for move in moves:
        if move.guard is None:
            chosen = f"v_event := {literal(move.event)};"
            return "\n".join([*lines, "else", indent(chosen), "end if;"]) if lines else chosen
        word = "elsif" if lines else "if"
        lines.append(f"{word} ({rewrite(move.guard.text, new)}) is true then")
        lines.append(indent(f"v_event := {literal(move.event)};"))
    return "\n".join([*lines, "else", indent(_refusal(writing, moves)), "end if;"])


def _refusal(writing: Writing, moves: list[Transition]) -> str:
    move = moves[0]
    text = " or ".join(m.guard.text for m in moves if m.guard)
    columns = tuple(dict.fromkeys(c for m in moves if m.guard for c in m.guard.columns))
    verdict = Verdict(
        "true",
        CODE,
        NAME,
        literal(f": {move.from_state} -> {move.to_state} needs {text}"),
        literal(f"{move.event} is allowed once this holds: {text}"),
        columns[0] if len(columns) == 1 else writing.machine.state,
        array(writing.machine.targets(move.from_state)),
        missing=columns,
        event=literal(move.event),
        is_liftable=True,
    )
    return writing.write(verdict, new) + f"v_event := {literal(move.event)};"
