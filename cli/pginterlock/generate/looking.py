"""Attacks on what a row looks like: stamps, state rows, frozen columns, invariants, the key."""

from pginterlock.choices import Fill, Presence
from pginterlock.elements import Invariant, Stamp, StateRow, Transition
from pginterlock.generate import ways
from pginterlock.generate.changing import FAR, other
from pginterlock.generate.rows import Unmade
from pginterlock.generate.solving import Condition
from pginterlock.generate.trying import Script
from pginterlock.names import ident

_LONG_AGO = "2001-01-01"


def write(script: Script) -> None:
    """Write the attacks on what rows look like."""
    machine = script.maker.machine
    for state in machine.states:
        for stamp in machine.stamps:
            _stamp(script, stamp, state)
        _row(script, machine.row(state))
    for invariant in machine.invariants:
        _invariant(script, invariant)
    _key(script)


def _stamp(script: Script, it: Stamp, state: str) -> None:
    maker, machine = script.maker, script.maker.machine
    presence = machine.presence(it, state)
    if presence is Presence.FORBIDDEN:
        name = f"{it.column} is not set in {state}"
        with script.trying(name):
            script.demand_enforced("stamp", it.column)
            row = maker.make(state)
            text = maker.update(row, {it.column: maker.sample(it.column, row.number)})
            script.refused("IL12", text, name, instead=("IL07",))
    if state in it.states:
        for move in (t for t in machine.transitions if t.to_state == state):
            _filled(script, it, move)
        name = f"{it.column} does not change in {state}"
        with script.trying(name):
            script.demand_enforced("freeze")
            row = maker.make(state)
            moved = f"{ident(it.column)} - interval '1 day'"
            text = f"update {maker.name} set {ident(it.column)} = {moved} where {maker.where(row)}"
            script.refused("IL07", text, name)
    if presence is Presence.REQUIRED:
        name = f"{it.column} is not taken away in {state}"
        with script.trying(name):
            script.demand_enforced("stamp", it.column)
            row = maker.make(state)
            code = "IL07" if it.column in machine.row(state).freeze else "IL12"
            text = maker.update(row, {it.column: None})
            script.refused(code, text, name, instead=("IL07", "IL12"))


def _filled(script: Script, it: Stamp, move: Transition) -> None:
    """Write who fills a stamp when a move enters its state: the mover, or the machine alone."""
    maker, told = script.maker, f"{move.event} from {move.from_state}"
    if it.fill is Fill.NEVER:
        name = f"{told} without {it.column} is refused"
        with script.trying(name):
            script.demand_enforced("stamp", it.column)
            row = maker.make(move.from_state, then=move)
            text = maker.moved(row, move.to_state, move, without=[it.column])[0]
            script.refused("IL12", text, name)
    if it.fill is Fill.ALWAYS:
        name = f"{it.column} is the time of {told}, whatever is given"
        with script.trying(name):
            script.demand_enforced("stamp", it.column)
            row = maker.make(move.from_state, then=move)
            sets = {**maker.changes(row, move), it.column: _LONG_AGO}
            script.allowed(maker.update(row, sets), name)
            now = f"t.{ident(it.column)} = now()::{maker.types[it.column]}"
            query = f"select {now} from {maker.name} as t where {maker.where(row)}"
            script.holds(query, "true", f"{it.column} is that of the transaction")


def _row(script: Script, look: StateRow) -> None:
    maker, state = script.maker, look.state
    for column in look.require:
        _require(script, state, column)
    for column in dict.fromkeys([*look.forbid, *look.clear]):
        name = f"{state} forbids {column}"
        with script.trying(name):
            script.demand_enforced("state_row", name)
            row = maker.make(state)
            value = maker.sample(column, row.number)
            instead = ("IL07",) if column in look.freeze else ()
            script.refused("IL13", maker.update(row, {column: value}), name, instead=instead)
    for column in look.clear:
        _clear(script, state, column)
    frozen = look.freeze
    if frozen == ("*",):
        # The key has tests of its own; what must be empty there is held by another rule.
        there = ways.presence(maker.machine, state)
        frozen = tuple(
            it.name for it in maker.columns if it.name not in maker.key and there.get(it.name, True)
        )
    for column in frozen:
        name = f"{column} is frozen in {state}"
        with script.trying(name):
            script.demand_enforced("freeze")
            row = maker.make(state)
            script.refused("IL07", maker.update(row, other(maker, row, column)), name)


