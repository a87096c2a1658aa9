"""Where the statements of a text of SQL begin and end, and which stand in a transaction.

Pure: text in, places out.
"""

import re
from collections.abc import Iterator

_MARKS = re.compile(
    r"""
      --[^\n]* | /\*.*?\*/
    | \$(?P<tag>[A-Za-z_]\w*|)\$ .*? \$(?P=tag)\$
    | (?<!\w)[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
    | (?P<mark>[();]) | (?P<atomic>\bbegin\s+atomic\b) | (?P<end>\bend\b) | (?P<case>\bcase\b)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_BEFORE = r"(?>\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*+"  # possessive: blanks are not tried twice
_OPENS = re.compile(rf"{_BEFORE}(?:begin|start\s+transaction)\b", re.DOTALL | re.IGNORECASE)
_CLOSES = re.compile(
    rf"{_BEFORE}(?:commit|end|abort|rollback(?!\s+(?:work\s+|transaction\s+)?to\b))\b",
    re.DOTALL | re.IGNORECASE,
)
_ONLY = re.compile(
    r"(?:\s+(?:work|transaction|isolation|level|read|write|only|deferrable|not"
    r"|serializable|repeatable|committed|uncommitted|,))*+\s*\Z",
    re.IGNORECASE,
)


def pieces(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield where each statement begins and ends, and whether BEGIN stands before it."""
    is_open = False
    for start, end in _ends(text):
        head = _OPENS.match(text, start, end)
        if head and _ONLY.match(text[head.end() : end]):
            is_open = True
        elif _CLOSES.match(text, start, end):
            is_open = False
        yield start, end, is_open


def _ends(text: str) -> Iterator[tuple[int, int]]:
    start, depth, inside = 0, 0, 0
    for match in _MARKS.finditer(text):
        if match["mark"] == ";" and depth <= 0 and inside == 0:
            yield start, match.start()
            start, depth = match.end(), 0
        elif match["mark"] in ("(", ")"):
            depth += 1 if match["mark"] == "(" else -1
        elif match["atomic"]:
            inside = 1
        elif inside and (match["case"] or match["end"]):
            inside += 1 if match["case"] else -1
    yield start, len(text)


def end_of(text: str, start: int) -> int:
    """Return where the statement whose verb stands at *start* ends: at ``;`` or its own ``)``."""
    depth, last = 0, len(text)
    for match in _MARKS.finditer(text, start):
        if match["mark"] == ";" and depth <= 0:
            last = match.start()
            break
        if match["mark"] in ("(", ")"):
            depth += 1 if match["mark"] == "(" else -1
            if depth < 0:
                last = match.start()
                break
    return start + len(text[start:last].rstrip())
