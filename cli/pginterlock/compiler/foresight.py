"""What each event would need of a row: the questions of `allowed`, asked before the move is made.

A row is judged as it would be after the move: with what the machine fills and clears, and with
nothing else changed.

Pure: model and table in, SQL text out.
"""

from collections.abc import Iterator

from pginterlock import assets
from pginterlock.choices import ActorNeed, Need
from pginterlock.elements import Transition
from pginterlock.model import RENAME_EVENT, Machine
from pginterlock.names import array, cut, field, literal
from pginterlock.rules import approval, authority, guard, row_predicates
from pginterlock.rules.attribution import is_blank
from pginterlock.rules.entered import entered
from pginterlock.rules.parts import Writing, block
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
    if approval.is_asked(writing):
        read += writing.key
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
    found = [
        fill(text, {"condition": condition, "missing": array(missing), "need": need})
        for condition, missing, need in _needs(writing, move)
    ]
    if move.approvals:
        found.append(_approvals(writing, move))
    return found


def _approvals(writing: Writing, move: Transition) -> str:
    """Return what says how many approvals *move* lacks, if this session makes it."""
    return fill(
        assets.read("sql", "templates", "allowed_approvals.plpgsql"),
        {
            "function_name": cut(f"{writing.machine.name}_approval"),
            "key": writing.key_json(lambda c: field("v_row", c)),
            "event": move.event,
            "missing": approval.NAME,
        },
    )


def _needs(writing: Writing, move: Transition) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield each condition of *move*, what is missing where it does not hold, and in words."""
    after = entered(writing, lambda column: field("v_row", column), move.to_state)
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
