"""A table of SQLAlchemy as we know one of a server: for whether a machine fits it.

Pure: nothing is asked of a database.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import JSON, Date, DateTime, Enum, MetaData, String, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import TypeDecorator, TypeEngine

from pginterlock import table as tables
from pginterlock.elements import TableName
from pginterlock.integrations.sqlalchemy.plain import name_of
from pginterlock.table import Column, Kind


def found_in(metadata: MetaData) -> dict[TableName, Table]:
    """Return the tables of *metadata* by name."""
    return {name_of(it): it for it in metadata.tables.values()}


def as_ours(table: Table, others: dict[TableName, Table]) -> tables.Table:
    """Return *table* as if a server had told of it; *others* are those it may speak of."""
    shaped = _shaped(table)
    targets = tuple(_shaped(it) for it in others.values() if it is not table)
    return tables.Table(
        shaped.name, 0, "", shaped.columns, shaped.primary_key, shaped.unique_keys, targets=targets
    )


def _shaped(table: Table) -> tables.Table:
    columns = tuple(_column(it, number) for number, it in enumerate(table.columns, 1))
    key = tuple(it.name for it in table.primary_key.columns)
    return tables.Table(name_of(table), 0, "", columns, key, tuple(_unique(table)))


def _column(column: Any, number: int) -> Column:
    kind = _bare(column.type)
    written = _written(column.type)
    return Column(
        name=column.name,
        number=number,
        type=written,
        base_type=written,
        kind=_kind(kind),
        is_not_null=not column.nullable,
        is_comparable=not isinstance(kind, JSON) or isinstance(kind, postgresql.JSONB),
        is_generated=column.computed is not None,
        labels=tuple(kind.enums) if isinstance(kind, Enum) else (),
    )


def _bare(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    while isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    return kind


def _kind(kind: TypeEngine[Any]) -> Kind:
    if isinstance(kind, Enum | postgresql.ENUM):
        return Kind.ENUM
    if isinstance(kind, String):
        return Kind.TEXT
    return Kind.MOMENT if isinstance(kind, DateTime | Date) else Kind.OTHER


def _written(kind: TypeEngine[Any]) -> str:
    try:
        return kind.compile(postgresql.dialect()).lower()  # type: ignore[no-untyped-call]
    except SQLAlchemyError:
        return "of no known type"


def _unique(table: Table) -> Iterator[tuple[str, ...]]:
    for it in table.constraints:
        if isinstance(it, UniqueConstraint) and not any(c.nullable for c in it.columns):
            yield tuple(c.name for c in it.columns)
    for index in table.indexes:
        if index.unique and not any(c.nullable for c in index.columns):
            yield tuple(c.name for c in index.columns)
