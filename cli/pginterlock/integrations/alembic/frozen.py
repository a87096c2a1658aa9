"""A machine as a revision keeps it: its text, and digests by which it is known again.

Pure: data in, data out.
"""

import textwrap
from collections.abc import Iterable
from dataclasses import replace

from pginterlock.digests import digest
from pginterlock.elements import Expression, Rename, StateRow
from pginterlock.errors import SpecError, UnsafeError
from pginterlock.model import Machine
from pginterlock.renaming import under_new_names
from pginterlock.spec import parse
from pginterlock.spec_write import write

_ALL = "*"


def text_of(machine: Machine) -> str:
    """Return *machine* as the text of a spec, under its new names of states."""
    return write([replace(under_new_names(machine, machine.renames), services=())])


def settled(machine: Machine) -> Machine:
    """Return *machine* as it is once its renames are over: what one revision leaves to the next.

    A state of which nothing else is said than what it was called has no row then.
    """
    found = under_new_names(machine, machine.renames)
    rows = tuple(it for it in found.rows if it != StateRow(it.state))
    return replace(found, rows=rows, renames=())


def read(text: str, told_digest: str, where: str) -> Machine:
    """Return the machine that *text*, of an operation in *where*, declares.

    Raises UnsafeError where it is no spec of one machine, or not what *told_digest* was taken of.
    """
    try:
        found = parse(textwrap.dedent(text).strip() + "\n", "line").machines
    except SpecError as error:
        raise UnsafeError(
            f"{where}: the machine in it cannot be read:\n{error.message}", remedy=_BY_HAND
        ) from error
    if len(found) != 1:
        raise UnsafeError(
            f"{where}: the text declares {len(found)} machines, and an operation has one",
            remedy=_BY_HAND,
        )
    if (now := digest(found[0])) != told_digest:
        raise UnsafeError(
            f"{where}: machine {found[0].name} is not what the revision was written with: its"
            f" digest is {now}, and the revision says {told_digest}",
            remedy=f'{_BY_HAND} If the change is meant, and it ran nowhere yet: digest="{now}".',
        )
    return found[0]


_BY_HAND = (
    "A revision is not edited: change interlock.yaml and write a new one with alembic revision"
    " --autogenerate."
)


def back(before: Machine, after: Machine) -> Machine:
    """Return *before* as a downgrade from *after* asks for it: states get their old names back."""
    found = settled(before)
    renames = [
        Rename(it.was, it.state)
        for it in after.renames
        if it.was in found.states and it.state not in found.states
    ]
    rows = [StateRow(it.state) for it in renames if not _has_row(found, it.state)]
    return replace(found, rows=(*found.rows, *rows), renames=tuple(renames))


def _has_row(machine: Machine, state: str) -> bool:
    return any(row.state == state for row in machine.rows)


def columns_of(machine: Machine) -> frozenset[str]:
    """Return the columns of its table that *machine* speaks of; ``*`` stands for all of them."""
    found = {machine.state, *machine.key, *machine.audit.columns, *machine.funnel}
    found |= {it.column for it in machine.stamps}
    for row in machine.rows:
        found |= {*row.require, *row.forbid, *row.freeze, *row.clear}
    found |= {column for it in machine.claims for column in it.resource}
    found |= {it.key for it in machine.mirrors}
    found |= {it.guard_on.key for it in machine.transitions if it.guard_on}
    return frozenset(found.union(*(it.columns for it in _expressions(machine))))


def speaks_of(machine: Machine, column: str) -> bool:
    """Whether *machine* says something of *column* of its table."""
    columns = columns_of(machine)
    return column in columns or _ALL in columns


def _expressions(machine: Machine) -> Iterable[Expression]:
    yield from (it.guard for it in machine.transitions if it.guard)
    yield from (it.check for it in machine.invariants)
    yield from (it.during for it in machine.claims if it.during)
    yield from (it.when for it in machine.reactions)
    for repair in machine.repairs:
        yield repair.when
        yield from (value for _, value in repair.sets)
