"""Attacks by way of `interlock.fire`: on a row that has moved (IL08), and past a funnel."""

from functools import partial

from pginterlock.choices import Mode
from pginterlock.elements import Transition
from pginterlock.generate import acting
from pginterlock.generate.rows import Row, Unmade
from pginterlock.generate.trying import Script
from pginterlock.names import literal

_DENIED = "42501"
_BACK = ("reset role",)


def write(script: Script) -> None:
    """Write the tests of `interlock.fire` on the machine."""
    machine = script.maker.machine
    others = [it for it in machine.transitions if it.from_state != it.to_state]
    with script.trying("a row that is not where its caller expects it is not moved"):
        script.first([partial(_stale, script, it) for it in others])
    with script.trying("a row that is not there is not moved"):
        script.first([partial(_nowhere, script, it) for it in others])
    with script.trying("an event that does not lead on from the state is refused", is_extra=True):
        script.first([partial(_elsewhere, script, it) for it in others])
    with script.trying("one that is there is moved"):
        script.first([partial(_expected, script, it) for it in others])
    if machine.funnel:
        with script.trying("the state is not updated past the funnel"):
            script.first([partial(_past, script, it) for it in others])


def _stale(script: Script, it: Transition) -> None:
    row = script.maker.make(it.from_state, then=it)
    text = _fire(script, it, row, expect=it.to_state)
    name = "a row that is not where its caller expects it is not moved"
    script.refused("IL08", text, name)


def _nowhere(script: Script, it: Transition) -> None:
    maker = script.maker
    _, row = maker.born(maker.machine.initial[0])
    calls = [("fire", f"select interlock.fire({_told(script, it, row)})")]
    calls.append(("allowed", f"select interlock.allowed({_told(script, None, row)})"))
    for verb, call in calls:
        script.refused("IL08", call, f"interlock.{verb} tells of a row that is not there")


def _elsewhere(script: Script, it: Transition) -> None:
    maker = script.maker
    leading = [t.from_state for t in maker.machine.transitions if t.event == it.event]
    state = next((s for s in maker.machine.states if s not in leading), None)
    if state is None:
        raise Unmade(f"{it.event} leads on from every state")
    row = maker.make(state)
    call = f"select interlock.fire({_told(script, it, row)})"
    script.refused("IL01", call, f"{it.event} does not lead on from {state}")


def _told(script: Script, it: Transition | None, row: Row) -> str:
    """Return the arguments that name the machine, *row* and the event of *it*."""
    maker = script.maker
    event = [literal(it.event)] if it else []
    key = acting.key_json(maker.key_of(row))
    return ", ".join([literal(maker.machine.name), key, *event])


def _expected(script: Script, it: Transition) -> None:
    row = script.maker.make(it.from_state, then=it)
    text = _fire(script, it, row, expect=it.from_state)
    script.allowed(text, f"{it.event} moves a row that is where its caller expects it")
    script.state_is(row, it.to_state, "and it stands there")


def _past(script: Script, it: Transition) -> None:
    maker = script.maker
    if it.by:
        raise Unmade(f"{it.event} is for other roles")
    if it.approvals and maker.machine.mode_of("approval") is not Mode.OBSERVE:
        raise Unmade(f"{it.event} needs approvals")
    row = maker.make(it.from_state, then=it)
    role = (f"set local role {acting.APPLICATION}",)
    text = maker.update(row, {maker.machine.state: it.to_state})
    script.throws(_DENIED, text, "the state is not updated past the funnel", (role, _BACK))
    maker.do(role[0])
    script.allowed(_fire(script, it, row), f"but {it.event} goes through it")
    maker.do(_BACK[0])
    script.state_is(row, it.to_state, "and the row stands there")


def _fire(script: Script, it: Transition, row: Row, expect: str | None = None) -> str:
    """Return the call that makes the move *it* of *row*, with all that the row must hold then."""
    maker = script.maker
    _, moved = maker.moved(row, it.to_state, it)
    filled = {s.column for s in maker.machine.stamps if it.to_state in s.states}
    sets = {
        column: value
        for column, value in moved.values.items()
        if value != row.values[column] and not (column in filled and value is None)
    }
    told = [f"{literal(c)}, {'null' if v is None else literal(v)}" for c, v in sets.items()]
    given = f", set => jsonb_build_object({', '.join(told)})" if told else ""
    expected = "" if expect is None else f", expect => {literal(expect)}"
    return (
        f"select interlock.fire({literal(maker.machine.name)},"
        f" {acting.key_json(maker.key_of(row))}, {literal(it.event)}{given}{expected})"
    )
