"""What trigger functions write without a statement: ``new.status := 'x'``.

Pure: text in, data out.
"""

import re
from collections.abc import Iterator

from pginterlock.scan.sql_tree import Parsed
from pginterlock.scan.sql_words import values_told, words_of
from pginterlock.scan.sql_write import SqlVerb

_QUOTED = r"--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^']|'')*'"
_ASSIGNED = re.compile(
    rf"{_QUOTED}|"
    r"(?P<before>;|\b(?:begin|then|else|loop)\b)(?>\s+|--[^\n]*\n|/\*.*?(?:\*/|\Z))*+"
    r'(?P<at>new\s*\.\s*(?P<name>"[^"]+"|\w+)\s*:?=(?!=))(?P<value>(?:\'(?:[^\']|\'\')*\'|[^;])*)',
    re.DOTALL | re.IGNORECASE,
)
_TRIGGER = re.compile(
    r"""\bcreate\s+(?:or\s+replace\s+)?(?:constraint\s+)?trigger\b [^;]*?
        \bon\s+(?:only\s+)?(?P<table>[\w."]+) [^;]*?
        \bexecute\s+(?:function|procedure)\s+(?P<function>[\w."]+)\s*\(""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def assigned(body: str) -> Iterator[tuple[int, Parsed]]:
    """Yield where a body gives a column of ``new`` a value, and which."""
    at = 0
    while match := _ASSIGNED.search(body, at):
        at = max(match.end(), at + 1)
        if match["at"]:
            column = match["name"].strip('"')
            filled: list[tuple[str, str]] = []
            told = values_told(words_of(match["value"]), column, filled)
            columns = tuple((column, it) for it in told)
            names = (column,)
            parsed = Parsed(SqlVerb.ASSIGN, "", 0, columns, names, (), tuple(filled), is_new=None)
            yield match.start("at"), parsed


def watched(text: str) -> dict[str, tuple[str, ...]]:
    """Return the tables whose triggers call each function, by the last word of its name."""
    found: dict[str, tuple[str, ...]] = {}
    for match in _TRIGGER.finditer(text):
        name = match["function"].replace('"', "").rpartition(".")[2].lower()
        table = match["table"].replace('"', "")
        found[name] = tuple(dict.fromkeys([*found.get(name, ()), table]))
    return found
