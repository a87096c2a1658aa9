"""What a scan knows of a file before it parses it, and which changes leave its result. Pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pginterlock.scan.embedded_sql import ROOTS, may_embed
from pginterlock.scan.module_texts import (
    classes_in,
    hit_lines,
    leading_back_in,
    names_called_in,
    names_handed_in,
    patterns,
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


@dataclass(frozen=True, slots=True)
class Trace:
    """What the result of a scan depends on, besides the facts of all its files.

    *used* are the files that were looked into. *words* tells in which files each word is that was
    asked for; *calls* and *relations* are the names that were. *names* and *tables* are what was
    looked for everywhere. *unhanded* are the names that no file hands over, of those asked for.
    """

    used: frozenset[str]
    calls: frozenset[str]
    relations: frozenset[str]
    words: Mapping[str, Collection[str]]
    names: tuple[str, ...]
    tables: tuple[str, ...]
    unhanded: frozenset[str]

    def leaves(self, path: str, raw: bytes, text: str | None, before: Facts, now: Facts) -> bool:
        """Say whether the result stays as it was with a file of another text: *raw*, or *text*."""
        if path in self.used or before.classes != now.classes:
            return False
        called = set(before.called) ^ set(now.called)
        back = set(before.leading_back) ^ set(now.leading_back)
        if self.calls & called or self.relations & back or self.unhanded & names_handed_in(raw):
            return False
        if any((word.encode() in raw) != (path in them) for word, them in self.words.items()):
            return False
        if hit_lines(raw, patterns(self.names)):
            return False
        is_spoken_of = speaks_of(raw.lower(), self.names, self.tables)
        return not is_spoken_of or not may_embed(text or raw.decode("utf-8-sig", "replace"))
