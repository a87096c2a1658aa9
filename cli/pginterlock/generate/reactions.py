"""Tests of the moves that the database makes by itself: that it does, and what is asked still."""

from collections.abc import Callable
from functools import partial

from pginterlock.choices import Mode
from pginterlock.elements import Expression, Reaction, Transition
from pginterlock.generate import acting, attributing
from pginterlock.generate.changing import other
from pginterlock.generate.rows import Row, Values
from pginterlock.generate.solving import Condition
from pginterlock.generate.trying import Script
from pginterlock.rules.reaction import ACTORS, Step, Through, throughs


def write(script: Script) -> None:
    """Write the tests of all reactions of the machine."""
    for it in script.maker.machine.reactions:
        for move in script.maker.machine.transitions:
            if move.event == it.event:
                _made(script, it, move)
    for through in throughs(script.maker.machine):
        _through(script, through)


def _made(script: Script, it: Reaction, move: Transition) -> None:
    name = f"{it.name} moves a row from {move.from_state} to {move.to_state}"
    with script.trying(name):
        script.demand_enforced("reaction", it.name)
        row, sets = _awaited(script, it, move)
        script.allowed(script.maker.update(row, sets), name)
        _is_made(script, row, it, move)
    if script.maker.machine.mode_of("reaction", it.name) is not Mode.OBSERVE:
        told = f"{it.name} does not move a row from {move.from_state}"
        prepare = partial(_awaited, script, it, move)
        _under_bad_names(script, told, prepare, has_own_move=False)


def _awaited(script: Script, it: Reaction, move: Transition) -> tuple[Row, Values]:
    """Return a row that waits for *it*, and what to set so that it makes *move*."""
    row = script.maker.make(move.from_state, then=move)
    held = script.maker.solved(row, move.from_state, None, {}, _asked(it, move))
    return row, {c: v for c, v in held.items() if v != row.values[c]}


def _under_bad_names(
    script: Script,
    name: str,
    prepare: Callable[[], tuple[Row, Values]],
    *,
    has_own_move: bool,
) -> None:
    """Write that a reaction excuses neither what else the write does, nor who it claims to be.

    Its own move needs nobody; a move of the write before it does (*has_own_move*), and so does what
    the write changes beside. *prepare* makes a row, and says what to set.
    """
    maker = script.maker
    for told, before in attributing.outermost(attributing.attempts_on(script)):
        for column in maker.machine.audit.columns[:1]:
            with script.trying(name, is_extra=True):
                script.demand_enforced("attribution")
                row, sets = prepare()
                text = maker.update(row, {**other(maker, row, column), **sets})
                attributing.refused(script, text, f"{name}, with {column}, {told}", before)
        if has_own_move or before == (acting.act(maker.machine, attributing.SERVANT),):
            with script.trying(name, is_extra=True):
                script.demand_enforced("attribution")
                row, sets = prepare()
                attributing.refused(script, maker.update(row, sets), f"{name} {told}", before)


def _through(script: Script, it: Through) -> None:
    """Write a move from which a reaction goes on in the same write: its guard is asked as ever."""
    machine, step = script.maker.machine, it.steps[0]
    own = [t for t in machine.transitions if (t.from_state, t.to_state) == (it.origin, it.via)]
    if len(own) != 1:
        return  # which event it is, the row does not tell
    given = [own[0].guard] if own[0].guard else []
    name = f"{own[0].event} from {it.origin} goes on to {it.target}"
    with script.trying(name, is_extra=True):
        script.demand_enforced("reaction", step.reaction.name)
        row, sets = _gone_on(script, own[0], step, given)
        script.allowed(script.maker.update(row, sets), name)
        _is_made(script, row, step.reaction, step.move)
    _under_bad_names(
        script,
        f"{own[0].event} from {it.origin} does not go on to {it.target}",
        partial(_gone_on, script, own[0], step, given),
        has_own_move=True,
    )
    guard = own[0].guard
    if guard is None:
        return
    name = f"{own[0].event} from {it.origin} does not go on to {it.target} without its guard"
    with script.trying(name, is_extra=True):
        script.demand_enforced("guard")
        script.demand_enforced("reaction", step.reaction.name)
        broken = Expression(f"({guard.text}) is not true", guard.columns)
        row, sets = _gone_on(script, own[0], step, [broken])
        script.refused("IL04", script.maker.update(row, sets), name)


def _gone_on(
    script: Script, own: Transition, step: Step, more: list[Expression]
) -> tuple[Row, Values]:
    """Return a row that *own* moves, and what to set so that *step* moves it on."""
    maker = script.maker
    row = maker.make(own.from_state, then=own)
    others = [t.text for it in maker.machine.reactions for t in [it.when]]
    rest = [
        it
        for it in maker.demands(own.to_state)
        if not any(it.text == f"({text}) is not true" for text in others)
    ]
    wanted = [Condition(it.text, it.columns) for it in more]
    held = maker.solved(
        row, own.to_state, None, {}, [*rest, *wanted, *_asked(step.reaction, step.move)]
    )
    sets = {c: v for c, v in held.items() if v != row.values[c]}
    return row, {**sets, maker.machine.state: own.to_state}


def _asked(it: Reaction, move: Transition) -> list[Condition]:
    asked = [it.when, *([move.guard] if move.guard else [])]
    return [Condition(one.text, one.columns) for one in asked]


def _is_made(script: Script, row: Row, it: Reaction, move: Transition) -> None:
    script.state_is(row, move.to_state, "and it stands there")
    script.holds(script.entry(row, "a.actor"), f"{ACTORS}{it.name}", "by nobody else")
