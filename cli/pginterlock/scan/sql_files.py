"""Files of SQL: the writes in them, in functions and in named queries.

Pure: text in, data out.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from pginterlock.lint.sql_text import without_psql
from pginterlock.scan.sql_write import PlacedWrite, SqlWrite
from pginterlock.scan.sql_writes import may_write, sql_writes

# A query that a library gives a name: `-- name: fetch_job!`, `-- :name fetch-job :1`,
# `-- fetch_job --`.
_NAMED = re.compile(
    r"^--[ \t]*(?:name[ \t]*:[ \t]*(?P<aiosql>[\w.-]+)|:name[ \t]+(?P<hug>[\w./-]+)"
    r"|(?P<plain>\w+)[ \t]--[ \t]*$)",
    re.MULTILINE,
)
_FILLED = re.compile(r"\{|%[(s]|\$\w+|:['\"]?[A-Za-z_]|\bnew\s*\.", re.IGNORECASE)
_PSQL = re.compile(r"\\|:['\"]")


def file_writes(text: str, words: Collection[str] = ()) -> list[PlacedWrite]:
    """Return the writes of a file of SQL, each within its function or named query.

    With *words*, names of tables in small letters, only those that may write one of these. What
    psql alone reads is passed over; nothing is raised.
    """
    if not may_write(text) or (words and not _speaks_of(text, words)):
        return []
    lines = text.split("\n")
    plain = without_psql(text)[0] if _PSQL.search(text) else text
    found: list[PlacedWrite] = []
    for start, end, name in _sections(plain):
        above = plain.count("\n", 0, start)
        found += (
            _placed(write, start, above, lines, write.function or name)
            for write in sql_writes(plain[start:end], words)
        )
    return found


def _placed(
    write: SqlWrite, start: int, above: int, lines: Sequence[str], enclosing: str
) -> PlacedWrite:
    line, last = write.line + above, write.end_line + above
    moved = replace(write, offset=write.offset + start, end=write.end + start)
    moved = replace(moved, line=line, end_line=last)
    other = write.conflict
    conflict = _placed(other, start, above, lines, enclosing) if other else None
    text = lines[line - 1].strip()
    return PlacedWrite(moved, line, write.column, last, enclosing, text, conflict)


def _speaks_of(text: str, words: Collection[str]) -> bool:
    low = text.lower()
    return any(it in low for it in words) or bool(_FILLED.search(text))


def _sections(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each named query begins and ends, and its name; what is before has none."""
    start, name = 0, ""
    for match in _NAMED.finditer(text):
        yield start, match.start(), name
        start, name = match.start(), match["aiosql"] or match["hug"] or match["plain"]
    yield start, len(text), name
