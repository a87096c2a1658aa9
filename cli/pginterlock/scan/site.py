"""Site: a place in source code that writes a watched column, and what is known of it.

Pure: data only.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Label(StrEnum):
    """What a place does: write, or give the value that a row has when nobody writes."""

    WRITE = "write"
    DEFAULT = "default"


class Transaction(StrEnum):
    """Whether a transaction of the code's own protects a write.

    ``caller``: some or all who call the function open one. ``session``: the unit of work of an
    ORM's session, committed elsewhere. ``unknown``: it cannot be told. ``n/a``: nothing runs here.
    """

    YES = "yes"
    NO = "no"
    CALLER = "caller"
    SESSION = "session"
    UNKNOWN = "unknown"
    NONE = "n/a"


class Callers(StrEnum):
    """How many of a function's callers open a transaction; empty where it has none known."""

    ALL = "all"
    SOME = "some"
    NO = "none"
    UNKNOWN = ""


class Confidence(StrEnum):
    """How sure it is that the model is the one named: by its type, by a part of it, by its name."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Target:
    """What is looked for: columns of one model or table.

    *model* is the class that maps the table (``Order``; None where only the table is known),
    *table* its table (``hotel.room_booking``; None where only the class is known), *machine* the
    machine of a spec, *fields* the columns, the state first. *states* are all that there are, where
    the machine says so.
    """

    fields: tuple[str, ...]
    model: str | None = None
    table: str | None = None
    machine: str | None = None
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """A further watched column that the same write gives a value."""

    field: str
    line: int
    values: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """A place that writes.

    *line*, *column* and *end_line* count from 1; *file* is as the command line names it.
    *enclosing* is ``Class.method``, empty in a module's body. *values* are those that may be
    written, None among them for one that is not known, the empty tuple where nothing is known;
    the value null is ``"null"``. *sources* are the states that a test or a filter before it leaves.
    *is_new*: a row is made, not changed; None where either may be.
    """

    file: str
    line: int
    column: int
    end_line: int
    enclosing: str
    model: str
    field: str
    construct: str
    values: tuple[str | None, ...] = ()
    sources: tuple[str, ...] = ()
    transaction: Transaction = Transaction.UNKNOWN
    callers: Callers = Callers.UNKNOWN
    transaction_reason: str = ""
    beside: tuple[Beside, ...] = ()
    confidence: Confidence = Confidence.HIGH
    reason: str = ""
    label: Label = Label.WRITE
    machine: str | None = None
    table: str | None = None
    is_new: bool | None = False
    text: str = ""  # the first line of the statement, without blanks around it


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that could not be read, or only in part: where and why."""

    file: str
    line: int
    message: str


@dataclass(slots=True)
class Scanned:
    """All that a scan found."""

    sites: list[Site] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    files: int = 0
    lines: int = 0
    missing: list[str] = field(default_factory=list)  # models that no file defines
    defaults: list[Site] = field(default_factory=list)  # what a row has when nobody writes
    models: list[str] = field(default_factory=list)  # classes that map a table, for a guess
