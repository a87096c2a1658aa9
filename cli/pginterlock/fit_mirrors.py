"""Whether mirrors, and guards on other tables, fit those tables.

Pure: model and table in, what is wrong out, each with its place in the spec.
"""

import difflib
from collections.abc import Iterator

from pginterlock.elements import Mirror, TableName
from pginterlock.model import Machine, SpecPath
from pginterlock.table import Column, Table

_Found = Iterator[tuple[SpecPath, str]]


def named_targets(machine: Machine) -> list[tuple[SpecPath, TableName]]:
    """Return every other table that *machine* names, and where."""
    found: list[tuple[SpecPath, TableName]] = [
        (("mirrors", it.name, "table"), it.table) for it in machine.mirrors
    ]
    found += [
        (("transitions", move.event, "guard", "on"), move.guard_on.table)
        for move in machine.transitions
        if move.guard_on
    ]
    return list(dict.fromkeys(found))


def mirrors(machine: Machine, table: Table) -> _Found:
    """Yield what keeps the mirrors and the guards of *machine* from being held."""
    for mirror in machine.mirrors:
        if table.has_row_security:
            told = "behind which nobody can be sure to see every row that a mirror follows"
            yield ("mirrors", mirror.name), f"{table.name} has row security, {told}"
        if target := table.target(mirror.table):
            yield from _target(("mirrors", mirror.name), "table", target)
            yield from _key(("mirrors", mirror.name, "key"), table, mirror.key, target)
            yield from _column(mirror, target)
    for move in machine.transitions:
        guard = move.guard_on
        target = table.target(guard.table) if guard else None
        if guard is None or target is None:
            continue
        path: SpecPath = ("transitions", move.event, "guard")
        yield from _target(path, "on", target)
        yield from _key((*path, "key"), table, guard.key, target)
        for column in guard.check.columns:
            if target.column(column) is None:
                yield (*path, "check"), _no_column(target, column)


def _target(path: SpecPath, part: str, target: Table) -> _Found:
    if target.relation_kind != "r":
        yield (*path, part), f"{target.name} is no plain table; a row of one is locked and read"
    elif target.one_key is None:
        told = "no primary key, and no one unique key that is not null, of a single column"
        yield (*path, part), f"{target.name} has {told}"
    if part == "table" and target.is_owner_powerful and target.trigger_makers:
        yield (
            (*path, part),
            (
                f"{', '.join(target.trigger_makers)} may put triggers on {target.name}, and they"
                f" would run with the rights of {target.owner}, who is a superuser or a member of"
                " the owner of schema interlock: revoke trigger on it, or give the table to a role"
                " that owns nothing else"
            ),
        )


def _key(path: SpecPath, table: Table, name: str, target: Table) -> _Found:
    ours, theirs = table.column(name), target.one_key
    if ours is None or theirs is None:
        return
    if ours.base_type != theirs.base_type:
        yield (
            path,
            (
                f"column {name!r} is {ours.base_type}, and {theirs.name!r} of {target.name} is"
                f" {theirs.base_type}: they must be of one type"
            ),
        )
    elif not (ours.is_comparable and theirs.is_comparable):
        yield path, f"{ours.type} has an equality of its own, which our triggers do not use"


def _column(mirror: Mirror, target: Table) -> _Found:
    path: SpecPath = ("mirrors", mirror.name, "column")
    column = target.column(mirror.column)
    if column is None:
        yield path, _no_column(target, mirror.column)
    elif told := _unfit(column):
        yield path, f"column {column.name!r} of {target.name} is {told}; a mirror is a boolean"


def _unfit(column: Column) -> str:
    if column.is_generated:
        return "generated"
    return "" if column.type == "boolean" else column.type


def _no_column(target: Table, name: str) -> str:
    close = difflib.get_close_matches(name, [it.name for it in target.columns], n=1)
    meant = f"; did you mean {close[0]!r}?" if close else ""
    return f"table {target.name} has no column {name!r}{meant}"
