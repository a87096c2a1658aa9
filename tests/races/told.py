"""What sessions tell of their writes: kept by each, and judged together at the end of a round."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.races.model import Entry, Holding, Row


@dataclass(frozen=True, slots=True)
class Notice:
    """What a trigger of the table told of one row, before or after the others of the table."""

    when: str
    what: str
    tick: int
    before: Row | None
    after: Row | None
    now: str

    @property
    def key(self) -> int:
        """The key of the row."""
        row = self.before or self.after or {}
        return int(row["id"] or 0)


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


@dataclass(frozen=True, slots=True)
class Written:
    """A transaction that was committed; the times are those of one clock for all processes."""

    session: int
    sent: int
    done: int
    events: Sequence[Event]


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


@dataclass(slots=True)
class Told:
    """All that one session has to say."""

    session: int
    operations: int = 0
    applied: int = 0
    rows: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    retried: dict[str, int] = field(default_factory=dict)
    transactions: int = 0
    rolled_back: int = 0
    written: list[Written] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    claimed: list[Claimed] = field(default_factory=list)
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
