"""Blocks of plpgsql that a script sends or holds: they ask the database when they run.

Pure: names in, SQL text out.
"""

from collections.abc import Mapping

from pginterlock import assets
from pginterlock.names import dollar
from pginterlock.template import fill


def block(template: str, slots: Mapping[str, str] | None = None) -> str:
    """Return the block that *template* of ``sql/templates`` makes, without what ends it."""
    body = fill(assets.read("sql", "templates", f"{template}.plpgsql"), slots or {})
    written = fill(assets.read("sql", "templates", "block.sql"), {"body": dollar(body)})
    return written.rstrip().rstrip(";")
