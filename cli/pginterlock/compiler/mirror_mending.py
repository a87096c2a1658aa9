"""The statements by which a backfill sets a mirrored column to what the machine's rows say.

Pure: model and table in, SQL text out.
"""

from collections.abc import Sequence

from pginterlock import assets
from pginterlock.compiler.removal import qualified
from pginterlock.elements import Mirror
from pginterlock.names import array, field, literal
from pginterlock.rules.claim_terms import clashes
from pginterlock.rules.mirror_terms import held, key_of, target_of
from pginterlock.rules.parts import Writing
from pginterlock.template import fill


def wrong(writing: Writing, mirror: Mirror, after: str | None, limit: int) -> str:
    """Return the query of the first *limit* keys above *after* whose rows disagree."""
    key = key_of(target_of(writing, mirror.table))
    above = "true"
    if after is not None:
        above = f"{field('r', key.name)} > {literal(after)}::{key.type}"
    slots = {"is_after": above, "row_limit": str(limit)}
    return _fill(writing, mirror, "mirror_wrong.sql", slots)


def lock(writing: Writing, mirror: Mirror, keys: Sequence[str]) -> str:
    """Return the statement that locks the rows of *keys*."""
    return _fill(writing, mirror, "mirror_mend.sql", {"keys": _keys(writing, mirror, keys)})


def mend(writing: Writing, mirror: Mirror, keys: Sequence[str]) -> str:
    """Return the statement that sets what is so; it returns the keys of rows that it changed."""
    return _fill(writing, mirror, "mirror_set.sql", {"keys": _keys(writing, mirror, keys)})


def _keys(writing: Writing, mirror: Mirror, keys: Sequence[str]) -> str:
    return f"{array(list(keys))}::{key_of(target_of(writing, mirror.table)).type}[]"


def _fill(writing: Writing, mirror: Mirror, form: str, slots: dict[str, str]) -> str:
    target = target_of(writing, mirror.table)
    key = key_of(target).name
    return fill(
        assets.read("sql", "templates", form),
        {
            "relation": qualified(target.name),
            "guarded": qualified(writing.table.name),
            "key_column": key,
            "column_name": mirror.column,
            "is_clash": clashes(writing, held(mirror), lambda _: field("r", key)),
            **slots,
        },
    )