def _require(script: Script, state: str, column: str) -> None:
    maker, name = script.maker, f"{state} requires {column}"
    for move in (t for t in maker.machine.transitions if t.to_state == state):
        told = f"{name}, at {move.event} from {move.from_state}"
        with script.trying(told):
            script.demand_enforced("state_row", name)
            row = maker.make(move.from_state, then=move)
            sets = {**maker.changes(row, move), column: None}
            script.refused("IL13", maker.update(row, sets), told)
    with script.trying(f"{name}, while it stands there"):
        script.demand_enforced("state_row", name)
        if column in maker.machine.row(state).freeze:
            raise Unmade("the column is frozen there")
        row = maker.make(state)
        script.refused("IL13", maker.update(row, {column: None}), f"{name}, while it stands there")


def _clear(script: Script, state: str, column: str) -> None:
    """Write that *column* is emptied by the machine on entry to *state*, wherever it may be set."""
    maker, machine = script.maker, script.maker.machine
    for move in (t for t in machine.transitions if t.to_state == state):
        if not ways.presence(machine, move.from_state).get(column, True):
            continue  # it is empty before
        name = f"{move.event} from {move.from_state} clears {column}"
        with script.trying(name):
            script.demand_enforced("state_row", f"{state} forbids {column}")
            row = maker.make(move.from_state, {column: True}, then=move)
            script.allowed(maker.moved(row, state, move, without=[column])[0], name)
            query = f"select t.{ident(column)} is null from {maker.name} as t"
            script.holds(f"{query} where {maker.where(row)}", "true", f"{column} is empty then")


def _invariant(script: Script, it: Invariant) -> None:
    states, before = it.states or script.maker.machine.states, script.tests
    for number, state in enumerate(sorted(states, key=lambda s: _is_settled(script, s)), start=1):
        name = f"{it.name} holds in {state}"
        # In one state at least where it holds in all: in others another rule may come first.
        is_extra = not it.states and (script.tests > before or number < len(states))
        with script.trying(name, is_extra=is_extra):
            script.demand_enforced("invariant", it.name)
            _broken(script, it, state, name)


def _is_settled(script: Script, state: str) -> bool:
    return bool(script.maker.machine.row(state).freeze)


def _broken(script: Script, it: Invariant, state: str, name: str) -> None:
    """Write the test that a row in *state* does not break *it*."""
    maker = script.maker
    broken = Condition(f"({it.check.text}) is not true", it.check.columns)
    others = [c for c in maker.demands(state) if c.text != it.check.text]
    row = maker.make(state)
    held = maker.solved(row, state, None, {}, [*others, broken])
    sets = {c: v for c, v in held.items() if v != row.values[c]}
    script.refused("IL14", maker.update(row, sets), name)


def _key(script: Script) -> None:
    """Write that no column of the key changes; what is the only one that could be is listed."""
    made = 0
    for column in script.maker.key:
        before = script.tests
        with script.trying(f"the key {column} does not change"):
            script.demand_enforced("freeze")
            row = script.maker.make(script.maker.machine.initial[0])
            text = script.maker.update(row, {column: script.maker.sample(column, row.number + FAR)})
            script.refused("IL07", text, f"the key {column} does not change")
        made += script.tests - before
    if made:  # a part of it that can have but one value, such as that of a partition, is no gap
        names = [f"the key {it} does not change" for it in script.maker.key]
        script.not_tried = [it for it in script.not_tried if it.name not in names]
