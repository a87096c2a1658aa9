"""A machine on a mapped class, as the data that a spec file would have.

Pure: what a machine was given, and its mapper, in; plain data out.
"""

import enum
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Column, Enum, Table
from sqlalchemy.orm import InstrumentedAttribute, MappedColumn

from pginterlock.elements import TableName
from pginterlock.integrations.sqlalchemy.machine import Declared
from pginterlock.spec_write import table_text

# Where the names of columns stand below a section: keys, or lists below these words.
_OF_ROWS = ("require", "forbid", "freeze", "clear")


def plain_machine(declared: Declared) -> dict[object, object]:
    """Return *declared* with table, columns and states as a spec names them."""
    labels = _labels(declared)
    columns = _columns(declared)
    found: dict[object, object] = {"table": table_text(name_of(declared.table))}
    found |= {key: _plain(value, labels) for key, value in declared.machine.keys.items()}
    for section, rename in _RENAMES.items():
        if section in found:
            found[section] = rename(found[section], columns)
    return found


def name_of(table: Table) -> TableName:
    """Return the name of *table*, whose schema is public where it has none."""
    return TableName(table.schema or "public", table.name)


def _columns(declared: Declared) -> dict[str, str]:
    """Return attributes whose columns are called otherwise."""
    real = {column.name for column in declared.table.columns}
    named = declared.mapper.columns.items()
    return {key: column.name for key, column in named if key not in real}


def _labels(declared: Declared) -> dict[object, str]:
    """Return the members of the enums of *declared*, as the database has them."""
    found: dict[object, str] = {}
    for column in declared.table.columns:
        kind = column.type
        if isinstance(kind, Enum) and kind.enum_class:
            members = list(kind.enum_class)
            if len(members) == len(kind.enums):
                found |= zip(members, kind.enums, strict=True)
    return found


def _plain(value: Any, labels: Mapping[object, str]) -> object:
    if isinstance(value, Mapping):
        return {_plain(key, labels): _plain(it, labels) for key, it in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(it, labels) for it in value]
    if isinstance(value, set | frozenset):
        return sorted(str(_plain(it, labels)) for it in value)
    if isinstance(value, enum.Enum):
        return labels.get(value, value.value if isinstance(value.value, str) else value.name)
    return _name(value)


def _name(value: Any) -> object:
    """Return what a spec calls a column or a table; anything else as it is."""
    table = getattr(value, "__table__", None) if isinstance(value, type) else value
    if isinstance(table, Table):
        return table_text(name_of(table))
    if isinstance(value, MappedColumn):
        return value.column.name
    if isinstance(value, InstrumentedAttribute):
        return value.property.columns[0].name
    return value.name if isinstance(value, Column) else value


_Columns = Mapping[str, str]


def _named(value: object, columns: _Columns) -> object:
    if isinstance(value, list):
        return [_named(it, columns) for it in value]
    return columns.get(value, value) if isinstance(value, str) else value


def _in_keys(value: Any, columns: _Columns) -> object:
    return {_named(k, columns): it for k, it in value.items()} if _is_map(value) else value


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)


def _below(*words: str, rename: Callable[[object, _Columns], object] = _named) -> Any:
    """Rename what stands below *words* of each part of a section."""

    def renamed(value: Any, columns: _Columns) -> object:
        if not _is_map(value):
            return value
        return {name: _part(part, columns) for name, part in value.items()}

    def _part(part: Any, columns: _Columns) -> object:
        if isinstance(part, list):
            return [_part(it, columns) for it in part]
        if not _is_map(part):
            return part
        return {k: rename(it, columns) if k in words else it for k, it in part.items()}

    return renamed


def _in_audit(value: Any, columns: _Columns) -> object:
    if not _is_map(value):
        return value
    named = ("columns", "erasable")
    return {k: _named(it, columns) if k in named else it for k, it in value.items()}


def _in_guard(value: Any, columns: _Columns) -> object:
    if not _is_map(value):
        return value
    return {k: _named(it, columns) if k == "key" else it for k, it in value.items()}


_RENAMES: dict[str, Callable[[Any, _Columns], object]] = {
    "state": _named,
    "key": _named,
    "stamps": _in_keys,
    "states": _below(*_OF_ROWS),
    "claims": _below("resource"),
    "mirrors": _below("key"),
    "transitions": _below("guard", rename=_in_guard),
    "repairs": _below("set", rename=_in_keys),
    "audit": _in_audit,
}
