"""What reactions write into the trigger functions of a machine (`reaction` says which there are).

Pure: model and table in, SQL text out.
"""

from collections.abc import Callable, Iterable

from pginterlock import assets
from pginterlock.elements import Reaction, Transition
from pginterlock.expression import rewrite
from pginterlock.model import RENAME_EVENT, Machine
from pginterlock.names import array, ident, literal
from pginterlock.rules import guard
from pginterlock.rules.entered import entered
from pginterlock.rules.parts import Render, Writing, block, indent, is_state, new, old
from pginterlock.rules.reaction import ACTORS, Step, cause, moves, steps, throughs
from pginterlock.template import fill

# Which reaction is at work on which row: for the words of a refusal, and for nothing else.
_AT_WORK = "interlock.reacting"
# The state as it was written, before any reaction.
_WROTE = "v_wrote"


def is_possible(step: Step, render: Render) -> str:
    """Return SQL that is true of a row for which *step* can be made."""
    asked = [f"({rewrite(step.reaction.when.text, render)}) is true"]
    if step.move.guard:
        asked.append(f"({rewrite(step.move.guard.text, render)}) is true")
    return "\n    and ".join(asked)


def was_possible(writing: Writing, step: Step, *, is_pinned: bool) -> str:
    """Return SQL that is true where *step* could be made before a write as well."""
    return is_possible(step, entered(writing, old, step.move.to_state, is_pinned=is_pinned))


def _becomes_possible(
    writing: Writing, step: Step, render: Render, made: str, *, is_pinned: bool
) -> str:
    """Return *made* where a write makes *step* possible; *render* names the new row.

    One question inside the other: each costs its look-ups in every transaction that comes to it.
    """
    was = was_possible(writing, step, is_pinned=is_pinned)
    inner = f"if ({was}) is not true then\n{indent(made)}\nend if;"
    return f"if {is_possible(step, render)} then\n{indent(inner)}\nend if;"


# Before the write: in a function without a pin, unless a condition needs one.


def before_move(writing: Writing) -> str:
    """Return what moves a row from the state in which it stood; ``v_to`` follows."""
    arms: list[str] = []
    by_origin: dict[str, list[Step]] = {}
    for step in steps(writing.machine):
        by_origin.setdefault(step.move.from_state, []).append(step)
    for origin, made in by_origin.items():
        tried = []
        for number, step in enumerate(made):
            render = entered(writing, new, step.move.to_state, is_pinned=False)
            move = _unless_repaired(writing, _move(writing, step, origin))
            asked = _becomes_possible(writing, step, render, move, is_pinned=False)
            where = _is_one_of("v_to", (origin, *step.beside))
            # One at most: what another has moved is not where it was written.
            first = "" if number == 0 else f" and v_to operator(pg_catalog.=) {_WROTE}"
            tried.append(f"if {where}{first} then\n{indent(asked)}\nend if;")
        word = "elsif" if arms else "if"
        body = block(tried)
        arms.append(f"{word} v_from operator(pg_catalog.=) {literal(origin)} then\n{body}")
    return "\n".join([*arms, "end if;"]) if arms else ""


def after_entry(writing: Writing, fills: Callable[[str], list[str]]) -> str:
    """Return what moves a row on from the state that the write entered.

    It comes when that state's own columns are filled; *fills* writes those of the next. One that a
    reaction has entered already, ``v_wrote`` says, is left at that.
    """
    arms: list[str] = []
    for through in throughs(writing.machine):
        inner: list[str] = []
        for step in through.steps:
            render = entered(writing, new, step.move.to_state, is_pinned=False)
            made = [*_move(writing, step, None), *fills(step.move.to_state)]
            inner.append(f"{'elsif' if inner else 'if'} {is_possible(step, render)} then")
            inner.append(indent(_unless_repaired(writing, made)))
        body = "\n".join([*inner, "end if;"])
        word = "elsif" if arms else "if"
        arms.append(
            f"{word} v_from operator(pg_catalog.=) {literal(through.origin)}"
            f" and v_to operator(pg_catalog.=) {literal(through.via)}\n"
            f"    and v_to operator(pg_catalog.=) {_WROTE}\nthen\n{indent(body)}"
        )
    return "\n".join([*arms, "end if;"]) if arms else ""


def _move(writing: Writing, step: Step, origin: str | None) -> list[str]:
    """Return the move of *step*; what the write wrote for a state it does not enter is undone."""
    undone = _undone(writing, step) if origin else []
    lines = [f"{new(c)} := {old(c)};" for c in undone]
    if lines:
        stood = f"v_to operator(pg_catalog.<>) {literal(origin or '')}"
        lines = [f"if {stood} then\n{block(lines)}\nend if;"]
    lines.append(f"{new(writing.machine.state)} := {literal(step.move.to_state)};")
    lines.append(f"v_to := {literal(step.move.to_state)};")
    lines.append(_at_work(writing, literal(step.reaction.name)))
    return lines


def _undone(writing: Writing, step: Step) -> list[str]:
    """Return the stamps of the states beside, which the row does not enter after all."""
    ours = [s.column for s in writing.machine.stamps if step.move.to_state in s.states]
    return [
        s.column
        for s in writing.machine.stamps
        if s.column not in ours and set(s.states) & set(step.beside)
    ]


def _unless_repaired(writing: Writing, lines: Iterable[str]) -> str:
    """Return *lines*, left out in a backfill: a repair says itself where a row stands."""
    lifted = f"interlock.lifted({literal(writing.machine.name)}, 'stamp')"
    hint = "pg_catalog.current_setting('interlock.lift', true) is not null"
    again = f"if {hint} then\n    v_repairs := {lifted} is not null;\nend if;"
    return f"{again}\nif v_repairs is not true then\n{block(lines)}\nend if;"


