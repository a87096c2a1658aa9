r"""Read an SQL script as psql does, for machines without psql: statements, and what it echoes.

A small part of psql: ``\i``, ``\ir``, ``\set``, ``\unset``, ``\echo``, the ``\pset`` that asks for
the form that we print anyway, and variables as ``:name``, ``:'name'``, ``:"name"``. Every other
meta command is an error that names it. It reads files, and nothing else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import sql

_TOKEN = re.compile(
    r"""
      (?P<comment>--[^\n]*)
    | (?P<block>/\*)
    | (?P<quoted>
          (?<!\w)e'(?:[^'\\]|\\.|'')*'
        | '(?:[^']|'')*'
        | "(?:[^"]|"")*"
        | (?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$
      )
    | (?P<cast>::)
    | :'(?P<literal>\w+)' | :"(?P<identifier>\w+)" | :(?P<plain>\w+)
    | (?P<meta>\\[^\n]*)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<end>;)
    | (?P<open>\() | (?P<close>\))
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_ARGUMENT = re.compile(r"'(?:[^'\\]|\\.|'')*'|\S+")
_ESCAPE = re.compile(r"\\(.)|''")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_ROUTINE = re.compile(r"\s*create\s+(?:or\s+replace\s+)?(?:function|procedure)\b", re.IGNORECASE)
_OURS_ANYWAY = {
    ("format", "unaligned"),
    ("tuples_only", "true"),
    ("tuples_only", "on"),
    ("tuples_only",),
    ("t", "on"),
    ("pager", "off"),
    ("pager",),
}
_MOST_NESTED = 50


class ScriptError(Exception):
    """A script holds what this reader does not know, or a file that is not there."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement, and where it begins."""

    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Echo:
    """One line that the script prints itself."""

    text: str


def read(path: Path, variables: dict[str, str]) -> Iterator[Statement | Echo]:
    r"""Yield the statements of *path* and of what it includes; ``\set`` writes to *variables*.

    Lazily, as psql reads: what comes before a fault has run when the fault is raised. Raises
    ScriptError.
    """
    yield from _Reader(path, variables, depth=0).items()


@dataclass(slots=True)
class _Reader:
    """One file, and the statement that is being read."""

    path: Path
    variables: dict[str, str]
    depth: int
    text: str = ""
    parts: list[str] = field(default_factory=list)
    starts_at: int = 0
    parentheses: int = 0
    blocks: int = 0

    def items(self) -> Iterator[Statement | Echo]:
        if self.depth > _MOST_NESTED:
            raise ScriptError(f"{self.path}: files include each other without an end")
        try:
            self.text = self.path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ScriptError(f"{self.path}: {reason}") from None
        at = 0
        while found := _TOKEN.search(self.text, at):
            self._keep(self.text[at : found.start()], at)
            at = found.end()
            if found["block"]:
                self._keep(" ", found.start())
                at = self._comment_end(found.end())
            elif found["meta"]:
                yield from self._meta(found["meta"], found.start())
            elif found["end"] and self._is_complete():
                self._keep(";", found.start())
                yield self._statement()
            elif not found["comment"]:
                self._keep(self._token(found), found.start())
        self._keep(self.text[at:], at)
        if self.parts:
            yield self._statement()

    def _keep(self, text: str, at: int) -> None:
        if not self.parts:
            begun = text.lstrip()
            if not begun:
                return
            self.starts_at = at + len(text) - len(begun)
            text = begun
        self.parts.append(text)

    def _statement(self) -> Statement:
        text = "".join(self.parts)
        self.parts.clear()
        self.parentheses = self.blocks = 0
        return Statement(text, self._place(self.starts_at))

    def _is_complete(self) -> bool:
        return self.parentheses == 0 and self.blocks == 0

    def _place(self, at: int) -> str:
        return f"{self.path}:{self.text.count(chr(10), 0, at) + 1}"

    def _token(self, found: re.Match[str]) -> str:
        if found["open"]:
            self.parentheses += 1
        elif found["close"]:
            self.parentheses = max(0, self.parentheses - 1)
        elif word := found["word"]:
            self._count_blocks(word.lower())
        return self._substituted(found)

    def _count_blocks(self, word: str) -> None:
        """Follow ``begin atomic ... end``: its semicolons end no statement."""
        is_begin = word == "begin" and _ROUTINE.match("".join(self.parts)) is not None
        if is_begin or (word == "case" and self.blocks):
            self.blocks += 1
        elif word == "end" and self.blocks:
            self.blocks -= 1

    def _substituted(self, found: re.Match[str]) -> str:
        for kind in ("literal", "identifier", "plain"):
            value = self.variables.get(found[kind]) if found[kind] else None
            if value is None:
                continue
            if kind == "literal":
                return sql.Literal(value).as_string()
            return sql.Identifier(value).as_string() if kind == "identifier" else value
        return found[0]

    def _comment_end(self, at: int) -> int:
        depth = 1
        for edge in _COMMENT_EDGE.finditer(self.text, at):
            depth += 1 if edge[0] == "/*" else -1
            if depth == 0:
                return edge.end()
        return len(self.text)

    def _meta(self, line: str, at: int) -> Iterator[Statement | Echo]:
        name, *arguments = self._arguments(line)
        match name, arguments:
            case r"\i" | r"\include", [file]:
                yield from self._include(Path(file), at)
            case r"\ir" | r"\include_relative", [file]:
                yield from self._include(self.path.parent / file, at)
            case r"\set", [variable, *values]:
                self.variables[variable] = "".join(values)
            case r"\unset", [variable]:
                self.variables.pop(variable, None)
            case r"\echo", words:
                yield Echo(" ".join(words))
            case r"\pset", words if tuple(words) in _OURS_ANYWAY:
                return
            case _:
                raise ScriptError(
                    f"{self._place(at)}: {line.strip()}: without psql, only \\i, \\ir, \\set, "
                    "\\unset and \\echo are understood\n"
                    "Install psql (on Debian: apt-get install postgresql-client)."
                )

    def _include(self, path: Path, at: int) -> Iterator[Statement | Echo]:
        if not path.is_file():
            raise ScriptError(f"{self._place(at)}: {path}: no such file")
        yield from _Reader(path, self.variables, self.depth + 1).items()

    def _arguments(self, line: str) -> list[str]:
        return [self._argument(word) for word in _ARGUMENT.findall(line)]

    def _argument(self, word: str) -> str:
        if word.startswith("'") and word.endswith("'") and len(word) > 1:
            return _ESCAPE.sub(_unescaped, word[1:-1])
        if word.startswith(":"):
            return self.variables.get(word[1:], word)
        return word


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is None:
        return "'"
    return _ESCAPES.get(found[1], found[1])
