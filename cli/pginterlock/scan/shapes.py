"""What the shape of a statement says: which table and columns it writes, and in whose hand.

Pure: text in, data out.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Style(StrEnum):
    """Who put a statement together: an ORM, or somebody who wrote text."""

    ORM = "orm"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Shape:
    """A write: its table, the columns that it sets, and whether it makes rows."""

    table: str
    columns: frozenset[str]
    is_insert: bool
    style: Style


_NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)'
_TABLE = rf"(?:{_NAME}\s*\.\s*)*(?P<table>{_NAME})"
_UPDATE = re.compile(
    rf"update\s+(?:only\s+)?{_TABLE}(?:\s+(?:as\s+)?(?!set\b){_NAME})?\s+set\s+(?P<sets>.*)",
    re.IGNORECASE | re.DOTALL,
)
_INSERT = re.compile(
    rf"insert\s+into\s+{_TABLE}\s*\((?P<columns>[^)]*)\)", re.IGNORECASE | re.DOTALL
)
_SET = re.compile(rf"(?:\A|,)\s*({_NAME})\s*=|(?:\A|,)\s*\(([^)]*)\)\s*=")
_WITH = re.compile(r"\Awith\b.*?\b(?=update\b|insert\b)", re.IGNORECASE | re.DOTALL)
_END = re.compile(r"\s(?:where|from|returning)\b", re.IGNORECASE)


def read_shape(shape: str) -> Shape | None:
    """Return what *shape*, as `write_sites.shape` makes it, writes; None where it is no such write.

    A quoted table, or one whose name stands before a column in the condition, is an ORM's hand.
    """
    text = _WITH.sub("", shape.strip())
    if found := _UPDATE.match(text):
        sets, _, rest = _parted(found["sets"])
        columns = [name for match in _SET.findall(sets) for name in _names(match[0] or match[1])]
        return Shape(_bare(found["table"]), frozenset(columns), False, _style(found["table"], rest))
    if found := _INSERT.match(text):
        columns = _names(found["columns"])
        is_orm = found["table"].startswith('"') or "returning" in text.lower()
        style = Style.ORM if is_orm else Style.TEXT
        return Shape(_bare(found["table"]), frozenset(columns), True, style)
    return None


def _parted(sets: str) -> tuple[str, str, str]:
    end = _END.search(sets)
    return (sets[: end.start()], end[0], sets[end.end() :]) if end else (sets, "", "")


def _style(table: str, condition: str) -> Style:
    bare = re.escape(_bare(table))
    is_orm = table.startswith('"') or re.search(rf'"?\b{bare}\b"?\s*\.', condition)
    return Style.ORM if is_orm else Style.TEXT


def _names(text: str) -> list[str]:
    return [_bare(it.strip()) for it in text.split(",") if it.strip()]


def _bare(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
