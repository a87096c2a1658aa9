"""What each event would need of a row: the questions of `allowed`, asked before the move is made.

A row is judged as it would be after the move: with what the machine fills and clears, and with
nothing else changed.

Pure: model and table in, SQL text out.
"""

from collections.abc import Iterator

from pginterlock import assets
from pginterlock.model import RENAME_EVENT, ActorNeed, Fill, Machine, Mode, Need, Transition
from pginterlock.names import array, field, literal
from pginterlock.rules import authority, guard, row_predicates, stamp, state_row
from pginterlock.rules.attribution import is_blank
from pginterlock.rules.parts import Render, Writing, block
from pginterlock.table import Kind
from pginterlock.template import fill


def fireable(machine: Machine) -> tuple[Transition, ...]:
    """Return the moves that an event makes: none into a name that a state no longer has."""
    old = [it.was for it in machine.old_names]
    return tuple(
        t for t in machine.transitions if t.event != RENAME_EVENT and t.to_state not in old
    )


def foreseen_columns(writing: Writing) -> list[str]:
    """Return the columns that are read: those of guards and row rules, and the state."""
    read = [writing.machine.state]
    read += [c for p in row_predicates(writing) for c in p.columns]
    read += [c for t in writing.machine.transitions if t.guard for c in t.guard.columns]
    read += [t.guard_on.key for t in writing.machine.transitions if t.guard_on]
    return list(dict.fromkeys(read))


def events(writing: Writing) -> list[str]:
    """Return, for each move, the statements that say whether the row could make it."""
    text = assets.read("sql", "templates", "allowed_event.plpgsql")
    return [
        fill(
            text,
            {
                "here": f"v_from = {literal(move.from_state)}",
                "event": move.event,
                "target": move.to_state,
                "conditions": block(_conditions(writing, move)),
            },
        )
        for move in fireable(writing.machine)
    ]


def _conditions(writing: Writing, move: Transition) -> list[str]:
    text = assets.read("sql", "templates", "allowed_condition.plpgsql")
    return [
        fill(text, {"condition": condition, "missing": array(missing), "need": need})
        for condition, missing, need in _needs(writing, move)
    ]


def _needs(writing: Writing, move: Transition) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield each condition of *move*, what is missing where it does not hold, and in words."""
    after = _after(writing, move.to_state)
    if move.by:
        yield authority.may(move), ("role",), f"a member of {', '.join(move.by)}"
    if guarded := guard.seen(writing, move, after):
        yield guarded, guard.asked_columns(move), move.guard_text or ""
    for predicate in row_predicates(writing):
        if condition := predicate.asked_in(after, move.to_state):
            missing = predicate.missing or predicate.columns
            yield condition, missing, predicate.hint
    actor = writing.machine.audit.actor
    if actor is ActorNeed.REQUIRED:
        yield f"not ({is_blank('interlock.actor')})", ("actor",), "interlock.act_as(ACTOR)"
    if actor is ActorNeed.SIGNED:
        signed = "interlock.act_as_signed(TOKEN)"
        yield f"not ({is_blank('interlock.token')})", ("actor",), signed
    if move.reason is Need.REQUIRED:
        told = "interlock.act_as(ACTOR, reason => WHY)"
        yield f"not ({is_blank('interlock.reason')})", ("reason",), told


def _after(writing: Writing, state: str) -> Render:
    """Return how the row is named as it would be in *state*."""
    machine = writing.machine
    stamps = {s.column: s.fill for s in machine.stamps if state in s.states}
    cleared = [
        c
        for c in machine.row(state).clear
        if machine.mode_of(state_row.NAME, f"{state} forbids {c}") is not Mode.OBSERVE
    ]

    def render(column: str) -> str:
        now = field("v_row", column)
        if column == machine.state:
            cast = (
                writing.column(column).type if writing.column(column).kind is Kind.ENUM else "text"
            )
            return f"{literal(state)}::{cast}"
        kind = writing.column(column).type
        if column in cleared:
            return f"null::{kind}"
        is_filled = machine.mode_of(stamp.NAME, column) is not Mode.OBSERVE
        match stamps.get(column):
            case Fill.ALWAYS if is_filled:
                return f"now()::{kind}"
            case Fill.IF_NULL if is_filled:
                return f"coalesce({now}, now()::{kind})"
        return now

    return render
