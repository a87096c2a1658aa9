"""Attacks on what rows hold together: claims, and mirrors in other tables."""

from functools import partial

from pginterlock.elements import Claim, Mirror, Transition
from pginterlock.generate import ways
from pginterlock.generate.changing import FAR
from pginterlock.generate.rows import Row, Unmade
from pginterlock.generate.solving import Condition
from pginterlock.generate.trying import Script
from pginterlock.names import ident, literal


def write(script: Script) -> None:
    """Write the attacks on claims and mirrors."""
    machine = script.maker.machine
    for claim in machine.claims:
        _claim(script, claim)
        _unbounded(script, claim)
    for mirror in machine.mirrors:
        _mirror(script, mirror)


def _claim(script: Script, it: Claim) -> None:
    maker = script.maker
    for state in it.states:
        name = f"{it.name} is held by one row in {state}"
        with script.trying(name):
            script.demand_enforced("claim", it.name)
            into = [t for t in maker.machine.transitions if t.to_state == state]
            script.first(
                [
                    partial(_taken, script, it, state, name),
                    *(partial(_taken_on_entry, script, it, move, name) for move in into),
                ]
            )


def _taken(script: Script, it: Claim, state: str, name: str) -> None:
    """Write that a row in *state* takes what another one holds there."""
    maker = script.maker
    first, second = maker.make(state, _pins(it)), maker.make(state, _pins(it))
    script.refused("IL15", maker.update(second, _held(script, it, first)), name)


def _taken_on_entry(script: Script, it: Claim, move: Transition, name: str) -> None:
    """Write that a row takes it with the move into that state."""
    maker = script.maker
    first = maker.make(move.to_state, _pins(it))
    second = maker.make(move.from_state, then=move)
    sets = {**maker.changes(second, move), **_held(script, it, first)}
    script.refused("IL15", maker.update(second, sets), name)


def _pins(it: Claim) -> dict[str, bool]:
    """Return which columns must be there for something to be held."""
    return dict.fromkeys([*it.resource, *(it.during.columns if it.during else ())], True)


def _held(script: Script, it: Claim, row: Row) -> dict[str, str | None]:
    """Return the columns by which *row* holds what it does, but for its key."""
    return {column: row.values[column] for column in _pins(it) if column not in script.maker.key}


def _unbounded(script: Script, it: Claim) -> None:
    """Write that nothing is held without beginning or end: an index would let that through."""
    if it.during is None:
        return
    maker = script.maker
    bounded = ways.bounded(it)
    broken = Condition(f"({bounded.text}) is not true", bounded.columns)
    for state in it.states:
        name = f"{it.name} is not held without beginning or end in {state}"
        with script.trying(name):
            script.demand_enforced("claim", it.name)
            others = [c for c in maker.demands(state) if c.text != bounded.text]
            conditions = [*others, broken]
            row = maker.make(state, dict.fromkeys(it.resource, True))
            try:
                held = maker.solved(row, state, None, dict.fromkeys(it.resource, True), conditions)
            except Unmade:
                raise Unmade("no row that the other rules allow is so") from None
            sets = {c: v for c, v in held.items() if v != row.values[c]}
            script.refused("IL15", maker.update(row, sets), name)


def _mirror(script: Script, it: Mirror) -> None:
    maker, machine = script.maker, script.maker.machine
    target = f"{ident(it.table.schema)}.{ident(it.table.name)}"
    found = maker.shapes[it.table].table.one_key
    key, column = ident(found.name if found else ""), ident(it.column)
    for state in it.states:
        name = f"{it.name} follows {state}"
        with script.trying(name):
            script.demand_enforced("mirror", it.name)
            row = maker.make(state, {it.key: True})
            where = f"{key} = {literal(str(row.values[it.key]))}"
            script.holds(f"select {column} from {target} where {where}", "true", name)
            text = f"update {target} set {column} = false where {where}"
            script.refused("IL09", text, f"{name}, and is not written by others")
    for move in machine.transitions:
        if move.from_state not in it.states or move.to_state in it.states:
            continue
        name = f"{it.name} lets go with {move.event} from {move.from_state}"
        with script.trying(name):
            script.demand_enforced("mirror", it.name)
            row = maker.make(move.from_state, {it.key: True}, then=move)
            maker.do(maker.moved(row, move.to_state, move)[0])
            where = f"{key} = {literal(str(row.values[it.key]))}"
            script.holds(f"select {column} from {target} where {where}", "false", name)
            text = f"update {target} set {column} = true where {where}"
            script.refused("IL09", text, f"{name}, and is not set by others")
    _nowhere(script, it)
    if not maker.refers(it.key, it.table):
        _gone(script, it, target, key)
    name = f"{it.table} is not truncated under {it.name}"
    with script.trying(name):
        script.demand_enforced("mirror", it.name)
        around = (("set constraints all immediate",), ())
        script.refused("IL09", f"truncate {target} cascade", name, around)


def _nowhere(script: Script, it: Mirror) -> None:
    """Write that a row does not name what is not there; a foreign key refuses that itself."""
    maker = script.maker
    if maker.refers(it.key, it.table):
        return
    for state in it.states:
        name = f"{it.key} names a row of {it.table} in {state}"
        with script.trying(name, is_extra=it.key in maker.machine.row(state).freeze):
            script.demand_enforced("mirror", it.name)
            row = maker.make(state, {it.key: True})
            text = maker.update(row, {it.key: maker.sample(it.key, row.number + FAR)})
            script.refused("IL09", text, name)


def _gone(script: Script, it: Mirror, target: str, key: str) -> None:
    """Write that a row elsewhere does not go while it is held, nor get another key."""
    maker = script.maker
    for state in it.states:
        name = f"what {it.name} speaks of is not deleted in {state}"
        with script.trying(name):
            script.demand_enforced("mirror", it.name)
            row = maker.make(state, {it.key: True})
            where = f"{key} = {literal(str(row.values[it.key]))}"
            script.refused("IL09", f"delete from {target} where {where}", name)
