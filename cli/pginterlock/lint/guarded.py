"""What a spec guards: tables, and what each of their columns is to a machine.

Pure: a spec in, data out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pginterlock.elements import TableName
from pginterlock.model import Machine

# The columns that nobody writes but the machine, or a move.
STATE, KEY, STAMP, MIRROR = "the state", "the key", "a stamp", "a mirror"


@dataclass(frozen=True, slots=True)
class Guarded:
    """One table that *machine* depends on: its own, or another that a mirror or guard speaks of."""

    machine: Machine
    table: TableName
    columns: tuple[tuple[str, str], ...]
    is_own: bool

    def role(self, column: str) -> str | None:
        """Return what *column* is to the machine, None for nothing."""
        return next((role for name, role in self.columns if name == column), None)

    @property
    def name(self) -> str:
        """The name of the machine."""
        return self.machine.name


def guarded(machines: Iterable[Machine]) -> list[Guarded]:
    """Return what *machines* guard, in the order of the spec."""
    found = []
    for machine in machines:
        found.append(Guarded(machine, machine.table, tuple(_own(machine)), is_own=True))
        found += [
            Guarded(machine, table, tuple(_elsewhere(machine, table)), is_own=False)
            for table in machine.targets_elsewhere
        ]
    return found


def _own(machine: Machine) -> Iterator[tuple[str, str]]:
    yield machine.state, STATE
    yield from ((it, KEY) for it in machine.key)
    yield from ((it.column, STAMP) for it in machine.stamps)
    for claim in machine.claims:
        read = (*claim.resource, *(claim.during.columns if claim.during else ()))
        yield from ((it, f"a column of claim {claim.name}") for it in read)
    yield from ((it.key, f"the key of mirror {it.name}") for it in machine.mirrors)
    for move in machine.transitions:
        told = f"a column of the guard of {move.event}"
        yield from ((it, told) for it in (move.guard.columns if move.guard else ()))
        if move.guard_on:
            yield move.guard_on.key, told
    for rule in machine.invariants:
        yield from ((it, f"a column of invariant {rule.name}") for it in rule.check.columns)
    for row in machine.rows:
        named = (*row.require, *row.forbid, *row.freeze, *row.clear)
        yield from ((it, f"a column of state {row.state}") for it in named if it != "*")
    for reaction in machine.reactions:
        yield from ((it, f"a column of reaction {reaction.name}") for it in reaction.when.columns)
    audited = (*machine.audit.columns, *machine.audit.erasable)
    yield from ((it, "a column of the history") for it in audited)


def _elsewhere(machine: Machine, table: TableName) -> Iterator[tuple[str, str]]:
    for mirror in machine.mirrors:
        if mirror.table == table:
            yield mirror.column, MIRROR
    for move in machine.transitions:
        on = move.guard_on
        if on and on.table == table:
            yield from ((it, f"a column of the guard of {move.event}") for it in on.check.columns)
