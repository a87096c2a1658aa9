"""IL04, guard: the condition of a move holds when it is made. Carries both rules of IL05 inside."""

from dataclasses import replace

from pginterlock.choices import Mode
from pginterlock.elements import Transition
from pginterlock.errors import GuardFailed
from pginterlock.expression import rewrite
from pginterlock.names import array, field, ident, literal
from pginterlock.rules import approval, authority
from pginterlock.rules.mirror_terms import guard_name, key_of, target_of
from pginterlock.rules.parts import Render, Verdict, Writing, indent, new

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
    if any(move.approvals for move in moves):
        return _choose_approved(writing, moves)
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


def _choose_approved(writing: Writing, moves: list[Transition]) -> str:
    """Return the same where approvals are asked for, which are taken: one move after the other."""
    lines: list[str] = []
    for move in moves:
        chosen = f"v_event := {literal(move.event)};"
        if move.approvals:
            enough = approval.is_enough(move)
            taken = approval.take(writing, move)
            chosen = f"{taken}if {enough} then\n{indent(chosen)}\nend if;"
        elif lines:
            chosen = f"v_approvals := null;\n{chosen}"  # of another event, which had too few
        condition = _may_be_made(writing, move, moves)
        if lines:
            condition = " and ".join(filter(None, ["v_event is null", condition]))
        lines.append(f"if {condition} then\n{indent(chosen)}\nend if;" if condition else chosen)
        if condition in ("", "v_event is null") and not move.approvals:
            return "\n".join(lines)
    refusal = indent(_refusal_as_asked(writing, moves))
    return "\n".join([*lines, f"if v_event is null then\n{refusal}\nend if;"])


def holds(writing: Writing, move: Transition) -> str:
    """Return SQL that is true when the guard of *move* holds; "" where there is none.

    One on another table is asked by a function, under a lock on the row there.
    """
    if move.guard_on:
        schema = ident(move.guard_on.table.schema)
        function = ident(guard_name(writing.machine.name, move.guard_on))
        return f"{schema}.{function}({new(move.guard_on.key)}) is true"
    return f"({rewrite(move.guard.text, new)}) is true" if move.guard else ""


def is_looked_at(writing: Writing) -> bool:
    """Whether guards are only looked at, and so lock nothing."""
    return writing.machine.mode_of(NAME) is Mode.OBSERVE


def seen(writing: Writing, move: Transition, render: Render) -> str | None:
    """Return SQL for the guard of *move* as anybody may ask it, without a lock; None without."""
    if move.guard_on is None:
        return rewrite(move.guard.text, render) if move.guard else None
    target = target_of(writing, move.guard_on.table)
    relation = f"{ident(target.name.schema)}.{ident(target.name.name)}"
    key = field("g", key_of(target).name)
    check = rewrite(move.guard_on.check.text, lambda column: field("g", column))
    return (
        f"exists (select from {relation} as g where {key} = {render(move.guard_on.key)}"
        f" and ({check}) is true)"
    )


def asked_columns(move: Transition) -> tuple[str, ...]:
    """Return the columns that the guard of *move* asks about; another table's in full."""
    if move.guard_on:
        return tuple(f"{move.guard_on.table}.{c}" for c in move.guard_on.check.columns)
    return move.guard.columns if move.guard else ()


def _may_be_made(writing: Writing, move: Transition, rivals: list[Transition]) -> str:
    parts = [_but_for_approvals(writing, move)]
    others = [m.event for m in rivals if m.event != move.event]
    if others:
        wishes = ", ".join(literal(asked(writing.machine.name, event)) for event in others)
        parts.append(f"{WISH} not in ({wishes})")
    return "\n    and ".join(part for part in parts if part)


def _but_for_approvals(writing: Writing, move: Transition) -> str:
    """Return SQL that is true when guard and role of *move* let it be made."""
    parts = [holds(writing, move)]
    if move.by:
        may = authority.may(move)
        parts.append(f"({may})" if len(move.by) > 1 else may)
    return "\n    and ".join(part for part in parts if part)


