"""Where the statements of a text of SQL begin and end, and which stand in a transaction.

Pure: text in, places out.
"""

import re
from collections.abc import Iterator

# Each alternative begins with a plain character: the search then skips all others at once.
_SKIPPED = r"""
      --[^\n]* | /\*.*?(?:\*/|\Z)
    | \$(?P<tag>[A-Za-z_]\w*|)\$ .*? \$(?P=tag)\$
    | e'(?:[^'\\]|\\.|'')*' | E'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
"""
_MARKS = re.compile(rf"{_SKIPPED} | \( | \) | ;", re.VERBOSE | re.DOTALL)
# With the body of a function that is no text: `begin atomic ... end`.
_BODIES = re.compile(
    rf"{_SKIPPED} | \( | \) | ; | \bbegin\s+atomic\b | \bend\b | \bcase\b",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_ATOMIC = re.compile(r"\batomic\b", re.IGNORECASE)
_BEFORE = r"(?>\s+|--[^\n]*(?:\n|\Z)|/\*.*?(?:\*/|\Z))*+"  # possessive: blanks are not tried twice
_OPENS = re.compile(rf"{_BEFORE}(?:begin|start\s+transaction)\b", re.DOTALL | re.IGNORECASE)
_CLOSES = re.compile(
    rf"{_BEFORE}(?:commit|end|abort|rollback(?!\s+(?:work\s+|transaction\s+)?to\b))\b",
    re.DOTALL | re.IGNORECASE,
)
_ONLY = re.compile(
    r"(?>\s+|--[^\n]*|/\*.*?(?:\*/|\Z)|,|(?:work|transaction|isolation|level|read|write|only|deferrable|not"
    r"|serializable|repeatable|committed|uncommitted|immediate|exclusive|deferred)\b)*+\Z",
    re.IGNORECASE | re.DOTALL,
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
    for match in (_BODIES if _ATOMIC.search(text) else _MARKS).finditer(text):
        word = match[0].lower()
        if word == ";" and depth <= 0 and inside == 0:
            yield start, match.start()
            start, depth = match.end(), 0
        elif word in ("(", ")"):
            depth += 1 if word == "(" else -1
        elif word.startswith("begin"):
            inside = 1
        elif inside and word in ("case", "end"):
            inside += 1 if word == "case" else -1
    yield start, len(text)


def end_of(text: str, start: int) -> int:
    """Return where the statement whose verb stands at *start* ends: at ``;`` or its own ``)``."""
    depth, last = 0, len(text)
    for match in _MARKS.finditer(text, start):
        depth += (match[0] == "(") - (match[0] == ")")
        if depth < 0 or (match[0] == ";" and depth == 0):
            last = match.start()
            break
    return start + len(text[start:last].rstrip())
