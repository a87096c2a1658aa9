"""What the database says about one table: its columns, key, owner and what else fires on it.

Pure: data only; `catalog` fills it.
"""

from dataclasses import dataclass
from enum import StrEnum

from pginterlock.elements import TableName

UNREADABLE = "unreadable"  # in the place of a revision that this role may not read
_GRANTS_SAY_INHERIT = 16  # the first version where a grant of a role says whether it is inherited


class Kind(StrEnum):
    """What a column's type is to us, after domains are looked through."""

    TEXT = "text"  # text, varchar, char
    ENUM = "enum"
    MOMENT = "moment"  # timestamptz, timestamp, date
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Column:
    """One column, as the server stores it.

    *type* is how DDL writes it, *base_type* what it is below its domains. *is_comparable* says
    whether ``pg_catalog`` has an equality for it.
    """

    name: str
    number: int
    type: str
    base_type: str
    kind: Kind
    is_not_null: bool
    is_comparable: bool
    is_generated: bool = False
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Updater:
    """A role that may update the whole table, or some *columns*, and whether it may read it."""

    grantee: str
    is_whole: bool
    is_grantable: bool
    columns: tuple[str, ...]
    is_reader: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """What a funnel takes from a role: the update of the table, and that of *columns* beside it."""

    grantee: str
    is_grantable: bool
    columns: tuple[str, ...]
    is_there: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a user, and what decides how it can be protected.

    *partition_columns* are those of its partition key and of those below, an expression as
    ``(...)``; *can_exclude*: the server knows exclusion constraints on partitioned tables;
    *trigger_makers* are roles that may put triggers on it, besides its owner. *targets* are those
    of the other tables that its machine speaks of which there are.
    """

    name: TableName
    oid: int
    owner: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    unique_keys: tuple[tuple[str, ...], ...] = ()
    relation_kind: str = "r"
    persistence: str = "p"
    foreign_before_triggers: tuple[str, ...] = ()
    has_tombstones: bool = False
    partitions: tuple[TableName, ...] = ()
    is_ours: bool = True
    partition_columns: tuple[str, ...] = ()
    can_exclude: bool = True
    updaters: tuple[Updater, ...] = ()
    taken: tuple[Taken, ...] = ()
    has_row_security: bool = False
    is_owner_powerful: bool = False
    open_partitions: tuple[str, ...] = ()
    trigger_makers: tuple[str, ...] = ()
    targets: tuple["Table", ...] = ()

    def column(self, name: str) -> Column | None:
        """Return the column called *name*, or None."""
        return next((column for column in self.columns if column.name == name), None)

    def target(self, name: TableName) -> "Table | None":
        """Return the other table *name* that the machine speaks of, or None."""
        return next((it for it in self.targets if it.name == name), None)

    @property
    def one_key(self) -> Column | None:
        """The column that tells a row by itself: the primary key, else the only unique one."""
        if len(self.primary_key) == 1:
            return self.column(self.primary_key[0])
        lone = {it[0] for it in self.unique_keys if len(it) == 1}
        return self.column(lone.pop()) if len(lone) == 1 else None

    @property
    def shape(self) -> str:
        """What a plan depends on, as text; it is the same for every role that looks."""
        return repr(
            (
                self.columns,
                self.primary_key,
                self.unique_keys,
                self.relation_kind,
                self.persistence,
                self.foreign_before_triggers,
                self.has_tombstones,
                self.partitions,
            )
        )

    @property
    def is_partitioned(self) -> bool:
        """Whether rows live in partitions of this table."""
        return self.relation_kind == "p"


@dataclass(frozen=True, slots=True)
class Rights:
    """Who we are in a database, and what of ours is there already.

    *owner* is the role that owns schema ``interlock``, or will. *does_inherit*: a role that we join
    gives us its rights, if its grant says nothing else.
    """

    role: str
    is_superuser: bool
    can_create_role: bool
    does_inherit: bool
    owner: str
    owner_exists: bool
    is_member: bool
    schema_exists: bool
    is_schema_owner: bool
    can_create_schema: bool
    revision: str | None
    server_version: int
    is_standby: bool
    is_read_only: bool
    database: str

    @property
    def joins_in_vain(self) -> bool:
        """Whether a role that we join gives us nothing; from 16 on a grant may say otherwise."""
        return not (
            self.is_superuser or self.does_inherit or self.server_version >= _GRANTS_SAY_INHERIT
        )
