"""What to look for: the columns of machines, or those that are named on a command line.

Pure: data in, data out.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pginterlock.scan.site import Target

if TYPE_CHECKING:
    from pginterlock.model import Machine

_KEY_SUFFIX = "_id"


def watched(machine: "Machine") -> tuple[str, ...]:
    """Return the columns of *machine* whose writes are looked for, the state first.

    The stamps follow, then what a state requires, forbids or clears. What is frozen, audited or
    claimed alone is not among them: a write of it moves no row.
    """
    rows = [
        column for row in machine.rows for column in (*row.require, *row.forbid, *row.clear)
    ]  # fmt: skip
    return tuple(dict.fromkeys([machine.state, *(it.column for it in machine.stamps), *rows]))


def targets_of(machines: "Iterable[Machine]") -> list[Target]:
    """Return what to look for on behalf of *machines*, one target each."""
    return [
        Target(watched(it), table=str(it.table), machine=it.name, states=tuple(it.states))
        for it in machines
    ]


def named_targets(asked: Sequence[tuple[str, Sequence[str]]]) -> list[Target]:
    """Return what to look for where models and their columns are *asked* for by name.

    A model that is asked for twice is one target with the columns of both.
    """
    columns: dict[str, list[str]] = {}
    for model, some in asked:
        columns.setdefault(model, []).extend(some)
    return [Target(tuple(dict.fromkeys(some)), model=model) for model, some in columns.items()]


def code_names(column: str) -> tuple[str, ...]:
    """Return the names that *column* may have in code, its own first.

    A foreign key of Django's `assigned_room` is the column `assigned_room_id`: both are written.
    """
    if column.endswith(_KEY_SUFFIX) and column != _KEY_SUFFIX:
        return (column, column.removesuffix(_KEY_SUFFIX))
    return (column, f"{column}{_KEY_SUFFIX}")
