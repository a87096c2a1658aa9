"""An attack on every move that needs approvals: by too few, by the mover himself, by one twice."""

from pginterlock.elements import Approvals, Transition
from pginterlock.generate import acting
from pginterlock.generate.changing import other
from pginterlock.generate.rows import Row, Unmade
from pginterlock.generate.trying import Script
from pginterlock.names import ident, literal


def write(script: Script, it: Transition) -> None:
    """Write the tests of *it*, a move; none where it needs no approvals."""
    needed, name = it.approvals, f"{it.event} from {it.from_state}"
    if needed is None:
        return
    maker, machine = script.maker, script.maker.machine
    ends = (it.from_state, it.to_state)
    events = [t for t in machine.transitions if (t.from_state, t.to_state) == ends]
    with script.trying(f"{name} needs approvals"):
        script.demand_enforced("approval")
        if not all(t.approvals for t in events):
            raise Unmade("another event makes the same move")
        row = maker.make(it.from_state, then=it, is_approved=False)
        script.refused("IL05", maker.moved(row, it.to_state, it)[0], f"{name} needs approvals")
    with script.trying(f"{name} with {needed.count} approvals is allowed"):
        script.demand_enforced("approval")
        if len(events) > 1:
            raise Unmade("another event makes the same move")
        row = maker.make(it.from_state, then=it, is_approved=False)
        _in_turn(script, it, needed, row)
    _by_others(script, it, needed)
    _of_before(script, it, needed, is_alone=len(events) == 1)
    _of_nothing(script, it)


def _in_turn(script: Script, it: Transition, needed: Approvals, row: Row) -> None:
    """Write one approval after another: the move is refused until the last has come."""
    maker, name, count = script.maker, f"{it.event} from {it.from_state}", needed.count
    text, moved = maker.moved(row, it.to_state, it)
    people = acting.persons(maker.machine)[:count] if needed.distinct else [""] * count
    if acting.is_signed(maker.machine):
        _claimed(script, it, row)
    for person in people[:-1]:
        _approve(script, it, row, person)
    if count > 1:
        script.refused("IL05", text, f"{name} with {count - 1} of {count} approvals is refused")
    if needed.distinct and count > 1:
        _approve(script, it, row, people[0])
        script.refused("IL05", text, f"{name}: who approves twice is counted once")
    if needed.distinct:
        _approve(script, it, row, "")
        script.refused("IL05", text, f"{name}: who makes the move is not counted")
    _approve(script, it, row, people[-1])
    script.allowed(text, f"{name} with {count} approvals is allowed")
    script.state_is(moved, it.to_state, "and the row stands there")


def _by_others(script: Script, it: Transition, needed: Approvals) -> None:
    """Write that who is no member of the roles that approve may not."""
    if not needed.by:
        return
    maker, name = script.maker, f"{it.event} from {it.from_state} is not approved by a stranger"
    with script.trying(name):
        script.demand_enforced("approval")
        row = maker.make(it.from_state, then=it, is_approved=False)
        before = (
            f"grant usage on schema {ident(maker.machine.table.schema)} to {acting.STRANGER}",
            f"grant select on {maker.name} to {acting.STRANGER}",
            f"set local role {acting.STRANGER}",
        )
        called = acting.called_for("approve", maker.machine, it, maker.key_of(row))
        script.refused("IL05", called, name, (before, ("reset role",)))


def _of_before(script: Script, it: Transition, needed: Approvals, *, is_alone: bool) -> None:
    """Write that approvals are of the row as it stood, and that one can be taken back."""
    maker, machine = script.maker, script.maker.machine
    name = f"{it.event} from {it.from_state}"
    people = acting.persons(machine)[: needed.count] if needed.distinct else [""]
    taken = f"{name}: an approval that was withdrawn is not counted"
    with script.trying(taken):
        script.demand_enforced("approval")
        if not is_alone:
            raise Unmade("another event makes the same move")
        row = maker.make(it.from_state, then=it)
        withdrawn = acting.called_for("withdraw", machine, it, maker.key_of(row))
        _as(script, people[-1], withdrawn)
        script.refused("IL05", maker.moved(row, it.to_state, it)[0], taken)
    for column in machine.audit.columns[:1]:
        lapsed = f"{name}: approvals lapse when {column} changes"
        with script.trying(lapsed):
            script.demand_enforced("approval")
            if not is_alone:
                raise Unmade("another event makes the same move")
            row = maker.make(it.from_state, then=it)
            sets = other(maker, row, column)
            maker.do(maker.update(row, sets))
            changed = Row(row.number, row.state, {**row.values, **sets})
            script.refused("IL05", maker.moved(changed, it.to_state, it)[0], lapsed)


def _of_nothing(script: Script, it: Transition) -> None:
    """Write that nobody approves of what cannot be: no such row, no such move."""
    maker, machine = script.maker, script.maker.machine
    with script.trying(f"{it.event} of no row is not approved"):
        _, row = maker.born(machine.initial[0])
        called = acting.called_for("approve", machine, it, maker.key_of(row))
        script.refused("IL08", called, f"{it.event} of no row is not approved")
    leading = [t.from_state for t in machine.transitions if t.event == it.event]
    for state in [s for s in machine.states if s not in leading][:1]:
        name = f"{it.event} from {state} is not approved"
        with script.trying(name):
            row = maker.make(state)
            called = acting.called_for("approve", machine, it, maker.key_of(row))
            script.refused("IL01", called, name)


def _approve(script: Script, it: Transition, row: Row, person: str) -> None:
    maker = script.maker
    for text in acting.approval(maker.machine, it, maker.key_of(row), person):
        maker.do(text)


def _as(script: Script, person: str, statement: str) -> None:
    """Write *statement* as *person*; "": as who makes the move."""
    for text in acting.as_person(script.maker.machine, person, statement):
        script.maker.do(text)


def _claimed(script: Script, it: Transition, row: Row) -> None:
    """Write that who only claims to be somebody does not approve."""
    maker = script.maker
    before = (
        "select set_config('interlock.token', '', true)",
        f"select interlock.act_as({literal(acting.ACTOR)})",
    )
    called = acting.called_for("approve", maker.machine, it, maker.key_of(row))
    name = f"{it.event} from {it.from_state} is not approved without a token"
    script.refused("IL06", called, name, (before, (acting.act(maker.machine),)))
