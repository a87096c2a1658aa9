"""The section ``mirrors`` of one machine of a spec, and guards on other tables, to the model.

Pure: data in, data out.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from pginterlock.elements import Expression, Mirror, TableName, TargetGuard
from pginterlock.model import SpecPath
from pginterlock.names import MAX_BYTES
from pginterlock.spec_format import GuardPart, MirrorPart

_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
# What stands around the names in `interlock_<machine>_seek_mirror_<mirror>_next`, the longest.
_AROUND = len("interlock__seek_mirror__next")
# The index of a claim of that name would be called as that of a mirror is.
_TAKEN = "mirror_"

Express = Callable[[SpecPath, str], Expression]
Name = Callable[[SpecPath, str], TableName]
Tell = Callable[[SpecPath, str], None]


def read_mirrors(
    machine: str,
    guarded: TableName,
    parts: Mapping[str, MirrorPart],
    claims: Mapping[str, object],
    name_table: Name,
    tell: Tell,
) -> tuple[Mirror, ...]:
    """Return the mirrors of *machine* on table *guarded*; *tell* hears what is wrong with them."""
    found: list[Mirror] = []
    for name, part in parts.items():
        path: SpecPath = ("mirrors", name)
        _check_name(machine, name, path, tell)
        if f"{_TAKEN}{name}" in claims:
            tell(path, f"claim {_TAKEN}{name} has the name of its index: give one another name")
        if len(part.key) != 1:
            tell((*path, "key"), "one column names the row there: name one")
        if not part.in_:
            tell((*path, "in"), "true in no state: name one at least")
        table = name_table((*path, "table"), part.table)
        if table == guarded:
            tell((*path, "table"), f"{table} is the table of the machine: a mirror is on another")
        for other in found:
            if (other.table, other.column) == (table, part.column):
                told = f"mirror {other.name} writes this column of {table} already"
                tell((*path, "column"), told)
        key = part.key[0] if part.key else ""
        found.append(Mirror(name, table, key, part.column, tuple(part.in_)))
    return tuple(found)


def read_target_guard(
    path: SpecPath,
    part: GuardPart,
    mirrors: Sequence[Mirror],
    express: Express,
    name_table: Name,
    tell: Tell,
) -> TargetGuard | None:
    """Return the guard at *path* that asks something of another table; None where it asks none."""
    if part.on is None:
        if part.key is not None:
            tell((*path, "key"), "a key without `on`: name the table that it leads to")
        return None
    table = name_table((*path, "on"), part.on)
    check = express((*path, "check"), part.check)
    key = part.key
    if key is None:
        keys = {it.key for it in mirrors if it.table == table}
        if len(keys) != 1:
            many = "mirrors reach it by several" if keys else "no mirror names one"
            tell((*path, "on"), f"by which column of ours? {many}: add `key:`")
        key = keys.pop() if len(keys) == 1 else ""
    return TargetGuard(table, key, check)


def _check_name(machine: str, name: str, path: SpecPath, tell: Tell) -> None:
    longest = MAX_BYTES - _AROUND - len(machine.encode())
    if not _NAME.match(name):
        told = "small letters, digits and _, for its objects are called after it"
        tell(path, f"{name!r} is no name of a mirror: {told}")
    elif len(name.encode()) > longest:
        tell(
            path,
            f"{name!r} is too long: beside machine {machine} a mirror has at most {longest} bytes,"
            " for the name of its index holds both",
        )
