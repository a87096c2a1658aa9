"""SQL with holes: what a program fills in, by its driver or by building the text.

A hole (``%s``, ``:name``, ``?``, ``{table}``, ``{{ jinja }}``) becomes a name that PostgreSQL's
grammar reads wherever a name or a value may stand. Pure: text in, text out.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field

# A text that was built in Python has its holes between these two.
OPEN, CLOSE = "\ue000", "\ue001"
# Short: PostgreSQL cuts a name after 63 bytes, and several may stand in one.
_NAME = "_il"
_MADE = re.compile(rf"{_NAME}(\d+)_")
_MARKED = rf"{OPEN}[^{CLOSE}]*{CLOSE}"
# Each alternative begins with a plain character: the search then skips all others at once.
_TOKENS = re.compile(
    rf"""
      --[^\n]* | /\*.*?(?:\*/|\Z)
    | \{{%.{{0,1000}}?%\}} | \{{\#.{{0,1000}}?\#\}}
    | \{{\{{[^{{}}]{{0,1000}}\}}\}} | \{{[^{{}}\n]*\}}
    | e'(?:{_MARKED}|[^'\\{OPEN}]|\\.|'')*' | E'(?:{_MARKED}|[^'\\{OPEN}]|\\.|'')*'
    | '(?:{_MARKED}|[^'{OPEN}]|'')*' | "(?:{_MARKED}|[^"{OPEN}]|"")*"
    | {_MARKED}
    | %\(\w+\)[sdbt] | %[sdbt](?!\w) | %%
    | :(?<![:\w\]]:)[A-Za-z_]\w*
    | \$(?<![\w$]\$)(?:\{{\w+\}}|[A-Za-z_]\w*(?![\w$]))
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_QUOTES = re.compile(
    rf"{_MARKED} | %\(\w+\)[sd] | %[sd](?!\w) | \{{\{{[^{{}}]*\}}\}} | \{{[A-Za-z_0-9][\w.]*\}}",
    re.VERBOSE,
)
_ASKED = re.compile(r"""--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\?)""", re.DOTALL)
_WANTS_LIST = re.compile(r"\b(?:in|values)\s*\Z", re.IGNORECASE)
_WANTS_TEXT = re.compile(r"\b(?:interval|timestamp|date|time|timestamptz)\s+\Z", re.IGNORECASE)
_IS_VALUE = re.compile(r"[%:?$]")


@dataclass(slots=True)
class Holed:
    """A text whose holes are names, and the way back from it to the text as written."""

    text: str = ""
    holes: list[str] = field(default_factory=list)
    _news: list[int] = field(default_factory=list)
    _olds: list[int] = field(default_factory=list)

    def original(self, offset: int) -> int:
        """Return the character of the text as written that character *offset* stands for."""
        at = bisect_right(self._news, offset) - 1
        if at < 0:
            return offset
        last = self._olds[at + 1] if at + 1 < len(self._olds) else None
        moved = self._olds[at] + offset - self._news[at]
        return moved if last is None else min(moved, last)

    def filled(self, name: str) -> str:
        """Return *name* with its holes as they are written."""
        return _MADE.sub(lambda match: self.holes[int(match[1])], name)

    def mark(self, old: int, new: int) -> None:
        """Note that from character *new* on this text says what the other says from *old* on."""
        self._olds.append(old)
        self._news.append(new)


def is_hole(name: str) -> bool:
    """Return whether something in *name* is filled in."""
    return bool(_MADE.search(name))


def without_holes(text: str) -> Holed:
    """Return *text* with its holes as names, and tags of templates as blanks."""
    made = Holed()
    text = text.replace("\0", " ")  # the end of a text for the parser, which is C
    parts: list[str] = []
    length, last = 0, 0

    def put(old: int, piece: str) -> None:
        nonlocal length
        made.mark(old, length)
        parts.append(piece)
        length += len(piece)

    for match in _TOKENS.finditer(text):
        if match.start() > last:
            put(last, text[last : match.start()])
        put(match.start(), _plain(match, text, made.holes))
        last = match.end()
    put(last, text[last:])
    made.text = "".join(parts)
    return made


def with_questions(text: str, holes: list[str]) -> Holed:
    """Return *text* with each ``?`` as a hole too, which may be an operator in PostgreSQL.

    The way back is to *text*; *holes* are those that it has, and grow.
    """
    made = Holed(holes=holes)
    parts: list[str] = []
    length, last = 0, 0
    for match in _ASKED.finditer(text):
        if match[1]:
            for old, piece in ((last, text[last : match.start()]), (match.start(), "")):
                made.mark(old, length)
                parts.append(piece or _named("?", holes))
                length += len(parts[-1])
            last = match.end()
    made.mark(last, length)
    made.text = "".join(parts) + text[last:]
    return made


def _plain(match: re.Match[str], text: str, holes: list[str]) -> str:
    written = match[0]
    if written.startswith(("--", "/*")):
        return written
    if written.startswith(("{%", "{#")):
        return re.sub(r"[^\n]", " ", written)
    if written[-1] in "'\"" and written[0] in "'\"eE":
        return _IN_QUOTES.sub(lambda it: _named(it[0], holes), written)
    if written == "%%":
        return "% "
    name = _named(written, holes)
    before = text[max(0, match.start() - 40) : match.start()]
    if _WANTS_LIST.search(before):
        return f"({name})"
    return f"'{name}'" if _WANTS_TEXT.search(before) else name


def _named(written: str, holes: list[str]) -> str:
    """Return the name for a hole; what marked it in a built text is no part of it."""
    holes.append(written.strip(OPEN + CLOSE))
    return f"{_NAME}{len(holes) - 1}_"


def is_value(hole: str) -> bool:
    """Return whether a driver fills *hole* in, so that it is a value and no part of the SQL."""
    return bool(_IS_VALUE.match(hole))
