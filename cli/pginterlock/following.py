"""What of a machine can follow a rename: proved by compiling it under another name.

The tripwire writes a new name into compiled functions and registry by replacing text
(`sql/runtime/renamed_column.sql`, `renamed_table.sql`). Here the same is done with a name that
nobody uses, and held against what the compiler makes of the machine under that name. Where the two
are not the same to the last character, a rename is refused.

Pure: data in, data out.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from pginterlock.compiler import compile_machine
from pginterlock.compiler.registry import definition
from pginterlock.elements import TableName
from pginterlock.fit import column_names
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.renamed_machine import under_column
from pginterlock.rules.parts import Writing
from pginterlock.table import Table

_PROBE = "interlock_probe"
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")
# The ways in which compiled text names a table, beside those in words.
_FORMS = (
    '"{0}"."{1}"',
    "array['{0}', '{1}']",
    "tg_table_schema <> '{0}' or tg_table_name <> '{1}'",
    "has_schema_privilege('{0}', 'usage')",
)

_Written = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Renamed:
    """A rename that a machine follows: *what* it is of (table, column), old name and new name."""

    what: str
    was: str
    now: str


def columns(writing: Writing) -> tuple[str, ...]:
    """Return the columns of its table whose rename the machine can follow.

    Never those that the history has columns for: the key and what is audited; nor any where a
    funnel has taken rights by column.
    """
    machine = writing.machine
    if machine.funnel:
        return ()
    fixed = {*writing.key, *machine.audit.columns}
    named = [name for name in column_names(machine) if name not in fixed and _is_plain(name)]
    before = compile_machine(machine, writing.table)
    return tuple(name for name in named if _column_follows(writing, before, name))


def of_table(writing: Writing) -> str:
    """Return what of the name of its table may change and is followed: name, schema, or nothing."""
    own = writing.table.name
    if own in writing.machine.targets_elsewhere or not all(map(_is_plain, _pair(own))):
        return ""
    before = compile_machine(writing.machine, writing.table)
    probes = {"name": TableName(own.schema, _PROBE), "schema": TableName(_PROBE, own.name)}
    return " ".join(it for it, probe in probes.items() if _table_follows(writing, before, probe))


def _table_follows(writing: Writing, before: Sequence[DbObject], probe: TableName) -> bool:
    own = writing.table.name
    moved = _on_table(writing, probe)
    after = compile_machine(moved.machine, moved.table)

    def written(text: str) -> str:
        return _renamed_table(text, own, probe)

    return _functions(before, own, written) == _functions(after, probe, str)


def _renamed_table(text: str, old: TableName, new: TableName) -> str:
    """Return *text* as the tripwire writes it, where the schema itself was renamed."""
    for form in _FORMS:
        text = text.replace(form.format(*_pair(old)), form.format(*_pair(new)))
    word = rf"(?<![A-Za-z0-9_.\"]){old.schema}\.{old.name}(?![A-Za-z0-9_])"
    return re.sub(word, str(new), text)


def _column_follows(writing: Writing, before: Sequence[DbObject], name: str) -> bool:
    def written(text: str) -> str:
        return re.sub(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9_])", _PROBE, text)

    under = _under_column(writing, name, _PROBE)
    after = compile_machine(under.machine, under.table)
    own = writing.table.name
    return (
        [it.id for it in before] == [it.id for it in after]
        and _functions(before, own, written) == _functions(after, own, str)
        and _same(written(definition(writing.machine)), definition(under.machine))
        and _registry(before, written) == _registry(after, str)
    )


def _same(one: str, other: str) -> bool:
    return bool(json.loads(one) == json.loads(other))


def _functions(objects: Iterable[DbObject], own: TableName, written: _Written) -> dict[str, str]:
    """Return the body of each function, by its name without the schema of the table."""
    return {
        it.name.removeprefix(f"{own.schema}."): written(dict(it.facts)["body"])
        for it in objects
        if it.kind is ObjectKind.FUNCTION
    }


def _registry(objects: Iterable[DbObject], written: _Written) -> list[tuple[str, list[str]]]:
    return [
        (name, sorted(json.loads(written(value))))
        for it in objects
        if it.kind is ObjectKind.REGISTRY
        for name, value in it.facts
        if name in ("rules", "moves", "states")
    ]


def under_old_names(writing: Writing, renames: Sequence[Renamed]) -> list[DbObject]:
    """Return what holds the machine of *writing* as it was before the *renames* that it follows."""
    before = writing
    for column in writing.table.columns:
        if (was := first_name(renames, "column", column.name)) != column.name:
            before = _under_column(before, column.name, was)
    place = first_name(renames, "table", str(writing.table.name))
    if place != str(writing.table.name):
        before = _on_table(before, TableName(*place.split(".", 1)))
    return compile_machine(before.machine, before.table)


def first_name(renames: Sequence[Renamed], what: str, name: str) -> str:
    """Return what *name*, of a table or a column as *what* says, was before all *renames*."""
    old = {it.now: it.was for it in renames if it.what == what}
    seen: set[str] = set()
    while name in old and name not in seen:
        seen.add(name)
        name = old[name]
    return name


def _on_table(writing: Writing, name: TableName) -> Writing:
    return Writing(replace(writing.machine, table=name), replace(writing.table, name=name))


def _under_column(writing: Writing, old: str, new: str) -> Writing:
    return Writing(under_column(writing.machine, old, new), _table(writing.table, old, new))


def _table(table: Table, old: str, new: str) -> Table:
    def one(column: str) -> str:
        return new if column == old else column

    return replace(
        table,
        columns=tuple(replace(it, name=one(it.name)) for it in table.columns),
        unique_keys=tuple(tuple(map(one, key)) for key in table.unique_keys),
        partition_columns=tuple(map(one, table.partition_columns)),
    )


def _is_plain(name: str) -> bool:
    return _PLAIN.match(name) is not None


def _pair(name: TableName) -> tuple[str, str]:
    return name.schema, name.name
