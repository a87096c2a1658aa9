"""An attack on every rule that is no move: guards, rows, stamps, claims, who and why, mirrors."""

from collections.abc import Callable, Sequence
from functools import partial

from pginterlock.choices import ActorNeed, Fill, Need, Presence
from pginterlock.elements import Claim, Invariant, Mirror, Reaction, StateRow, Transition
from pginterlock.generate import approving
from pginterlock.generate.rows import Row, Unmade
from pginterlock.generate.solving import Condition
from pginterlock.generate.trying import STRANGER, NotTried, Script
from pginterlock.names import ident, literal

_ACT = "select interlock.act_as('tester', reason => 'generated')"
_FAR = 5000  # from a row to one that nothing else refers to


def write(script: Script) -> None:
    """Write the attacks on the rules of the machine."""
    machine = script.maker.machine
    script.maker.lines.append("\n-- Moves that lack something.\n")
    for it in machine.transitions:
        _guard(script, it)
        _who(script, it)
    _actor(script)
    script.maker.lines.append("\n-- What rows look like.\n")
    for state in machine.states:
        _stamps(script, state)
        _row(script, machine.row(state))
    for invariant in machine.invariants:
        _invariant(script, invariant)
    _key(script)
    script.maker.lines.append("\n-- Claims, mirrors, reactions.\n")
    for claim in machine.claims:
        _claim(script, claim)
    for mirror in machine.mirrors:
        _mirror(script, mirror)
    for reaction in machine.reactions:
        _reaction(script, reaction)
    for deadline in machine.deadlines:
        why = "a deadline refuses nothing: verify and overdue report it"
        script.not_tried.append(NotTried(f"deadline of {deadline.state}", why))


def _guard(script: Script, it: Transition) -> None:
    if not it.is_guarded:
        return
    maker, name = script.maker, f"{it.event} from {it.from_state} without its guard is refused"
    with script.trying(name):
        script.demand_enforced("guard")
        if it.guard is None:
            raise Unmade("its guard is on another table")
        same = [t for t in maker.machine.transitions if _is_same_move(t, it)]
        broken = Condition(f"({it.guard.text}) is not true", it.guard.columns)
        conditions = [*maker.demands(it.to_state), broken]
        for other in same:
            if other is not it and not other.guard:
                raise Unmade(f"{other.event} makes the same move")
            if other is not it and other.guard:
                text = f"({other.guard.text}) is not true"
                conditions.append(Condition(text, other.guard.columns))
        row = maker.make(it.from_state, then=it)
        script.refused("IL04", maker.moved(row, it.to_state, None, None, conditions)[0], name)


def _is_same_move(one: Transition, two: Transition) -> bool:
    return (one.from_state, one.to_state) == (two.from_state, two.to_state)


def _who(script: Script, it: Transition) -> None:
    """Write what a move asks of who makes it: roles, reasons, approvals."""
    maker, table = script.maker, script.maker.machine.table
    events = [t for t in maker.machine.transitions if _is_same_move(t, it)]
    if it.by:
        name = f"{it.event} from {it.from_state} is not for a stranger"
        with script.trying(name):
            script.demand_enforced("authority")
            if not all(t.by for t in events):
                raise Unmade("another event makes the same move")
            row = maker.make(it.from_state, then=it)
            before = (
                f"grant usage on schema {ident(table.schema)} to {STRANGER}",
                f"grant select, update on {maker.name} to {STRANGER}",
                f"set local role {STRANGER}",
            )
            text = maker.moved(row, it.to_state, it)[0]
            script.refused("IL05", text, name, (before, ("reset role",)))
    if it.reason is Need.REQUIRED:
        name = f"{it.event} from {it.from_state} needs a reason"
        with script.trying(name):
            if not all(t.reason is Need.REQUIRED for t in events):
                raise Unmade("another event makes the same move")
            row = maker.make(it.from_state, then=it)
            text = maker.moved(row, it.to_state, it)[0]
            around = (("select interlock.act_as('tester')",), (_ACT,))
            script.refused("IL06", text, name, around)
    approving.write(script, it)


def _actor(script: Script) -> None:
    machine = script.maker.machine
    if machine.audit.actor is not ActorNeed.REQUIRED:
        return
    for state in machine.initial:
        name = f"a row does not begin in {state} without an actor"
        with script.trying(name):
            text, _ = script.maker.born(state)
            around = (("select interlock.act_as('')",), (_ACT,))
            script.refused("IL06", text, name, around)


def _stamps(script: Script, state: str) -> None:
    maker, machine = script.maker, script.maker.machine
    for it in machine.stamps:
        presence = machine.presence(it, state)
        if presence is Presence.FORBIDDEN:
            name = f"{it.column} is not set in {state}"
            with script.trying(name):
                script.demand_enforced("stamp", it.column)
                row = maker.make(state)
                text = maker.update(row, {it.column: maker.sample(it.column, row.number)})
                script.refused("IL12", text, name, instead=("IL07",))
        if state in it.states and it.fill is Fill.NEVER:
            for move in (t for t in machine.transitions if t.to_state == state):
                name = f"{move.event} from {move.from_state} without {it.column} is refused"
                with script.trying(name):
                    script.demand_enforced("stamp", it.column)
                    row = maker.make(move.from_state, then=move)
                    text = maker.moved(row, state, move, without=[it.column])[0]
                    script.refused("IL12", text, name)
        if presence is Presence.REQUIRED:
            name = f"{it.column} is not taken away in {state}"
            with script.trying(name):
                script.demand_enforced("stamp", it.column)
                row = maker.make(state)
                code = "IL07" if it.column in machine.row(state).freeze else "IL12"
                text = maker.update(row, {it.column: None})
                script.refused(code, text, name, instead=("IL07", "IL12"))


