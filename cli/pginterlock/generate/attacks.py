"""An attack on every rule that is no move of the matrix; what a move lacks stands here itself."""

from functools import partial

from pginterlock.choices import Need
from pginterlock.elements import TargetGuard, Transition
from pginterlock.generate import (
    acting,
    approving,
    attributing,
    firing,
    holding,
    looking,
    reactions,
    recording,
)
from pginterlock.generate.changing import other
from pginterlock.generate.rows import Unmade
from pginterlock.generate.solving import Condition
from pginterlock.generate.trying import NotTried, Script
from pginterlock.names import ident


def write(script: Script) -> None:
    """Write the attacks on the rules of the machine."""
    machine = script.maker.machine
    _title(script, "Moves that lack something.")
    for it in machine.transitions:
        _guard(script, it)
        _who(script, it)
        approving.write(script, it)
    for title, part in (
        ("Who acts.", attributing.write),
        ("What rows look like.", looking.write),
        ("Claims and mirrors.", holding.write),
        ("Reactions.", reactions.write),
        ("Moves by interlock.fire.", firing.write),
        ("The history.", recording.write),
    ):
        _title(script, title)
        part(script)
    for deadline in machine.deadlines:
        why = "a deadline refuses nothing: verify and overdue report it"
        script.not_tried.append(NotTried(f"deadline of {deadline.state}", why))
    if machine.outbox:
        why = "it wakes listeners at a commit, and the tests roll back"
        script.not_tried.append(NotTried(f"channel {machine.outbox.channel}", why))


def _title(script: Script, text: str) -> None:
    script.maker.lines.append(f"\n-- {text}\n")


def _guard(script: Script, it: Transition) -> None:
    if not it.is_guarded:
        return
    name = f"{it.event} from {it.from_state} without its guard is refused"
    with script.trying(name):
        script.demand_enforced("guard")
        if it.guard_on:
            guard = it.guard_on
            script.first(
                [
                    partial(_target_broken, script, it, guard, name),
                    partial(_target_missing, script, it, guard, name),
                ]
            )
        else:
            _unguarded(script, it, name)


def _unguarded(script: Script, it: Transition, name: str) -> None:
    maker = script.maker
    conditions = [*maker.demands(it.to_state)]
    for move in _same_moves(script, it):
        if move.guard is None:
            raise Unmade(f"{move.event} makes the same move")
        conditions.append(Condition(f"({move.guard.text}) is not true", move.guard.columns))
    row = maker.make(it.from_state, then=it)
    script.refused("IL04", maker.moved(row, it.to_state, None, None, conditions)[0], name)


def _target_broken(script: Script, it: Transition, guard: TargetGuard, name: str) -> None:
    """Write the move of a row that names a row elsewhere for which the guard does not hold."""
    maker = script.maker
    if len(_same_moves(script, it)) > 1:
        raise Unmade("another event makes the same move")
    row = maker.make(it.from_state, then=it)
    text, moved = maker.moved(row, it.to_state, it)
    maker.break_guard(moved, guard)
    script.refused("IL04", text, name)


def _target_missing(script: Script, it: Transition, guard: TargetGuard, name: str) -> None:
    """Write the move of a row that names no row elsewhere."""
    maker = script.maker
    row = maker.make(it.from_state, then=it)
    sets = {**maker.changes(row, it), guard.key: None}
    script.refused("IL04", maker.update(row, sets), name)


def _same_moves(script: Script, it: Transition) -> list[Transition]:
    ends = (it.from_state, it.to_state)
    return [t for t in script.maker.machine.transitions if (t.from_state, t.to_state) == ends]


def _who(script: Script, it: Transition) -> None:
    """Write what a move asks of who makes it: roles and reasons."""
    maker, table = script.maker, script.maker.machine.table
    events = _same_moves(script, it)
    if it.by:
        name = f"{it.event} from {it.from_state} is not for a stranger"
        with script.trying(name):
            script.demand_enforced("authority")
            if not all(t.by for t in events):
                raise Unmade("another event makes the same move")
            row = maker.make(it.from_state, then=it)
            before = (
                f"grant usage on schema {ident(table.schema)} to {acting.STRANGER}",
                f"grant select, update on {maker.name} to {acting.STRANGER}",
                f"set local role {acting.STRANGER}",
            )
            text = maker.moved(row, it.to_state, it)[0]
            script.refused("IL05", text, name, (before, ("reset role",)))
    if it.reason is Need.REQUIRED:
        name = f"{it.event} from {it.from_state} needs a reason"
        with script.trying(name):
            script.demand_enforced("attribution")
            if not all(t.reason is Need.REQUIRED for t in events):
                raise Unmade("another event makes the same move")
            row = maker.make(it.from_state, then=it)
            text = maker.moved(row, it.to_state, it)[0]
            around = ((acting.act(maker.machine, reason=None),), (acting.act(maker.machine),))
            script.refused("IL06", text, name, around)
        for column in maker.machine.audit.columns[:1]:
            with script.trying(name, is_extra=True):
                script.demand_enforced("attribution")
                row = maker.make(it.from_state, then=it)
                sets = {**other(maker, row, column), **maker.changes(row, it)}
                around = ((acting.act(maker.machine, reason=None),), (acting.act(maker.machine),))
                script.refused(
                    "IL06", maker.update(row, sets), f"{name}, with {column} too", around
                )
