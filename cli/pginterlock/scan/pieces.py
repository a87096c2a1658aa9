"""The text of a module, cut where its functions and classes begin: to parse what is asked for.

Pure: text in, data out.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

# The least text, in characters, that is worth being cut.
_LEAST = 2_000
_START = re.compile(r"\n(?=[^\W\d]|@)")
_HEADER = re.compile(r"(?:class|def|async[ \t]+def)[ \t]+(\w+)")
_NEAR = 40  # characters: so far above a name its keyword is looked for
_BLANKS = " \t\f\r\n\\"
_QUOTES = ('"""', "'''")
# What is no Python of today: a file that holds it is parsed as a whole, and so found out.
# Each begins with a word, not with where a line does: `re` looks for that first, and so is faster.
_STRANGE = tuple(
    map(
        re.compile,
        (
            r"print[ \t]+[\"'\w%]",
            r"exec[ \t]+[\"'\w]",
            r"raise[ \t]+[\w.]+[ \t]*,",
            r"<<<<<<<",
            r">>>>>>>",
            r"except[ \t]+[\w.]+[ \t]*,[ \t]*\w+[ \t]*:",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: its characters, its first line, and what it defines.

    *name* is empty where that is more than one class or function, or none.
    """

    start: int
    end: int
    line: int
    name: str = ""


@dataclass(slots=True)
class _Cut:
    """A piece that is being made; *is_open* where it ends within a text of three quotes."""

    start: int
    name: str
    end: int = 0
    is_open: list[bool] = field(default_factory=lambda: [False] * len(_QUOTES))


def cut(text: str) -> list[Piece]:
    """Return the pieces of *text*, one for each class and function at its top.

    A short text is one piece, and so is one that looks as if it were of another Python.
    """
    is_odd = "\r" in text and text.count("\r") != text.count("\r\n")
    if len(text) < _LEAST or is_odd or _is_strange(text):
        return [Piece(0, len(text), 1)]
    found: list[Piece] = []
    line, counted = 1, 0
    for it in _closed(text, _starts(text)):
        line += text.count("\n", counted, it.start)
        counted = it.start
        found.append(Piece(it.start, it.end, line, it.name))
    return found


def _is_strange(text: str) -> bool:
    """Say whether a line of *text* begins with what is no Python of today."""
    return any(
        not text[text.rfind("\n", 0, it.start()) + 1 : it.start()].strip(" \t")
        for looked in _STRANGE
        for it in looked.finditer(text)
    )


def _starts(text: str) -> Iterator[tuple[int, str]]:
    """Yield where a piece may start, and the name of the one thing that it defines."""
    start, name, is_decorated = 0, "", False
    for at in (0, *(it.end() for it in _START.finditer(text))):
        if header := _HEADER.match(text, at):
            if not is_decorated:
                yield start, name
                start = at
            name, is_decorated = header[1], False
        elif is_decorated:
            continue
        elif text.startswith("@", at):
            yield start, name
            start, name, is_decorated = at, "", True
        elif name:
            yield start, name
            start, name = at, ""
    yield start, name


def _closed(text: str, starts: Iterable[tuple[int, str]]) -> Iterator[_Cut]:
    """Yield pieces, those made one that a text of three quotes runs through."""
    held: _Cut | None = None
    looked = [(number, quotes) for number, quotes in enumerate(_QUOTES) if quotes in text]
    for (start, name), (end, _) in pairwise([*starts, (len(text), "")]):
        if start == end:
            continue
        if held is None:
            held = _Cut(start, name)
        else:
            held.name = ""
        held.end = end
        for number, quotes in looked:
            held.is_open[number] ^= bool(text.count(quotes, start, end) % 2)
        if not any(held.is_open):
            yield held
            held = None
    if held is not None:
        yield held


def defines(text: str, piece: Piece, keyword: str, name: str) -> bool:
    """Say whether *name* stands in a piece behind the keyword that defines it, or may do so."""
    at = text.find(name, piece.start, piece.end)
    while at >= 0:
        before = text[max(piece.start, at - _NEAR) : at].rstrip(_BLANKS)
        if not before or before.endswith(keyword):
            return True
        at = text.find(name, at + 1, piece.end)
    return False


def only(text: str, pieces: Sequence[Piece]) -> str:
    """Return *text* with nothing but empty lines where it is of no piece of *pieces*."""
    parts: list[str] = []
    line = 1
    for it in pieces:
        parts += ["\n" * (it.line - line), text[it.start : it.end]]
        line = it.line + text.count("\n", it.start, it.end)
    return "".join(parts)