def _at_work(writing: Writing, name: str) -> str:
    """Return what names the reaction in the refusals of other rules, until it is over."""
    return fill(
        assets.read("sql", "templates", "reacting.plpgsql"),
        {
            "setting": _AT_WORK,
            "machine": writing.machine.name,
            "key_json": writing.key_json(new),
            "reaction_name": name,
        },
    ).rstrip()


def _is_one_of(subject: str, states: tuple[str, ...]) -> str:
    if len(states) == 1:
        return f"{subject} operator(pg_catalog.=) {literal(states[0])}"
    return f"{subject} operator(pg_catalog.=) any ({array(states)})"


# After the write: in the function that judges it.


def or_made(writing: Writing, origin: str, target: str, judged: str) -> str:
    """Return *judged*, what is said of a move of the write, unless a reaction has made the move.

    `interlock.fire` names the event that it was asked for: that is a move of its caller.
    """
    made = [
        s
        for s in steps(writing.machine)
        if (s.move.from_state, s.move.to_state) == (origin, target)
    ]
    if not made:
        return judged
    lines: list[str] = []
    for number, step in enumerate(made):
        chosen = f"if {_not_asked(writing, step)} then\n{indent(_chosen(step))}\nend if;"
        asked = _becomes_possible(writing, step, new, chosen, is_pinned=True)
        lines.append(asked if number == 0 else _if_none(asked))
    return "\n".join([*lines, _if_none(judged)])


def _if_none(text: str) -> str:
    return f"if v_reaction is null then\n{indent(text)}\nend if;"


def _not_asked(writing: Writing, step: Step) -> str:
    events = dict.fromkeys(
        t.event
        for t in writing.machine.transitions
        if (t.from_state, t.to_state) == (step.move.from_state, step.move.to_state)
    )
    wishes = ", ".join(literal(guard.asked(writing.machine.name, e)) for e in events)
    return f"{guard.WISH} not in ({wishes})"


def _chosen(step: Step) -> str:
    return f"v_event := {literal(step.move.event)};\nv_reaction := {literal(step.reaction.name)};"


def gone_through(
    writing: Writing, origin: str, judge: Callable[[list[Transition]], str], refused: str
) -> list[tuple[str, str]]:
    """Return the targets that reactions reach through another state, and what judges the two moves.

    *judge* names the event of the write's own move; *refused* is said where there was none.
    """
    found = []
    for it in throughs(writing.machine):
        if it.origin != origin:
            continue
        lines: list[str] = []
        for step in it.steps:
            lines.append(f"{'elsif' if lines else 'if'} {is_possible(step, new)} then")
            lines.append(indent(f"v_reaction := {literal(step.reaction.name)};"))
        lines += ["else", indent(refused), "end if;"]
        own = [
            t
            for t in writing.machine.transitions
            if (t.from_state, t.to_state) == (origin, it.via) and t.event != RENAME_EVENT
        ]
        both = [
            f"v_via := {literal(it.via)};",
            "v_to := v_via;",
            judge(own),
            f"v_to := {literal(it.target)};",
        ]
        lines.append(f"if v_reaction is not null then\n{block(both)}\nend if;")
        found.append((it.target, "\n".join(lines)))
    return found


def is_entry(writing: Writing, states: Iterable[str]) -> str:
    """Return SQL that is true of a write that enters one of *states*, also on the way."""
    wanted = list(states)
    told = is_state("v_to", wanted)
    if any(it.via in wanted for it in throughs(writing.machine)):
        return f"({told} or {is_state('v_via', wanted)})"
    return told


def waits(writing: Writing, it: Reaction) -> str:
    """Return the query for the rows that *it* could move: their count, and the keys of some."""

    def of_table(column: str) -> str:
        return f"t.{ident(column)}"

    arms = [
        f"({is_state(writing.state_sql(of_table), [move.from_state])}"
        f" and {is_possible(Step(it, move, ()), entered(writing, of_table, move.to_state))})"
        for move in moves(writing.machine, it)
    ]
    name = writing.table.name
    return fill(
        assets.read("sql", "templates", "reaction_waits.sql"),
        {
            "relation": f"{ident(name.schema)}.{ident(name.name)}",
            "sample_key": writing.key_json(of_table),
            "is_possible": " or ".join(arms) or "false",
        },
    )


def declarations(writing: Writing, text: str) -> str:
    """Return the variables of the function before the write; *text* is the type of a state."""
    found = ["    v_repairs pg_catalog.bool;"]
    origins = [s.move.from_state for s in steps(writing.machine)]
    if throughs(writing.machine) or len(origins) > len(set(origins)):
        found.append(f"    {_WROTE} {text} := {writing.state_text(new)};")
    return "\n".join(found)


def event_of(machine: Machine) -> str:
    """Return SQL for the event of ``v_reaction``."""
    arms = [f"when {literal(it.name)} then {literal(it.event)}" for it in machine.reactions]
    return f"case v_reaction {' '.join(arms)} end"


def recorded(writing: Writing, claimed: str) -> dict[str, str]:
    """Return the columns of the entry of ``v_reaction``, beside a writer who *claimed* to act."""
    arms = [
        f"when {literal(it.name)} then {literal(cause(it))}" for it in writing.machine.reactions
    ]
    why = f"case v_reaction {' '.join(arms)} end"
    return {
        "actor": f"{literal(ACTORS)} || v_reaction",
        "reason": f"coalesce(nullif(current_setting('interlock.reason', true), ''), {why})",
        "cause": why,
        "claimed_actor": claimed,
    }


def over() -> str:
    """Return what ends the naming of a reaction in refusals."""
    return f"perform pg_catalog.set_config({literal(_AT_WORK)}, '', true);"
