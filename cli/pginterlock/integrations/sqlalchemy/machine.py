"""A machine on a mapped class: ``__interlock__ = Machine(...)``, kept with its table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from sqlalchemy import MetaData, Table, event
from sqlalchemy.orm import Mapper

from pginterlock.errors import UsageError

# In the info of a MetaData: that of a table would be written into revisions.
_DECLARED = "interlock_machines"
_ATTRIBUTE = "__interlock__"


class Keys(TypedDict, total=False):
    """The keys of a machine in a spec, but `table`: that is the class's."""

    state: object
    key: object
    mode: object
    modes: Mapping[str, object]
    initial: object
    final: object
    transitions: Mapping[str, object]
    stamps: Mapping[Any, object]
    states: Mapping[Any, object]
    invariants: Mapping[str, object]
    claims: Mapping[str, object]
    mirrors: Mapping[str, object]
    reactions: Mapping[str, object]
    deadlines: Mapping[Any, object]
    deletion: Mapping[str, object]
    audit: Mapping[str, object]
    outbox: Mapping[str, object]
    repairs: Mapping[str, object]
    checks: object
    continuity: object
    funnel: bool
    services: object


class Machine:
    """A machine of the class whose ``__interlock__`` it is, in the keys and words of a spec.

    Its name is that of the table, or *name*. Where a spec has the name of a column, there may be an
    attribute of the class; where it has a state, a member of an enum; where it has a table, a
    mapped class. What is wrong with it is said when the spec is read: see `spec_of`.
    """

    def __init__(self, name: str | None = None, /, **keys: Unpack[Keys]) -> None:
        self.name = name
        self.keys: dict[str, object] = {**keys}


@dataclass(frozen=True, slots=True)
class Declared:
    """A machine, and the mapped class that declares it."""

    kind: type
    mapper: Mapper[Any]
    machine: Machine

    @property
    def name(self) -> str:
        """What the machine is called."""
        return self.machine.name or self.table.name

    @property
    def table(self) -> Table:
        """The table of the class."""
        table = self.mapper.local_table
        assert isinstance(table, Table)  # noqa: S101 - no other is noted
        return table

    @property
    def place(self) -> str:
        """Module and class, as errors say them."""
        return f"{self.kind.__module__}:{self.kind.__qualname__}"


@event.listens_for(Mapper, "after_mapper_constructed")
def _note(mapper: Mapper[Any], kind: type) -> None:
    """Keep the machines of a class with the tables of its metadata.

    Raises UsageError for what is no machine: left alone, it would guard nothing.
    """
    told = getattr(kind, _ATTRIBUTE, None)
    above = getattr(mapper.inherits.class_, _ATTRIBUTE, None) if mapper.inherits else None
    if told is None or told is above:
        return
    place = f"{kind.__module__}:{kind.__qualname__}"
    machines: Sequence[object] = told if isinstance(told, list | tuple) else [told]
    for it in machines:
        if not isinstance(it, Machine):
            raise UsageError(
                f"{place}: {_ATTRIBUTE} is {it!r}, and no machine",
                remedy="Write __interlock__ = pginterlock.sqlalchemy.Machine(state=..., ...), or a"
                " tuple of them.",
            )
    if not isinstance(mapper.local_table, Table):
        raise UsageError(f"{place}: a machine needs a table, and this class has a join or a query")
    noted = mapper.local_table.metadata.info.setdefault(_DECLARED, [])
    noted += [Declared(kind, mapper, it) for it in machines if isinstance(it, Machine)]


def declared_in(tables: MetaData) -> list[Declared]:
    """Return the machines on classes of *tables*, in the order in which they were mapped."""
    found: list[Declared] = tables.info.get(_DECLARED, [])
    return found


def declared_on(table: Table) -> list[Declared]:
    """Return the machines on classes of *table*."""
    return [it for it in declared_in(table.metadata) if it.table is table]
