"""Blocks of plpgsql that a migration sends or writes: they ask when they run.

Pure: names in, SQL text out.
"""

from collections.abc import Mapping

from pginterlock import assets
from pginterlock.compiler import states
from pginterlock.elements import Rename
from pginterlock.names import dollar
from pginterlock.rules.parts import Writing, indent
from pginterlock.template import fill


def block(template: str, slots: Mapping[str, str] | None = None) -> str:
    """Return the block that *template* of ``sql/templates`` makes, without what ends it."""
    body = fill(assets.read("sql", "templates", f"{template}.plpgsql"), slots or {})
    written = fill(assets.read("sql", "templates", "migration_block.sql"), {"body": dollar(body)})
    return written.rstrip().rstrip(";")


def move_rows(writing: Writing, rename: Rename) -> str:
    """Return the block that gives all rows under an old name of their state the new one."""
    return block("migration_move", {"move": indent(states.rename_rows(writing, rename))})
