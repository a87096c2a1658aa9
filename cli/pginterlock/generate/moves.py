"""The matrix: every state to every state, every birth, every end; unknown states and null."""

from functools import partial

from pginterlock.choices import Fill
from pginterlock.elements import Transition
from pginterlock.generate.rows import Maker, Row, Unmade
from pginterlock.generate.trying import Script
from pginterlock.names import ident, literal

UNKNOWN = "interlock_no_such_state"
# The last of all BEFORE triggers, and what it writes.
_OVERRULE = "zz_interlock_try"
_SETTING = "interlock_try.state"
_AS_REPLICA = "set local session_replication_role = replica"
_AS_ORIGIN = "set local session_replication_role = origin"


def write(script: Script) -> None:
    """Write the tests of all moves of the machine."""
    for state in script.maker.machine.states:
        _from(script, state)
    _births(script)
    _truncate(script)
    _overruled(script)


def _from(script: Script, state: str) -> None:
    machine = script.maker.machine
    script.maker.lines.append(f"\n-- From {state.replace(chr(10), ' ')}.\n")
    for it in machine.transitions:
        if it.from_state == state:
            _allowed(script, it)
    made: list[Row] = []
    with script.trying(f"refused moves out of {state}"):
        made.append(script.maker.make(state))
    for row in made:
        others = [it for it in machine.states if it != state and it not in machine.targets(state)]
        for other in others:
            _refused(script, row, other)
        _beside(script, row, others)
        _death(script, row)


def _allowed(script: Script, it: Transition) -> None:
    name = f"{it.event}: {it.from_state} -> {it.to_state}"
    maker = script.maker
    # What a condition speaks of is given: the clock would decide what becomes of the test.
    filled = [
        s.column
        for s in maker.machine.stamps
        if s.fill is not Fill.NEVER and s.column not in maker.asked
    ]
    with script.trying(f"{name} is allowed"):
        row = maker.make(it.from_state, then=it)
        text, moved = maker.moved(row, it.to_state, it, without=filled)
        script.allowed(text, f"{name} is allowed")
        if it.from_state != it.to_state:
            script.state_is(moved, it.to_state, "and the row stands there")
            script.holds(*_recorded(script, it, moved), "and the history says so")


def _recorded(script: Script, it: Transition, moved: Row) -> tuple[str, str]:
    """Return the query for what the history says of the move *it*, and what it should say.

    Where several events make the move, which of them it was is a matter of their guards.
    """
    ends = (it.from_state, it.to_state)
    moves = script.maker.machine.transitions
    is_alone = sum((t.from_state, t.to_state) == ends for t in moves) == 1
    columns, told = ["a.from_state", "a.to_state"], list(ends)
    if is_alone:
        columns, told = [*columns, "a.event"], [*told, it.event]
    return script.entry(moved, f"concat_ws(', ', {', '.join(columns)})"), ", ".join(told)


def _refused(script: Script, row: Row, other: str) -> None:
    name = f"{row.state} -> {other} is refused"
    with script.trying(name):
        script.demand_enforced("transition")
        maker = script.maker
        try:
            text, _ = maker.moved(row, other)
        except Unmade:  # no row can look as it must there: the move is called illegal first
            text = maker.update(row, {maker.machine.state: other})
        script.refused("IL01", text, name)


def _beside(script: Script, row: Row, others: list[str]) -> None:
    """Write what a move has beside it: another route, no state, an unknown state."""
    maker = script.maker
    state = maker.machine.state
    column = maker.shape.table.column(state)
    if others:
        name = f"{row.state} -> {others[0]} is refused to a replica too"
        with script.trying(name):
            script.demand_enforced("transition")
            text = maker.update(row, {state: others[0]})
            script.refused("IL01", text, name, ((_AS_REPLICA,), (_AS_ORIGIN,)))
    name = f"{row.state} -> an unknown state is refused"
    with script.trying(name):
        script.demand_enforced("known_state")
        labels = [it for it in column.labels if it not in maker.machine.states] if column else []
        if column and column.labels and not labels:
            raise Unmade(f"{column.type} has no label that is no state")
        unknown = labels[0] if labels else _unknown(maker)
        script.refused("IL11", maker.update(row, {state: unknown}), name, instead=("IL01",))
    name = f"{row.state} -> null is refused"
    with script.trying(name):
        script.demand_enforced("known_state")
        text = maker.update(row, {state: None})
        if column and column.is_not_null:
            script.throws("23502", text, name)
        else:
            script.refused("IL11", text, name)