def _refusal_as_asked(writing: Writing, moves: list[Transition]) -> str:
    """Return what is said when none of *moves* may be made: of the event that was asked for alone.

    Of all of them where none was; what is no bar of its own never gets here when it is asked for.
    """
    lines: list[str] = []
    for move in moves if len(moves) > 1 else ():
        if move.is_guarded or move.by or move.approvals:
            wish = literal(asked(writing.machine.name, move.event))
            lines.append(f"{'elsif' if lines else 'if'} {WISH} = {wish} then")
            lines.append(indent(_refusal(writing, [move])))
    everything = _refusal(writing, moves)
    return "\n".join([*lines, "else", indent(everything), "end if;"]) if lines else everything


def _refusal(writing: Writing, moves: list[Transition]) -> str:
    """Return what is said when none of *moves* may be made: IL05 where only the role lacks."""
    if any(move.approvals for move in moves):
        return _unapproved(writing, moves)
    event = f"v_event := {literal(moves[0].event)};"
    barred = [move for move in moves if move.by]
    guarded = [move for move in moves if move.is_guarded]
    if not guarded and not barred:
        return event  # one of them is always chosen
    if not guarded:
        return authority.refusal(writing, barred) + event
    if not barred:
        return _no_guard(writing, guarded) + event
    sound = [holds(writing, move) for move in barred]
    if all(sound):
        either = "\n    or ".join(sound)
        return (
            f"if {either} then\n{indent(authority.refusal(writing, barred) + event)}\n"
            f"else\n{indent(_no_guard(writing, guarded) + _unguarded(writing, moves))}\nend if;"
        )
    return authority.refusal(writing, barred) + event


def _unapproved(writing: Writing, moves: list[Transition]) -> str:
    """Return the refusal of what lacks approvals alone, else of what else it lacks.

    Where that is only observed, approvals are asked for all the same.
    """
    asked = [move for move in moves if move.approvals]
    lines: list[str] = []
    for move in asked:
        event = f"v_event := {literal(move.event)};"
        again = approval.take(writing, move) if len(asked) > 1 else ""
        said = again + approval.refusal(writing, move) + event
        condition = _but_for_approvals(writing, move)
        if not condition:
            return "\n".join([*lines, "else", indent(said), "end if;"]) if lines else said
        lines += [f"{'elsif' if lines else 'if'} {condition} then", indent(said)]
    rest = [_refusal(writing, [replace(move, approvals=None) for move in moves])]
    rules = (NAME, authority.NAME)
    if any(writing.machine.mode_of(rule) is Mode.OBSERVE for rule in rules):
        for move in asked:
            lacks = f"if ({approval.is_enough(move)}) is not true then"
            refusal = indent(approval.refusal(writing, move))
            judged = f"{approval.take(writing, move)}{lacks}\n{refusal}\nend if;"
            rest.append(f"if v_event = {literal(move.event)} then\n{indent(judged)}\nend if;")
    return "\n".join([*lines, "else", indent("\n".join(rest)), "end if;"])


def _unguarded(writing: Writing, moves: list[Transition]) -> str:
    """Return what names the event once no guard held: who may make it is asked all the same.

    Where guards refuse, a bypass lifts both.
    """
    if writing.machine.mode_of(NAME) is not Mode.OBSERVE:
        return f"v_event := {literal(moves[0].event)};"
    return choose_event(writing, [replace(move, guard=None, guard_on=None) for move in moves])


def _no_guard(writing: Writing, moves: list[Transition]) -> str:
    move = moves[0]
    text = " or ".join(m.guard_text for m in moves if m.guard_text)
    columns = tuple(dict.fromkeys(c for m in moves for c in asked_columns(m)))
    own = dict.fromkeys(c for m in moves if m.guard for c in m.guard.columns)
    own |= dict.fromkeys(m.guard_on.key for m in moves if m.guard_on)
    verdict = Verdict(
        "true",
        CODE,
        NAME,
        literal(f": {move.from_state} -> {move.to_state} needs {text}"),
        literal(f"{move.event} is allowed once this holds: {text}"),
        next(iter(own)) if len(own) == 1 else writing.machine.state,
        array(writing.machine.targets(move.from_state)),
        missing=columns,
        event=literal(move.event),
        is_liftable=True,
    )
    return writing.write(verdict, new)
