"""What a spec declares, as frozen data: machines, and where in the file they stand.

Pure: no connection, no clock, no files. Everything here is compared by value, so that two specs
that say the same are equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pginterlock.choices import Checks, Continuity, Mode, Presence, resolve_mode
from pginterlock.elements import (
    Audit,
    Claim,
    Deadline,
    Invariant,
    Mirror,
    Outbox,
    Reaction,
    Rename,
    Repair,
    Stamp,
    StateRow,
    TableName,
    Transition,
    Unenforced,
)

# The event of the move from a state's old name to its new one. No event of a spec begins so.
RENAME_EVENT = "interlock:rename"


@dataclass(frozen=True, slots=True)
class Machine:
    """The states of one column of one table, the moves between them, and what goes with them."""

    name: str
    table: TableName
    state: str
    key: tuple[str, ...]  # empty: the primary key, resolved against the table
    mode: Mode
    initial: tuple[str, ...]
    final: tuple[str, ...]
    transitions: tuple[Transition, ...]
    stamps: tuple[Stamp, ...] = ()
    rows: tuple[StateRow, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    claims: tuple[Claim, ...] = ()
    mirrors: tuple[Mirror, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    deletion: tuple[str, ...] = ()
    audit: Audit = field(default_factory=Audit)
    outbox: Outbox | None = None
    checks: Checks = Checks.FUNCTION
    continuity: Continuity = Continuity.VERIFY
    repairs: tuple[Repair, ...] = ()
    unenforced: tuple[Unenforced, ...] = ()
    modes: tuple[tuple[str, Mode], ...] = ()  # rule, or rule.item, to a mode of its own
    renames: tuple[Rename, ...] = ()
    funnel: tuple[str, ...] = ()  # columns that nobody updates but `interlock.fire`
    # Paths of the code that is meant to write: for `scan` alone, and no part of what is compiled.
    services: tuple[str, ...] = field(default=(), compare=False)

    @property
    def targets_elsewhere(self) -> tuple[TableName, ...]:
        """The other tables that mirrors and guards speak of."""
        guards = [t.guard_on.table for t in self.transitions if t.guard_on]
        return tuple(dict.fromkeys([*(it.table for it in self.mirrors), *guards]))

    @property
    def old_names(self) -> tuple[Rename, ...]:
        """The renames under way: the old name is a state still, beside the new one."""
        return tuple(it for it in self.renames if it.was in self.states)

    def mode_of(self, rule: str, item: str = "") -> Mode:
        """Return the mode of *rule*, or of one *item* of it (`RowPredicate.name`)."""
        return resolve_mode(self.modes, self.mode, rule, item)

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order in which the spec first names it."""
        ends = [state for t in self.transitions for state in (t.from_state, t.to_state)]
        return tuple(dict.fromkeys([*self.initial, *ends, *self.final]))

    def row(self, state: str) -> StateRow:
        """Return what a row looks like in *state*; empty where the spec says nothing."""
        return next((row for row in self.rows if row.state == state), StateRow(state))

    def targets(self, state: str) -> tuple[str, ...]:
        """Return the states that a row may enter from *state*, in the order of the spec."""
        return tuple(dict.fromkeys(t.to_state for t in self.transitions if t.from_state == state))

    def reachable(self, start: tuple[str, ...], *, without: tuple[str, ...] = ()) -> frozenset[str]:
        """Return the states reached from *start*, itself included, never entering *without*."""
        seen: set[str] = set()
        todo = [state for state in start if state not in without]
        while todo:
            state = todo.pop()
            if state not in seen:
                seen.add(state)
                todo.extend(s for s in self.targets(state) if s not in without)
        return frozenset(seen)

    def presence(self, stamp: Stamp, state: str) -> Presence:
        """Return what *stamp* must be in *state*.

        Required where every way from an initial state passes one of the stamp's states (they
        dominate it), forbidden where none of them leads, optional elsewhere: dominators and
        reachability on the graph of moves. A state that nothing reaches is judged as if a row
        could stand there: required in the stamp's own states, else by what leads to it.
        """
        if state in stamp.states:
            return Presence.REQUIRED
        if state not in self.reachable(stamp.states):
            return Presence.FORBIDDEN
        if state in self.reachable(self.initial, without=stamp.states):
            return Presence.OPTIONAL
        return Presence.REQUIRED


@dataclass(frozen=True, slots=True)
class Position:
    """Where something stands in a spec file; line and column count from 1.

    The line is 0 where it stands in no file: *file* is the module, class and key then.
    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


SpecPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Spec:
    """All machines of a spec, and where each of its parts stands.

    *positions* maps a path such as ``("machines", "booking", "stamps", "checked_in_at")`` to the
    position of that key or item. It takes no part in comparisons.
    """

    machines: tuple[Machine, ...]
    positions: Mapping[SpecPath, Position] = field(default_factory=dict, compare=False)

    def locate(self, path: SpecPath) -> Position | None:
        """Return where *path* stands, or its nearest parent that has a position."""
        for length in range(len(path), -1, -1):
            if position := self.positions.get(path[:length]):
                return position
        return None
