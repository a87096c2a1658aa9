"""Changes of a type that rewrite no row: text that may grow, numbers with more digits.

Pure: types in, a verdict out. What PostgreSQL rewrites is in `ATColumnChangeRequiresRewrite`: it
leaves rows alone where the new type takes every old value as it is stored.
"""

from dataclasses import dataclass

_TEXT = "text"
_TEXTS = frozenset(["text", "varchar"])


@dataclass(frozen=True, slots=True)
class Width:
    """A type and how much it holds: characters, or digits and those behind the point."""

    type: str
    size: int | None = None
    scale: int | None = None


def is_wider(old: Width, new: Width) -> bool:
    """Whether *new* takes every value of *old* as it is stored; false where that is not known."""
    if old.type in _TEXTS and new.type in _TEXTS:
        return new.size is None or (old.size is not None and old.size <= new.size)
    if old.type == new.type == "numeric" and old.scale == new.scale:
        return new.size is None or (old.size is not None and old.size <= new.size)
    return old == new


# The types of SQLAlchemy and the fields of Django that are text or decimals in PostgreSQL.
KNOWN = {
    **dict.fromkeys(["Text", "TEXT", "UnicodeText", "LargeText", "TextField"], _TEXT),
    **dict.fromkeys(
        ["String", "VARCHAR", "Unicode", "AutoString", "CharField", "EmailField", "SlugField"],
        "varchar",
    ),
    **dict.fromkeys(["URLField", "FileField", "ImageField", "FilePathField"], "varchar"),
    **dict.fromkeys(["Numeric", "NUMERIC", "DECIMAL", "DecimalField"], "numeric"),
    **dict.fromkeys(["BooleanField", "NullBooleanField"], "boolean"),
    **dict.fromkeys(["IntegerField", "PositiveIntegerField", "AutoField"], "integer"),
    **dict.fromkeys(["BigIntegerField", "PositiveBigIntegerField", "BigAutoField"], "bigint"),
    **dict.fromkeys(["SmallIntegerField", "PositiveSmallIntegerField"], "smallint"),
}
# What Django takes where no max_length is given.
LENGTHS = {
    "EmailField": 254,
    "SlugField": 50,
    "URLField": 200,
    "FileField": 100,
    "ImageField": 100,
    "FilePathField": 100,
}
