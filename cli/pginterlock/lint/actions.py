"""What a migration does, as data: the same for SQL files, Alembic revisions and Django migrations.

Pure: data only.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum, auto

# Stands in SQL for what a reader cannot know: a value from elsewhere, a name that is computed.
UNKNOWN = "interlock_unknown"


class Verb(StrEnum):
    """What is done."""

    CREATE_TABLE = auto()
    DROP_TABLE = auto()
    RENAME_TABLE = auto()
    MOVE_TABLE = auto()
    ADD_COLUMN = auto()
    DROP_COLUMN = auto()
    RENAME_COLUMN = auto()
    RETYPE_COLUMN = auto()
    SET_DEFAULT = auto()
    SET_NOT_NULL = auto()
    DROP_CONSTRAINT = auto()
    RENAME_CONSTRAINT = auto()
    NOT_ENFORCED = auto()
    DISABLE_TRIGGER = auto()
    ENABLE_TRIGGER = auto()
    DROP_TRIGGER = auto()
    RENAME_TRIGGER = auto()
    CREATE_TRIGGER = auto()
    DROP_INDEX = auto()
    RENAME_INDEX = auto()
    CREATE_RULE = auto()
    ATTACH = auto()
    DETACH = auto()
    INHERIT = auto()
    NO_INHERIT = auto()
    SET_UNLOGGED = auto()
    REWRITE = auto()
    SET_OWNER = auto()
    ROW_SECURITY = auto()
    DROP_SCHEMA = auto()
    CHANGE_SCHEMA = auto()
    CREATE_ENUM = auto()
    RENAME_VALUE = auto()
    RENAME_TYPE = auto()
    DROP_TYPE = auto()
    CHANGE_FUNCTION = auto()
    CHANGE_ROLE = auto()
    OWNED = auto()
    GRANT = auto()
    REVOKE = auto()
    GRANT_ROLE = auto()
    GRANT_PARAMETER = auto()
    CHANGE_EVENT_TRIGGER = auto()
    CHANGE_EXTENSION = auto()
    SET = auto()
    UPDATE = auto()
    INSERT = auto()
    DELETE = auto()
    MERGE = auto()
    COPY = auto()
    TRUNCATE = auto()
    OPEN_BYPASS = auto()
    CLOSE_BYPASS = auto()
    APPLY_MACHINE = auto()
    DROP_MACHINE = auto()


# What is judged by the machine itself when it runs: in the body of a function it is no finding.
ROW_VERBS = frozenset([Verb.UPDATE, Verb.INSERT, Verb.DELETE, Verb.MERGE, Verb.COPY, Verb.TRUNCATE])


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or another thing with a schema; *schema* is None where none is written.

    *is_suffix*: only the end of its name is known, as of a Django model without its app.
    """

    schema: str | None
    name: str
    is_suffix: bool = False

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands; line and column count from 1. *function* is the one around it.

    *spans* are the first and last lines on which a comment speaks of it.
    """

    line: int
    column: int
    function: str = ""
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a migration does.

    *name* is the part of the table, or the thing itself; *to* its new name, type or value. *values*
    are columns that are written, with the literal or None; *where* are columns with the literals
    that the condition asks for. *words* are privileges and such marks as ``cascade``.
    """

    verb: Verb
    place: Place
    table: Relation | None = None
    name: str = ""
    to: str = ""
    columns: tuple[str, ...] = ()
    values: tuple[tuple[str, str | None], ...] = ()
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Remark:
    """What could not be read, and why."""

    place: Place
    message: str


@dataclass(slots=True)
class Reading:
    """What was read of one file: units of actions that run one after the other.

    *faults* are parts that do not parse; *unread* are parts whose text is not in the file.
    """

    units: list[list[Action]] = field(default_factory=list)
    faults: list[Remark] = field(default_factory=list)
    unread: list[Remark] = field(default_factory=list)
    is_migration: bool = True


# From an offset in a text to where it stands.
Locate = Callable[[int, int], Place]