def _unknown(maker: Maker) -> str:
    """Return what is no state, and fits into the column."""
    longest = maker.shape.lengths.get(maker.machine.state, len(UNKNOWN))
    some: list[str] = [UNKNOWN[:longest], *"?!#%"]
    found = next((it for it in some if it not in maker.machine.states), None)
    if found is None:
        raise Unmade(f"no text that fits into {maker.machine.state} is no state")
    return found


def _death(script: Script, row: Row) -> None:
    maker = script.maker
    text = f"delete from {maker.name} where {maker.where(row)}"
    if row.state not in maker.machine.deletion:
        name = f"a row in {row.state} is not deleted"
        with script.trying(name):
            script.demand_enforced("death")
            script.refused("IL03", text, name)
        return
    with script.trying(f"a row in {row.state} may be deleted"):
        script.allowed(text, f"a row in {row.state} may be deleted")
    name = f"the key of a row that was deleted in {row.state} is not used again"
    with script.trying(name):
        script.demand_enforced("birth")
        start = maker.machine.initial[0]
        held = maker.solved(row, start, None, {})
        script.refused("IL02", maker.insert(held, start), name)


def _births(script: Script) -> None:
    machine = script.maker.machine
    script.maker.lines.append("\n-- Births.\n")
    for state in machine.states:
        is_first = state in machine.initial
        name = f"a row {'may begin' if is_first else 'does not begin'} in {state}"
        with script.trying(name):
            text, _ = script.maker.born(state)
            if is_first:
                script.allowed(text, name)
            else:
                script.demand_enforced("birth")
                script.refused("IL02", text, name)


def _overruled(script: Script) -> None:
    """Write that no later BEFORE trigger makes a move: what counts is judged after all of them."""
    maker, machine = script.maker, script.maker.machine
    maker.lines.append("\n-- By another trigger.\n")
    rows: dict[str, Row] = {}
    for state in machine.states:
        with script.trying(state, is_extra=True):
            rows[state] = maker.make(state)
    with script.trying("moves that another trigger makes"):
        for text in _trigger(script):
            maker.do(text)
        for state, row in rows.items():
            others = [s for s in machine.states if s != state and s not in machine.targets(state)]
            with script.trying(state, is_extra=True):
                script.demand_enforced("transition")
                script.first([partial(_moved_by, script, row, other) for other in others])
        late = [it for it in machine.states if it not in machine.initial]
        with script.trying("a birth", is_extra=True):
            script.demand_enforced("birth")
            script.first([partial(_born_by, script, state) for state in late])


def _trigger(script: Script) -> list[str]:
    """Return what makes the trigger: it writes the state that a setting names, if one does."""
    maker, machine = script.maker, script.maker.machine
    name, column = ident(f"{_OVERRULE}_{machine.name}"), ident(machine.state)
    found = maker.shape.table.column(machine.state)
    asked = f"nullif(current_setting('{_SETTING}', true), '')::{found.type if found else 'text'}"
    return [
        "set constraints all immediate",
        f"create function pg_temp.{name}() returns trigger language plpgsql as $try$ begin"
        f" new.{column} := coalesce({asked}, new.{column}); return new; end $try$",
        f"create trigger {name} before insert or update on {maker.name}"
        f" for each row execute function pg_temp.{name}()",
    ]


def _moved_by(script: Script, row: Row, other: str) -> None:
    """Write the move of a trigger that the update itself does not name."""
    maker = script.maker
    _, moved = maker.moved(row, other)
    sets = {it: value for it, value in moved.values.items() if value != row.values[it]}
    sets = sets or {maker.key[0]: row.values[maker.key[0]]}
    name = f"{row.state} -> {other} is refused when another trigger makes the move"
    script.refused("IL01", maker.update(row, sets), name, _set(other))


def _born_by(script: Script, state: str) -> None:
    maker = script.maker
    _, row = maker.born(state)
    text = maker.insert(row.values, maker.machine.initial[0])
    name = f"a row does not begin in {state} when another trigger writes it"
    script.refused("IL02", text, name, _set(state))


def _set(state: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what comes before and after a write in which the trigger enters *state*."""
    return (
        (f"select set_config('{_SETTING}', {literal(state)}, true)",),
        (f"select set_config('{_SETTING}', '', true)",),
    )


def _truncate(script: Script) -> None:
    with script.trying("the table is not truncated"):
        script.demand_enforced("death")
        text = f"truncate {script.maker.name} cascade"
        around = (("set constraints all immediate",), ())
        script.refused("IL03", text, "the table is not truncated", around)
