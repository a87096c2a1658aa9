"""What sessions tell of their writes: kept by each, and judged together at the end of a round."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.races.model import Entry, Holding, Row, Value
from tests.races.rooms import key_of


@dataclass(frozen=True, slots=True)
class Notice:
    """What a trigger of the table told of one row, before or after the others of the table."""

    when: str
    what: str
    tick: int
    before: Row | None
    after: Row | None
    now: str
    table: str = "booking"

    @property
    def key(self) -> int:
        """The key of the row."""
        return key_of(self.before or self.after or {})


@dataclass(frozen=True, slots=True)
class Event:
    """One row that was written, and the entries that it leaves."""

    tick: int
    key: int
    before: Row | None
    after: Row | None
    entries: Sequence[Entry]
    actor: str | None
    reason: str | None
    role: str | None
    text: str = ""
    statement: tuple[int, int] = (0, 0)  # the session, and which of its statements
    rooms: Mapping[int, Value] = field(
        default_factory=dict
    )  # what the machine wrote: whether taken
    taken: tuple[int, ...] = ()  # approvals that the move took


@dataclass(frozen=True, slots=True)
class Approved:
    """An approval that was given, or that ended."""

    tick: int
    before: Row | None
    after: Row


@dataclass(frozen=True, slots=True)
class Written:
    """A transaction that was committed; the times are those of one clock for all processes."""

    session: int
    sent: int
    done: int
    events: Sequence[Event]
    approvals: Sequence[Approved] = ()


@dataclass(frozen=True, slots=True)
class Sighting:
    """A row must have looked like *what* says, at some time between two.

    *what* is a name in `SEEN`; *value* is what it is compared with.
    """

    session: int
    key: int
    since: int
    until: int
    what: str
    value: object
    text: str


# Name to: whether a row looks like it; of the row, whether it was there before, and the value.
SEEN: Mapping[str, Callable[[Row | None, bool, object], bool]] = {
    "there": lambda row, _, __: row is not None,
    "gone": lambda row, _, __: row is None,
    "shut": lambda row, _, __: row is None or row["shut"] is True,
    "dead": lambda row, was, _: row is None and was,
    "in state": lambda row, _, state: (row["status"] if row else None) == state,
    "unmatched": lambda row, _, states: row is None or row["status"] != states,
}


@dataclass(frozen=True, slots=True)
class Claimed:
    """Another row than *key* must have held one of *wanted*, at some time between two."""

    session: int
    key: int
    since: int
    until: int
    wanted: Sequence[Holding]
    text: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What a statement said of the approvals of a row, at some time between two.

    At least *least* stood for the row as it was, and *most* at most.
    """

    session: int
    key: int
    person: str
    is_mover: bool  # whose own do not count, else he is one of them
    is_given: bool  # he gave it in this transaction
    is_entered: bool  # this transaction has left an entry of the row before
    since: int
    until: int
    least: int
    most: int
    text: str


@dataclass(slots=True)
class Told:
    """All that one session has to say."""

    session: int
    operations: int = 0
    applied: int = 0
    rows: int = 0
    taken: int = 0  # moves that took approvals
    mirrored: int = 0  # rooms that the machine wrote
    refused: dict[str, int] = field(default_factory=dict)
    retried: dict[str, int] = field(default_factory=dict)
    transactions: int = 0
    rolled_back: int = 0
    written: list[Written] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    claimed: list[Claimed] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    disagreements: list["Disagreement"] = field(default_factory=list)

    def count(self, table: dict[str, int], name: str) -> None:
        """Count one more of *name*."""
        table[name] = table.get(name, 0) + 1


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Where database and model are not of one mind."""

    session: int | None
    key: int | None
    what: str
    text: str = ""
    at: int = 0
