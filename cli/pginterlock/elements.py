"""What a machine is made of, as frozen data: moves, stamps, state rows, claims, and the rest.

Pure: no connection, no clock, no files. Everything here is compared by value.
"""

from dataclasses import dataclass

from pginterlock.choices import ActorNeed, Fill, Need


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
