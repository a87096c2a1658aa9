"""What a scan knows of a file before it parses it. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from pginterlock.scan.embedded_sql import ROOTS
from pginterlock.scan.module_texts import (
    classes_in,
    leading_back_in,
    names_called_in,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """The classes that a text defines, with the words of their bases; what it calls; relations."""

    classes: tuple[tuple[str, tuple[str, ...]], ...]
    called: tuple[str, ...]
    leading_back: tuple[str, ...]


def facts_of(raw: bytes) -> Facts:
    """Return what the text of a module tells."""
    return Facts(
        tuple((name, tuple(bases)) for name, bases in classes_in(raw)),
        tuple(sorted(names_called_in(raw))),
        tuple(sorted(leading_back_in(raw))),
    )


# A statement the table of which is filled in: it may stand in a file that names no table.
_ANY_TABLE = tuple(
    map(
        re.compile,
        (
            rb"""update\s+(?:only\s+)?[\w."'`]{0,60}\s*[{%+]""",
            rb"""insert\s+into\s+[\w."'`]{0,60}\s*[{%+]""",
        ),
    )
)


def speaks_of(low: bytes, names: Collection[str], tables: Collection[str]) -> bool:
    """Say whether a text in small letters may write with SQL what is looked for."""
    return any(it in low for it in ROOTS) and (
        any(it.lower().encode() in low for it in (*names, *tables))
        or any(it.search(low) for it in _ANY_TABLE)
    )
