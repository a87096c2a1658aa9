"""IL04, guard: the condition of a move holds when it is made. Carries IL05 inside."""

from dataclasses import replace

from pginterlock.errors import GuardFailed
from pginterlock.expression import rewrite
from pginterlock.model import Mode, Transition
from pginterlock.names import array, literal
from pginterlock.rules import authority
from pginterlock.rules.parts import Verdict, Writing, indent, new

ERROR = GuardFailed
CODE = GuardFailed.code
NAME = "guard"

# What `interlock.fire` asks for, where several events lead from one state to another.
ASKED = "interlock.event"
WISH = f"coalesce(pg_catalog.current_setting({literal(ASKED)}, true), '')"


def asked(machine: str, event: str) -> str:
    """Return how the setting says that *event* is meant: a wish, judged like any other."""
    return f"{machine}/{event}"


def choose_event(writing: Writing, moves: list[Transition]) -> str:
    """Return SQL that names the event of a move: the first of *moves* that may be made.

    That is: whose guard holds, and which the session may make.
    """
    lines: list[str] = []
    for move in moves:
        condition = _may_be_made(writing, move, moves)
        if condition == "":
            chosen = f"v_event := {literal(move.event)};"
            return "\n".join([*lines, "else", indent(chosen), "end if;"]) if lines else chosen
        word = "elsif" if lines else "if"
        lines.append(f"{word} {condition} then")
        lines.append(indent(f"v_event := {literal(move.event)};"))
    return "\n".join([*lines, "else", indent(_refusal_as_asked(writing, moves)), "end if;"])


def holds(move: Transition) -> str:
    """Return SQL that is true when the guard of *move* holds; "" where there is none."""
    return f"({rewrite(move.guard.text, new)}) is true" if move.guard else ""


def _may_be_made(writing: Writing, move: Transition, rivals: list[Transition]) -> str:
    parts = [holds(move)]
    if move.by:
        may = authority.may(move)
        parts.append(f"({may})" if len(move.by) > 1 else may)
    others = [m.event for m in rivals if m.event != move.event]
    if others:
        wishes = ", ".join(literal(asked(writing.machine.name, event)) for event in others)
        parts.append(f"{WISH} not in ({wishes})")
    return "\n    and ".join(part for part in parts if part)


def _refusal_as_asked(writing: Writing, moves: list[Transition]) -> str:
    """Return what is said when none of *moves* may be made: of the event that was asked for alone.

    Of all of them where none was; what is no bar of its own never gets here when it is asked for.
    """
    lines: list[str] = []
    for move in moves if len(moves) > 1 else ():
        if move.guard or move.by:
            wish = literal(asked(writing.machine.name, move.event))
            lines.append(f"{'elsif' if lines else 'if'} {WISH} = {wish} then")
            lines.append(indent(_refusal(writing, [move])))
    everything = _refusal(writing, moves)
    return "\n".join([*lines, "else", indent(everything), "end if;"]) if lines else everything


def _refusal(writing: Writing, moves: list[Transition]) -> str:
    """Return what is said when none of *moves* may be made: IL05 where only the role lacks."""
    event = f"v_event := {literal(moves[0].event)};"
    barred = [move for move in moves if move.by]
    guarded = [move for move in moves if move.guard]
    if not guarded and not barred:
        return event  # one of them is always chosen
    if not guarded:
        return authority.refusal(writing, barred) + event
    if not barred:
        return _no_guard(writing, guarded) + event
    sound = [holds(move) for move in barred]
    if all(sound):
        either = "\n    or ".join(sound)
        return (
            f"if {either} then\n{indent(authority.refusal(writing, barred) + event)}\n"
            f"else\n{indent(_no_guard(writing, guarded) + _unguarded(writing, moves))}\nend if;"
        )
    return authority.refusal(writing, barred) + event


def _unguarded(writing: Writing, moves: list[Transition]) -> str:
    """Return what names the event once no guard held: who may make it is asked all the same.

    Where guards refuse, a bypass lifts both.
    """
    if writing.machine.mode_of(NAME) is not Mode.OBSERVE:
        return f"v_event := {literal(moves[0].event)};"
    return choose_event(writing, [replace(move, guard=None) for move in moves])


def _no_guard(writing: Writing, moves: list[Transition]) -> str:
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
    return writing.write(verdict, new)