def _row(script: Script, look: StateRow) -> None:
    maker, state = script.maker, look.state
    frozen = look.freeze
    for column in look.require:
        _require(script, state, column)
    for column in look.forbid:
        name = f"{state} forbids {column}"
        with script.trying(name):
            script.demand_enforced("state_row", name)
            row = maker.make(state)
            value = maker.sample(column, row.number)
            script.refused("IL13", maker.update(row, {column: value}), name)
    if frozen == ("*",):
        free = [it.name for it in maker.columns if it.name not in maker.key]
        frozen = tuple(free[:1])
    for column in frozen:
        name = f"{column} is frozen in {state}"
        with script.trying(name):
            script.demand_enforced("freeze")
            row = maker.make(state)
            script.refused("IL07", maker.update(row, _other(script, row, column)), name)


def _require(script: Script, state: str, column: str) -> None:
    maker, name = script.maker, f"{state} requires {column}"
    for move in (t for t in maker.machine.transitions if t.to_state == state):
        told = f"{name}, at {move.event} from {move.from_state}"
        with script.trying(told):
            script.demand_enforced("state_row", name)
            row = maker.make(move.from_state, then=move)
            _, held = maker.moved(row, state, move)
            sets = {it: v for it, v in held.values.items() if v != row.values[it]}
            sets |= {maker.machine.state: state, column: None}
            script.refused("IL13", maker.update(row, sets), told)
    with script.trying(f"{name}, while it stands there"):
        script.demand_enforced("state_row", name)
        if column in maker.machine.row(state).freeze:
            raise Unmade("the column is frozen there")
        row = maker.make(state)
        script.refused("IL13", maker.update(row, {column: None}), f"{name}, while it stands there")


def _other(script: Script, row: Row, column: str) -> dict[str, str | None]:
    """Return what to set so that a column of *row* has another value."""
    maker = script.maker
    leading = [it for it in maker.shape.parents if column in it.columns]
    if any(it.table != maker.machine.table for it in leading):
        maker.prepare(row.number + _FAR)
        names = dict.fromkeys(name for it in leading for name in it.columns)
        return {it: maker.sample(it, row.number + _FAR) for it in names if it not in maker.key}
    for it in leading:
        own = row.values[it.target_columns[it.columns.index(column)]]
        return {column: own if own != row.values[column] else None}
    current = row.values[column]
    told = "null" if current is None else f"{literal(current)}::{maker.types[column]}"
    other = Condition(f"{ident(column)} is distinct from {told}", (column,))
    held = maker.solved(row, row.state, None, {}, [*maker.demands(row.state), other])
    return {it: value for it, value in held.items() if value != row.values[it]}


def _invariant(script: Script, it: Invariant) -> None:
    name = f"{it.name} holds"
    with script.trying(name):
        script.demand_enforced("invariant", it.name)
        _first_that_will_do(
            [
                partial(_broken, script, it, state)
                for state in it.states or script.maker.machine.states
            ]
        )


def _broken(script: Script, it: Invariant, state: str) -> None:
    """Write the test that a row in *state* does not break *it*."""
    maker = script.maker
    broken = Condition(f"({it.check.text}) is not true", it.check.columns)
    others = [c for c in maker.demands(state) if c.text != it.check.text]
    row = maker.make(state)
    held = maker.solved(row, state, None, {}, [*others, broken])
    sets = {c: v for c, v in held.items() if v != row.values[c]}
    script.refused("IL14", maker.update(row, sets), f"{it.name} holds")


def _key(script: Script) -> None:
    with script.trying("the key of a row does not change"):
        script.demand_enforced("freeze")
        _first_that_will_do([partial(_moved_key, script, it) for it in reversed(script.maker.key)])


def _moved_key(script: Script, column: str) -> None:
    maker = script.maker
    row = maker.make(maker.machine.initial[0])
    text = maker.update(row, {column: maker.sample(column, row.number + _FAR)})
    script.refused("IL07", text, "the key of a row does not change")


def _first_that_will_do(some: Sequence[Callable[[], None]]) -> None:
    """Write one of several tests: the first that can be made; raise why the first cannot."""
    why: Unmade | None = None
    for write in some:
        try:
            write()
        except Unmade as error:
            why = why or error
        else:
            return
    if why:
        raise why


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


def _mirror(script: Script, it: Mirror) -> None:
    maker, target = script.maker, f"{ident(it.table.schema)}.{ident(it.table.name)}"
    key = maker.shapes[it.table].table.one_key
    for state in it.states:
        name = f"{it.name} follows {state}"
        with script.trying(name):
            script.demand_enforced("mirror", it.name)
            row = maker.make(state, {it.key: True})
            where = f"{ident(key.name if key else '')} = {literal(str(row.values[it.key]))}"
            column = ident(it.column)
            script.holds(f"select {column} from {target} where {where}", "true", name)
            text = f"update {target} set {column} = false where {where}"
            script.refused("IL09", text, f"{name}, and is not written by others")


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
