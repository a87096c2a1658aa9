"""What a revision keeps of a table, for ``--sql``: columns, keys, and tables it speaks of.

Pure: data in, data out.
"""

import io
import re
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from pginterlock.elements import TableName
from pginterlock.errors import UnsafeError
from pginterlock.table import Column, Kind, Table

_WIDTH = 4096
_NOT_NULL = " not null"
_MODIFIER = re.compile(r"\([^)]*\)")
_MOMENTS = ("timestamp with time zone", "timestamp without time zone", "date")
_TEXTS = ("text", "character varying", "character")
_PARTITIONED = "p"


def write(table: Table) -> str:
    """Return the shape of *table* as text: a line for each column."""
    yaml = YAML()
    yaml.width = _WIDTH
    told = _table(table)
    if table.targets:
        told["targets"] = {
            str(it.name): {"name": [*_pair(it.name)], **_table(it)} for it in table.targets
        }
    written = io.StringIO()
    yaml.dump(_styled(told), written)
    return written.getvalue()


def _styled(value: object) -> object:
    """Return *value* with lists, and what is told of one column, on a line each."""
    if isinstance(value, dict):
        styled = CommentedMap({key: _styled(it) for key, it in value.items()})
        if "kind" in value:
            styled.fa.set_flow_style()
        return styled
    if isinstance(value, list):
        listed = CommentedSeq([_styled(it) for it in value])
        listed.fa.set_flow_style()
        return listed
    return value


def read(text: str, name: TableName, where: str) -> Table:
    """Return the table *name* as *text* tells of it; raise UnsafeError where it is no shape."""
    try:
        told = YAML(typ="safe").load(textwrap.dedent(text))
        targets = told.pop("targets", {})
        found = _read(told, name)
        return replace(
            found,
            targets=tuple(_read(it, TableName(*it.pop("name"))) for it in targets.values()),
        )
    except (YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnsafeError(
            f"{where}: table= is not what was written there",
            remedy="A revision is not edited: write a new one (alembic revision --autogenerate).",
        ) from error


def _pair(name: TableName) -> tuple[str, str]:
    return (name.schema, name.name)


def _table(table: Table) -> dict[str, object]:
    told: dict[str, object] = {
        "columns": {it.name: _column(it) for it in table.columns},
        "primary_key": [*table.primary_key],
    }
    if unique := [[*it] for it in table.unique_keys]:
        told["unique"] = unique
    if table.is_partitioned:
        told["partitioned_by"] = [*table.partition_columns]
        told["partitions"] = [[*_pair(it)] for it in table.partitions]
    return told


def _column(column: Column) -> object:
    short = column.type + (_NOT_NULL if column.is_not_null else "")
    if _short(short, column.name, column.number) == column:
        return short
    told: dict[str, object] = {"type": short, "base": column.base_type, "kind": column.kind.value}
    if not column.is_comparable:
        told["comparable"] = False
    if column.is_generated:
        told["generated"] = True
    if column.labels:
        told["labels"] = [*column.labels]
    return told


def _short(text: str, name: str, number: int) -> Column:
    type_ = text.removesuffix(_NOT_NULL)
    base = " ".join(_MODIFIER.sub("", type_).split())
    kind = Kind.TEXT if base in _TEXTS else Kind.MOMENT if base in _MOMENTS else Kind.OTHER
    return Column(name, number, type_, base, kind, text != type_, is_comparable=True)


def _read(told: Mapping[str, Any], name: TableName) -> Table:
    columns: Mapping[str, object] = told["columns"]
    return Table(
        name=name,
        oid=0,
        owner="",
        columns=tuple(_read_column(n, c, it) for n, (c, it) in enumerate(columns.items(), 1)),
        primary_key=tuple(told["primary_key"]),
        unique_keys=tuple(tuple(it) for it in told.get("unique", [])),
        relation_kind=_PARTITIONED if "partitions" in told else "r",
        partitions=tuple(TableName(*it) for it in told.get("partitions", [])),
        partition_columns=tuple(told.get("partitioned_by", [])),
    )


def _read_column(number: int, name: str, told: object) -> Column:
    if isinstance(told, str):
        return _short(told, name, number)
    if not isinstance(told, dict):
        raise TypeError
    found = _short(told["type"], name, number)
    return replace(
        found,
        base_type=told["base"],
        kind=Kind(told["kind"]),
        is_comparable=told.get("comparable", True),
        is_generated=told.get("generated", False),
        labels=tuple(told.get("labels", [])),
    )
