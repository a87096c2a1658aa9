"""What a spec declares, as frozen data: machines, moves, stamps, state rows, invariants.

Pure: no connection, no clock, no files. Everything here is compared by value, so that two specs
that say the same are equal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

# The event of the move from a state's old name to its new one. No event of a spec begins so.
RENAME_EVENT = "interlock:rename"


class Mode(StrEnum):
    """What happens to a write that breaks a rule."""

    OBSERVE = "observe"
    RATCHET = "ratchet"
    ENFORCE = "enforce"


def resolve_mode(
    modes: Iterable[tuple[str, Mode]], default: Mode, rule: str, item: str = ""
) -> Mode:
    """Return the mode of *item* of *rule*: its own, else its rule's, else *default*."""
    found = dict(modes)
    return found.get(f"{rule}.{item}", found.get(rule, default)) if found else default


class Checks(StrEnum):
    """Where the row rules are held beside the trigger."""

    FUNCTION = "function"
    NATIVE = "native"
    TRIGGER = "trigger"


class Continuity(StrEnum):
    """When a change made behind the triggers is found."""

    VERIFY = "verify"
    ONLINE = "online"


class Fill(StrEnum):
    """Who writes a stamp when its state is entered."""

    IF_NULL = "if_null"
    ALWAYS = "always"
    NEVER = "never"


class Need(StrEnum):
    """Whether something must be there."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class ActorNeed(StrEnum):
    """Whether a write must say who acts, and whether that must be proved."""

    OPTIONAL = "optional"
    REQUIRED = "required"
    SIGNED = "signed"


class Presence(StrEnum):
    """What a stamp must be in one state: derived from the graph of moves."""

    REQUIRED = "required"
    FORBIDDEN = "forbidden"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Expression:
    """One SQL boolean expression over a row, as written, and the columns that it reads."""

    text: str
    columns: tuple[str, ...]
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableName:
    """A table, by schema and name, both as the server stores them."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Approvals:
    """How many must have approved of a move; *distinct*: that many persons, none the mover.

    *by* are the roles whose members may approve; empty: anybody.
    """

    count: int
    distinct: bool = True
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetGuard:
    """A condition on a row of another *table*: the one that column *key* of ours names."""

    table: TableName
    key: str
    check: Expression

    @property
    def text(self) -> str:
        """The condition, and where it is asked, for people."""
        return f"{self.check.text} (on {self.table})"


@dataclass(frozen=True, slots=True)
class Transition:
    """One allowed move; *event* is its name, and several transitions may share it.

    Its condition is a *guard* on the row itself, or one on a row of another table, *guard_on*.
    """

    event: str
    from_state: str
    to_state: str
    guard: Expression | None = None
    by: tuple[str, ...] = ()
    reason: Need = Need.OPTIONAL
    guard_on: TargetGuard | None = None
    approvals: Approvals | None = None

    @property
    def is_guarded(self) -> bool:
        """Whether the move has a condition."""
        return self.guard is not None or self.guard_on is not None

    @property
    def guard_text(self) -> str | None:
        """The condition for people, None where there is none."""
        condition = self.guard or self.guard_on
        return condition.text if condition else None


@dataclass(frozen=True, slots=True)
class Stamp:
    """A timestamp column that is set when, and only when, one of its states is entered."""

    column: str
    states: tuple[str, ...]
    fill: Fill = Fill.IF_NULL


@dataclass(frozen=True, slots=True)
class StateRow:
    """What a row looks like in one state. ``freeze=("*",)`` freezes the whole row."""

    state: str
    require: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()
    clear: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rename:
    """State *state* was called *was* before."""

    state: str
    was: str


@dataclass(frozen=True, slots=True)
class Invariant:
    """A condition on rows, always (*states* empty) or while in some states."""

    name: str
    check: Expression
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repair:
    """How `backfill` mends the rows of which *when* holds: *sets* are columns and their values."""

    name: str
    when: Expression
    sets: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A resource that one row at a time holds while in some states; *during* is a range, or none.

    *resource* names it; a row in which one of these columns is null holds nothing.
    """

    name: str
    resource: tuple[str, ...]
    states: tuple[str, ...]
    during: Expression | None = None


@dataclass(frozen=True, slots=True)
class Mirror:
    """A boolean *column* of another *table* that is true while a row is in some states.

    Our column *key* names the row there: by its primary key, or its one unique column.
    """

    name: str
    table: TableName
    key: str
    column: str
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reaction:
    """A move that the database makes by itself: *event*, once *when* holds of the row."""

    name: str
    when: Expression
    event: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What the history records beside the state, and what it asks of a writer."""

    columns: tuple[str, ...] = ()
    actor: ActorNeed = ActorNeed.OPTIONAL
    retain: str | None = None
    erasable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outbox:
    """Whom to wake when an entry is written: who listens on *channel*."""

    channel: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long a row may stay in *state*: *longest* is an interval, such as ``15 minutes``.

    *then* is the event that ends it, carried out by `interlock overdue --act`.
    """

    state: str
    longest: str
    then: str | None = None


@dataclass(frozen=True, slots=True)
class Unenforced:
    """A part of the spec that is read and checked, but not yet held by the database."""

    section: str
    name: str
    code: str


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
    """Where something stands in a spec file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


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
