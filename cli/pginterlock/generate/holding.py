"""Attacks on what rows hold together: claims, mirrors, and moves that the database makes itself."""

from pginterlock.elements import Claim, Mirror, Reaction
from pginterlock.generate import ways
from pginterlock.generate.rows import Unmade
from pginterlock.generate.solving import Condition
from pginterlock.generate.trying import Script
from pginterlock.names import ident, literal

_REACTOR = "interlock:"


def write(script: Script) -> None:
    """Write the attacks on claims, mirrors and reactions."""
    machine = script.maker.machine
    for claim in machine.claims:
        _claim(script, claim)
        _unbounded(script, claim)
    for mirror in machine.mirrors:
        _mirror(script, mirror)
    for reaction in machine.reactions:
        _reaction(script, reaction)


def _claim(script: Script, it: Claim) -> None:
    maker = script.maker
    for state in it.states:
        name = f"{it.name} is held by one row in {state}"
        with script.trying(name):
            script.demand_enforced("claim", it.name)
            during = it.during.columns if it.during else ()
            pins = dict.fromkeys([*it.resource, *during], True)
            first, second = maker.make(state, pins), maker.make(state, pins)
            taken = {c: first.values[c] for c in (*it.resource, *during) if c not in maker.key}
            script.refused("IL15", maker.update(second, taken), name)


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
    name = f"{it.table} is not truncated under {it.name}"
    with script.trying(name):
        script.demand_enforced("mirror", it.name)
        around = (("set constraints all immediate",), ())
        script.refused("IL09", f"truncate {target} cascade", name, around)


def _reaction(script: Script, it: Reaction) -> None:
    maker = script.maker
    for move in (t for t in maker.machine.transitions if t.event == it.event):
        name = f"{it.name} moves a row from {move.from_state} to {move.to_state}"
        with script.trying(name):
            script.demand_enforced("reaction", it.name)
            row = maker.make(move.from_state, then=move)
            conditions = [Condition(it.when.text, it.when.columns)]
            if move.guard:
                conditions.append(Condition(move.guard.text, move.guard.columns))
            held = maker.solved(row, move.from_state, None, {}, conditions)
            sets = {c: v for c, v in held.items() if v != row.values[c]}
            script.allowed(maker.update(row, sets), name)
            script.state_is(row, move.to_state, "and it stands there")
            script.holds(script.entry(row, "a.actor"), f"{_REACTOR}{it.name}", "by nobody else")
