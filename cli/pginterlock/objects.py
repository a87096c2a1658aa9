"""The things we own in a database, and the SQL that makes and removes them.

Pure: data only.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum


class ObjectKind(StrEnum):
    """What an object of ours is; the order is the order of creation."""

    TABLE = "table"
    FUNCTION = "function"
    TRIGGER = "trigger"
    CHECK = "check"
    INDEX = "index"
    REGISTRY = "registry"
    GRANT = "grant"


class Lock(StrEnum):
    """The lock that a step takes on a table (evidence.md, section 8); the weakest first."""

    NONE = "none"
    ACCESS_SHARE = "AccessShare"
    ROW_SHARE = "RowShare"
    ROW_EXCLUSIVE = "RowExclusive"
    SHARE_UPDATE_EXCLUSIVE = "ShareUpdateExclusive"
    SHARE = "Share"
    SHARE_ROW_EXCLUSIVE = "ShareRowExclusive"
    EXCLUSIVE = "Exclusive"
    ACCESS_EXCLUSIVE = "AccessExclusive"

    @property
    def words(self) -> str:
        """How SQL writes it."""
        return re.sub(r"(?<!^)([A-Z])", r" \1", self.value).lower()


@dataclass(frozen=True, slots=True)
class DbObject:
    """One table, function, trigger, constraint or registry entry of ours.

    *name* tells it from all others in the database. *facts* are what the server stores of it, in
    the words of the catalog: two objects are the same when kind, name and facts are.
    *mends* are facts that a statement of their own puts right, so that nothing is dropped for them.
    *under_lock* is what has to follow creation or replacement while no writer is at work.
    *expression* is that of a CHECK as we write it, or what makes the index of a claim on a table
    :twin; *signature* a function's name and argument types as SQL writes them. *apart* are
    statements to run before *create* or *replace*, each by itself and outside any transaction.
    """

    kind: ObjectKind
    name: str
    machine: str
    facts: tuple[tuple[str, str], ...]
    create: str = field(default="", compare=False)
    replace: str = field(default="", compare=False)
    drop: str = field(default="", compare=False)
    lock: Lock = field(default=Lock.NONE, compare=False)
    reason: str = field(default="", compare=False)
    under_lock: str = field(default="", compare=False)
    expression: str = field(default="", compare=False)
    signature: str = field(default="", compare=False)
    mends: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    apart: tuple[str, ...] = field(default=(), compare=False)

    @property
    def id(self) -> tuple[ObjectKind, str]:
        """What tells this object from all others."""
        return (self.kind, self.name)
