"""What a mirror is in SQL: the table it is on, what is true of it, and the names of its parts.

Pure: model and table in, SQL text out.
"""

import hashlib

from pginterlock.choices import Mode
from pginterlock.elements import Claim, Mirror, TableName, TargetGuard
from pginterlock.names import cut
from pginterlock.rules.parts import Writing
from pginterlock.table import Column, Table

NAME = "mirror"


def is_kept(writing: Writing, mirror: Mirror) -> bool:
    """Whether the machine writes the column; in observe it writes nothing."""
    return writing.machine.mode_of(NAME, mirror.name) is not Mode.OBSERVE


def kept(writing: Writing) -> list[Mirror]:
    """Return the mirrors that the machine writes."""
    return [it for it in writing.machine.mirrors if is_kept(writing, it)]


def held(mirror: Mirror) -> Claim:
    """Return *mirror* as what a row holds while it is in one of the states.

    Many may hold the same; but it is looked for in the same way, and by the same index.
    """
    return Claim(f"{NAME}_{mirror.name}", (mirror.key,), mirror.states)


def target_of(writing: Writing, name: TableName) -> Table:
    """Return the other table *name*, which is there."""
    found = writing.table.target(name)
    if found is None:
        raise KeyError(str(name))
    return found


def key_of(target: Table) -> Column:
    """Return the column that tells a row of *target*, which it has."""
    found = target.one_key
    if found is None:
        raise KeyError(str(target.name))
    return found


def function_name(machine: str, mirror: str) -> str:
    """Return the name of the function behind the triggers on the other table."""
    return cut(f"{machine}_mirror_{mirror}")


def watch_name(machine: str, mirror: str) -> str:
    """Return the name of the function that looks at a commit, in observe."""
    return cut(f"{machine}_mirrored_{mirror}")


def writer_name(machine: str, mirror: str) -> str:
    """Return the name of the function that writes the other table, in the schema of that."""
    return cut(f"interlock_{machine}_mirror_{mirror}")


def guard_name(machine: str, guard: TargetGuard) -> str:
    """Return the name of the function that judges *guard*, in the schema of the other table."""
    told = f"{guard.table} {guard.key} {guard.check.text}"
    return cut(f"interlock_{machine}_guard_{hashlib.sha256(told.encode()).hexdigest()[:8]}")


def trigger_names(machine: str, mirror: str) -> tuple[str, str, str]:
    """Return the names of the triggers: of rows there, of truncate there, of commits here."""
    return (
        cut(f"interlock_50_{machine}_mirror_{mirror}"),
        cut(f"interlock_90_{machine}_mirror_{mirror}"),
        cut(f"interlock_60_{machine}_mirrored_{mirror}"),
    )


def is_locked_anyway(writing: Writing, guard: TargetGuard) -> bool:
    """Whether a mirror takes the stronger lock on the same row, maybe in the same statement.

    Two that both shared the row, and then both wanted more, would wait for each other.
    """
    return any((it.table, it.key) == (guard.table, guard.key) for it in kept(writing))
