"""From the value of a string of Python to the characters of the file that it was written with.

Python's own tree tells only where a string begins and ends. Pure: text in, data out.
"""

import ast
import re
import sys
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

_BEGIN = re.compile(r"(?P<prefix>[rRbBuUfFtT]{0,2})(?P<quote>\"\"\"|'''|\"|')")
_BETWEEN = re.compile(r"(?:\s+|\\\r?\n|#[^\n]*|\(|\))*")
_PLAIN = re.compile(r"[^\\'\"{}]+")
_ESCAPE = re.compile(
    r"\\(?:(?P<gone>\r?\n)|(?P<octal>[0-7]{1,3})|x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})"
    r"|U(?P<wide>[0-9a-fA-F]{8})|N\{[^}]*\}|(?P<one>.))",
    re.DOTALL,
)
_ONES = {
    "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"',
    "a": "\a", "b": "\b", "f": "\f", "v": "\v",
}  # fmt: skip
NEWLINE = re.compile(r"\r\n|\r|\n")


class Source:
    """The text of a file, and from places in its tree to characters of it and back."""

    def __init__(self, text: str) -> None:
        """Keep *text*."""
        self.text = text

    @cached_property
    def starts(self) -> list[int]:
        """The character with which each line begins."""
        if "\r" in self.text:
            return [0, *(match.end() for match in NEWLINE.finditer(self.text))]
        return [0, *accumulate(len(it) + 1 for it in self.text.split("\n")[:-1])]

    def offset(self, line: int, column: int) -> int:
        """Return the character of byte *column* (from 0) of *line* (from 1), as a tree tells it."""
        start = self.starts[line - 1]
        end = self.starts[line] if line < len(self.starts) else len(self.text)
        written = self.text[start:end]
        if written.isascii():
            return start + column
        return start + len(written.encode()[:column].decode(errors="ignore"))

    def line(self, offset: int) -> int:
        """Return the line of character *offset*, from 1."""
        return bisect_right(self.starts, offset)

    def column(self, offset: int) -> int:
        """Return the column of character *offset*, from 1."""
        return offset - self.starts[self.line(offset) - 1] + 1

    def first_line(self, line: int) -> str:
        """Return what stands on *line*, without blanks around it."""
        end = self.starts[line] if line < len(self.starts) else len(self.text)
        return self.text[self.starts[line - 1] : end].strip()


@dataclass(slots=True)
class Built:
    """A text with the character of the file that each of its characters comes from."""

    text: str = ""
    offsets: list[int] = field(default_factory=list)

    def add(self, text: str, offset: int) -> None:
        """Append *text* that all comes from one place."""
        self.text += text
        self.offsets += [offset] * len(text)

    def join(self, other: "Built") -> None:
        """Append *other*."""
        self.text += other.text
        self.offsets += other.offsets

    def part(self, start: int, end: int) -> "Built":
        """Return the characters from *start* to *end*."""
        return Built(self.text[start:end], self.offsets[start:end])


@dataclass(frozen=True, slots=True)
class Hole:
    """Where an f-string is filled in."""

    offset: int


def pieces(source: Source, node: ast.expr) -> Iterator[Built | Hole]:
    """Yield the texts and the holes of a string as written, those side by side too."""
    at = source.offset(node.lineno, node.col_offset)
    end = source.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
    while at < end:
        between = _BETWEEN.match(source.text, at)
        at = between.end() if between else at
        begin = _BEGIN.match(source.text, at)
        if at >= end or not begin:
            return
        reader = _Reader(source.text, begin.end(), begin["quote"], begin["prefix"].lower())
        yield from reader.read()
        at = reader.at


@dataclass(slots=True)
class _Reader:
    """One literal while it is read, from behind its first quote."""

    text: str
    at: int
    quote: str
    prefix: str
    parts: list[str] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)

    def read(self) -> Iterator[Built | Hole]:
        is_filled = "f" in self.prefix or "t" in self.prefix
        while self.at < len(self.text):
            plain = _PLAIN.match(self.text, self.at)
            if plain:
                self._take(plain[0], plain.end())
            elif self.text.startswith(self.quote, self.at):
                self.at += len(self.quote)
                break
            elif self.text[self.at] == "\\":
                self._escape()
            elif is_filled and self.text[self.at] in "{}":
                if self.text[self.at : self.at + 2] in ("{{", "}}"):
                    self._put(self.text[self.at], self.at + 2)
                else:
                    yield self._taken()
                    yield Hole(self.at)
                    self.at = _behind_hole(self.text, self.at)
            else:
                self._take(self.text[self.at], self.at + 1)
        yield self._taken()

    def _taken(self) -> Built:
        built = Built("".join(self.parts), self.offsets)
        self.parts, self.offsets = [], []
        return built

    def _take(self, text: str, end: int) -> None:
        self.parts.append(text)
        self.offsets += range(self.at, end)
        self.at = end

    def _put(self, text: str, end: int) -> None:
        self.parts.append(text)
        self.offsets += [self.at] * len(text)
        self.at = end

    def _escape(self) -> None:
        match = _ESCAPE.match(self.text, self.at)
        if "r" in self.prefix or not match:
            self._take(self.text[self.at : self.at + 2], min(self.at + 2, len(self.text)))
        elif match["gone"]:
            self.at = match.end()
        elif match["one"]:
            self._put(_ONES.get(match["one"], match[0]), match.end())
        else:
            digits = match["x"] or match["u"] or match["wide"] or "2022"  # a name: any letter
            code = int(match["octal"], 8) if match["octal"] else int(digits, 16)
            self._put(chr(min(code, sys.maxunicode)), match.end())


def _behind_hole(text: str, at: int) -> int:
    """Return where what is filled in at *at*, a brace, ends: behind its own closing brace."""
    depth = 0
    while at < len(text):
        begin = _BEGIN.match(text, at) if text[at] in "'\"" else None
        if begin:
            end = text.find(begin["quote"], begin.end())
            at = end + len(begin["quote"]) if end >= 0 else len(text)
            continue
        depth += (text[at] in "([{") - (text[at] in ")]}")
        at += 1
        if depth <= 0:
            break
    return at
