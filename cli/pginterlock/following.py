"""What of a machine can follow a rename: proved by compiling it under another name.

The tripwire writes a new name into compiled functions and registry by replacing text
(`sql/runtime/renamed.sql`). Here the same is done with a name that nobody uses, and held against
what the compiler makes of the machine under that name. Where the two are not the same to the last
character, a rename is refused.

Pure: data in, data out.
"""

import json
import re
from collections.abc import Callable, Collection
from dataclasses import fields, is_dataclass, replace
from typing import Any

from pginterlock.compiler import compile_machine
from pginterlock.compiler.registry import definition
from pginterlock.elements import Expression, TableName
from pginterlock.expression import rewrite
from pginterlock.fit import column_names
from pginterlock.model import Machine
from pginterlock.objects import DbObject, ObjectKind
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


def columns(writing: Writing) -> tuple[str, ...]:
    """Return the columns of its table whose rename the machine can follow.

    Never those that the history has columns for: the key and what is audited.
    """
    machine = writing.machine
    fixed = {*writing.key, *machine.audit.columns, *machine.funnel}
    named = [name for name in column_names(machine) if name not in fixed and _PLAIN.match(name)]
    if not named or machine.funnel:
        return ()
    before = compile_machine(machine, writing.table)
    return tuple(name for name in named if _column_follows(writing, before, name))


def of_table(writing: Writing) -> str:
    """Return what of the name of its table may change and is followed: name, schema, or nothing."""
    told = (("name", can_move(writing, to_schema=False)), ("schema", can_move(writing, to_schema=True)))
    return " ".join(what for what, is_followed in told if is_followed)


def can_move(writing: Writing, *, to_schema: bool) -> bool:
    """Whether the machine can follow its table to another name, or *to_schema*, to another schema."""
    own = writing.table.name
    if own in writing.machine.targets_elsewhere or not all(map(_is_plain, (own.schema, own.name))):
        return False
    probe = TableName(_PROBE, own.name) if to_schema else TableName(own.schema, _PROBE)
    moved = replace(writing.machine, table=probe)
    after = compile_machine(moved, replace(writing.table, name=probe))
    before = compile_machine(writing.machine, writing.table)

    def renamed(text: str) -> str:
        return _renamed_table(text, own, probe)

    return _functions(before, own, renamed) == _functions(after, probe, str)


def _is_plain(name: str) -> bool:
    return _PLAIN.match(name) is not None


def _renamed_table(text: str, old: TableName, new: TableName) -> str:
    """Return *text* as `sql/runtime/renamed_table.sql` writes it, where the schema goes along."""
    for form in _FORMS:
        text = text.replace(form.format(*_pair(old)), form.format(*_pair(new)))
    word = rf"(?<![A-Za-z0-9_.\"]){old.schema}\.{old.name}(?![A-Za-z0-9_])"
    return re.sub(word, str(new), text)


def _pair(name: TableName) -> tuple[str, str]:
    return name.schema, name.name


def _functions(
    objects: Collection[DbObject], own: TableName, written: Callable[[str], str]
) -> dict[str, str]:
    """Return the body of each function, by its name without the schema of the table."""
    return {
        it.name.removeprefix(f"{own.schema}."): written(dict(it.facts)["body"])
        for it in objects
        if it.kind is ObjectKind.FUNCTION
    }


def _column_follows(writing: Writing, before: list[DbObject], name: str) -> bool:
    def word(text: str) -> str:
        return re.sub(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9_])", _PROBE, text)

    try:
        machine = _under(writing.machine, name)
        after = compile_machine(machine, _table(writing.table, name))
    except (ValueError, KeyError):
        return False
    own = writing.table.name
    return (
        [it.id for it in before] == [it.id for it in after]
        and _functions(before, own, word) == _functions(after, own, str)
        and json.loads(word(definition(writing.machine))) == json.loads(definition(machine))
        and _registry(before, word) == _registry(after, str)
    )


def _registry(objects: Collection[DbObject], written: Callable[[str], str]) -> list[Any]:
    return [
        (name, sorted(json.loads(written(value))))
        for it in objects
        if it.kind is ObjectKind.REGISTRY
        for name, value in it.facts
        if name in ("rules", "moves", "states")
    ]


def _table(table: Table, name: str) -> Table:
    return replace(
        table,
        columns=tuple(
            replace(it, name=_PROBE) if it.name == name else it for it in table.columns
        ),
        unique_keys=tuple(tuple(_one(c, name) for c in key) for key in table.unique_keys),
        partition_columns=tuple(_one(c, name) for c in table.partition_columns),
    )


def _one(column: str, name: str) -> str:
    return _PROBE if column == name else column


# Where a machine names columns of its table: by the class, which fields.
_NAMING = {
    "Machine": ("state",),
    "Stamp": ("column",),
    "StateRow": ("require", "forbid", "freeze", "clear"),
    "Claim": ("resource",),
    "Mirror": ("key",),
    "TargetGuard": ("key",),
}


def _under(part: Any, name: str) -> Any:
    """Return *part* of a machine with column *name* under the probing name."""
    if isinstance(part, tuple):
        return tuple(_under(it, name) for it in part)
    if isinstance(part, Expression):
        if name not in part.columns:
            return part
        text = rewrite(part.text, lambda c: _PROBE if c == name else c)
        return replace(part, text=text, columns=tuple(_one(c, name) for c in part.columns))
    if not is_dataclass(part) or isinstance(part, type):
        return part
    kind = type(part).__name__
    told = {it.name: getattr(part, it.name) for it in fields(part)}
    changed = {}
    for key, value in told.items():
        if kind == "TargetGuard" and key == "check":
            continue  # it is about the row of another table
        if key in _NAMING.get(kind, ()):
            is_many = isinstance(value, tuple)
            changed[key] = tuple(_one(c, name) for c in value) if is_many else _one(value, name)
        else:
            changed[key] = _under(value, name)
    return replace(part, **changed)
