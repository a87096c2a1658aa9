"""An attack on every move that needs approvals: by too few, by the mover himself, by one twice."""

from pginterlock.elements import Approvals, Transition
from pginterlock.generate.rows import Row, Unmade
from pginterlock.generate.trying import PERSON, Script
from pginterlock.model import Machine
from pginterlock.names import ident, literal


def write(script: Script, it: Transition) -> None:
    """Write the tests of *it*, a move; none where it needs no approvals."""
    asked, name = it.approvals, f"{it.event} from {it.from_state}"
    if asked is None:
        return
    maker, machine = script.maker, script.maker.machine
    ends = (it.from_state, it.to_state)
    events = [t for t in machine.transitions if (t.from_state, t.to_state) == ends]
    with script.trying(f"{name} needs approvals"):
        script.demand_enforced("approval")
        if not all(t.approvals for t in events):
            raise Unmade("another event makes the same move")
        row = maker.make(it.from_state, then=it)
        script.refused("IL05", maker.moved(row, it.to_state, it)[0], f"{name} needs approvals")
    with script.trying(f"{name} with {asked.count} approvals is allowed"):
        script.demand_enforced("approval")
        if len(events) > 1:
            raise Unmade("another event makes the same move")
        row = maker.make(it.from_state, then=it)
        _in_turn(script, it, asked, row)


def persons(machine: Machine) -> list[str]:
    """Return the logins that approve in the tests of *machine*."""
    counts = [it.approvals.count for it in machine.transitions if it.approvals]
    return [f"{PERSON}_{number + 1}" for number in range(max(counts, default=0))]


def _in_turn(script: Script, it: Transition, asked: Approvals, row: Row) -> None:
    """Write one approval after another: the move is refused until the last has come."""
    maker, name, count = script.maker, f"{it.event} from {it.from_state}", asked.count
    text, moved = maker.moved(row, it.to_state, it)
    people = persons(maker.machine)[:count] if asked.distinct else [""] * count
    for person in dict.fromkeys(people):
        _let(script, person, asked)
    for person in people[:-1]:
        _approve(script, it, row, person)
    if count > 1:
        script.refused("IL05", text, f"{name} with {count - 1} of {count} approvals is refused")
    if asked.distinct and count > 1:
        _approve(script, it, row, people[0])
        script.refused("IL05", text, f"{name}: who approves twice is counted once")
    if asked.distinct:
        _approve(script, it, row, "")
        script.refused("IL05", text, f"{name}: who makes the move is not counted")
    _approve(script, it, row, people[-1])
    script.allowed(text, f"{name} with {count} approvals is allowed")
    script.state_is(moved, it.to_state, "and the row stands there")


def _let(script: Script, person: str, asked: Approvals) -> None:
    """Let *person* read the row, and approve; "" is who runs the tests, and may do all."""
    maker = script.maker
    if not person:
        return
    maker.do(f"grant usage on schema {ident(maker.machine.table.schema)} to {person}")
    maker.do(f"grant select on {maker.name} to {person}")
    if asked.by:
        maker.do(f"grant {ident(asked.by[0])} to {person}")


def _approve(script: Script, it: Transition, row: Row, person: str) -> None:
    maker = script.maker
    pairs = ", ".join(f"{literal(key)}, {literal(str(row.values[key]))}" for key in maker.key)
    called = (
        f"do $try$ begin perform interlock.approve({literal(maker.machine.name)},"
        f" jsonb_build_object({pairs}), {literal(it.event)}); end $try$"
    )
    if person:
        maker.do(f"set local session authorization {person}")
    maker.do(called)
    if person:
        maker.do("reset session authorization")
