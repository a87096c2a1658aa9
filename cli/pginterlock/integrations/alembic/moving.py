"""Move the rows of a machine from one name of a state to another, in the migration itself.

Pure: names in, SQL text out.
"""

from pginterlock.blocks import block
from pginterlock.compiler import states
from pginterlock.elements import Rename
from pginterlock.rules.parts import Writing, indent


def move_rows(writing: Writing, rename: Rename) -> str:
    """Return the block that gives all rows under an old name of their state the new one."""
    return block("migration_move", {"move": indent(states.rename_rows(writing, rename)).lstrip()})


def settle(machine: str) -> str:
    """Return the block that judges now what the table of *machine* has ahead at the commit.

    A table with such triggers ahead of it takes no DDL; rows were moved, or written by a revision.
    """
    return block("migration_settle", {"machine": machine})
