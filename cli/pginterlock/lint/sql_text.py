"""SQL as it stands in files and in code, to statements that PostgreSQL's grammar reads.

psql's commands and the data of COPY are blanked, parameters become ``$1``; nothing moves, so every
place in a tree is the place in the text. Pure: text in, trees out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import postgast
from google.protobuf.message import DecodeError, Message

from pginterlock.expression_tree import inner

_QUOTED = r"""
      (?P<quoted>
        --[^\n]* | /\*.*?(?:\*/|\Z)
      | \$(?P<tag>[A-Za-z_]\w*|)\$ .*? \$(?P=tag)\$
      | (?<!\w)[eE]'(?:[^'\\]|\\.|'')*'
      | '(?:[^']|'')*'
      | "(?:[^"]|"")*"
      )
"""
_PSQL = re.compile(
    _QUOTED
    + r"""
    | (?P<copy>\bcopy\b [^;]*? \bfrom\s+stdin\b [^;]* ;) (?P<data>[^\n]*\n.*?^\\\.[^\n]*$)
    | (?P<send>\\(?:gexec|gset|gx|gdesc|g|crosstabview|watch)\b[^\n]*)
    | (?P<meta>\\[^\n]*)
    | (?P<variable>(?<![:\w]):(?:'\w+'|"\w+"))
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_PARAMETERS = re.compile(
    _QUOTED
    + r"| \bin\s+(?P<list> :[A-Za-z_]\w* | %\(\w+\)s | %s )"
    + r"| (?P<parameter>(?<![:\w]):[A-Za-z_]\w* | %\(\w+\)s | %s ) | (?P<percent>%%)",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_INCLUDE = re.compile(r"\\(?:i|ir|include|include_relative)\s")
_LOAD = re.compile(
    r"(?P<begin>\\copy\s[^(]*?(?:\([^()]*\)\s*)?\bfrom\b)(?P<rest>.{4,})", re.IGNORECASE
)
_ATOMIC = re.compile(r"\bbegin\s+atomic\b", re.IGNORECASE)
_END = re.compile(r"\bend\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: its tree, and the characters of the text where it begins and ends."""

    tree: Message
    start: int
    end: int
    raw: bytes
    base: int

    def at(self, location: int) -> int:
        """Return the character of the text at byte *location* of the tree's own text."""
        return self.base + len(self.raw[:location].decode(errors="ignore"))


@dataclass(frozen=True, slots=True)
class Broken:
    """A piece of text that does not parse; *offset* is the character where it goes wrong."""

    offset: int
    message: str


def without_psql(text: str) -> tuple[str, list[int]]:
    """Return *text* with psql's commands and the data of COPY blanked, and where it includes files.

    The places are characters of the text.
    """
    included = []

    def plain(match: re.Match[str]) -> str:
        if match["data"] is not None:
            return match["copy"] + _blank(match["data"])
        if match["send"]:
            return ";" + _blank(match["send"])[1:]
        if match["meta"] and (loaded := _LOAD.match(match["meta"])):
            # COPY by psql is one by the server; the file is on another machine, and that is all
            begin, rest = loaded["begin"], loaded["rest"]
            return " " + begin[1:] + " '';" + _blank(rest[4:])
        if match["meta"]:
            if _INCLUDE.match(match["meta"]):
                included.append(match.start())
            return _blank(match["meta"])
        if match["variable"]:
            is_name = match["variable"][1] == '"'
            return " " + match["variable"][1:] if is_name else _parameter(match["variable"])
        return match[0]

    return _PSQL.sub(plain, text), included


def statements(text: str) -> Iterator[Statement | Broken]:
    """Yield the statements of *text*; what does not parse is told, and the rest read all the same.

    Parameters of drivers (``:name``, ``%s``, ``%(name)s``) are read as such.
    """
    whole = _parsed(text, 0)
    if not isinstance(whole, Broken):
        yield from whole
        return
    text = _PARAMETERS.sub(_replaced, text)
    whole = _parsed(text, 0)
    if not isinstance(whole, Broken):
        yield from whole
        return
    pieces = _pieces(text)
    if pieces is None:
        yield whole
        return
    for start, end in pieces:
        read = _parsed(text[start:end], start)
        if isinstance(read, Broken):
            yield read
        else:
            yield from read


def _parsed(text: str, base: int) -> list[Statement] | Broken:
    try:
        parsed = postgast.parse(text)
    except postgast.PgQueryError as error:
        place = max((error.cursorpos or 1) - 1, 0)
        return Broken(base + min(place, max(len(text.rstrip()) - 1, 0)), error.message)
    except (DecodeError, ValueError):
        return Broken(base, "nested too deeply, or no text that PostgreSQL can store")
    raw = text.encode()
    found = []
    for it in parsed.stmts:
        end = it.stmt_location + it.stmt_len if it.stmt_len else len(raw)
        start = it.stmt_location + _skipped(raw[it.stmt_location : end])
        first, last = (base + len(raw[:n].decode(errors="ignore")) for n in (start, end))
        found.append(Statement(inner(it.stmt), first, last, raw, base))
    return found


_BEFORE = re.compile(rb"(?:\s+|--[^\n]*|/\*.*?(?:\*/|\Z))*", re.DOTALL)


def _skipped(raw: bytes) -> int:
    """Return how many bytes of blanks and comments stand before a statement."""
    match = _BEFORE.match(raw)
    return match.end() if match else 0


def _pieces(text: str) -> list[tuple[int, int]] | None:
    """Return the characters from semicolon to semicolon; None where not even words are found."""
    try:
        tokens = postgast.scan(text).tokens
    except (postgast.PgQueryError, ValueError, DecodeError):
        return None
    raw = text.encode()
    pieces, start, depth = [], 0, 0
    for token in tokens:
        word = raw[token.start : token.end]
        depth += (word == b"(") - (word == b")")
        if word != b";" or depth > 0:
            continue
        piece = raw[start : token.start].decode(errors="ignore")
        if _ATOMIC.search(piece) and not _END.search(piece):
            continue
        pieces.append((start, token.start))
        start, depth = token.end, 0
    pieces.append((start, len(raw)))
    chars = [(len(raw[:a].decode()), len(raw[:b].decode())) for a, b in pieces]
    return [(a, b) for a, b in chars if text[a:b].strip()]


def _replaced(match: re.Match[str]) -> str:
    if match["list"]:  # a parameter that is expanded to a list
        return "in(1)".ljust(len(match[0]))
    if match["parameter"]:
        return _parameter(match["parameter"])
    return "% " if match["percent"] else match[0]


def _parameter(text: str) -> str:
    return "$1".ljust(len(text))


def _blank(text: str) -> str:
    return re.sub(r"[^\n]+", lambda line: " " * len(line[0]), text)
