"""Read the files of ``sql/demo`` that hold what is played: defects, races, legal twins, a life.

A block begins with comment lines ``-- word: text``, of which the first word is its kind; then come
SQL statements, each ending in a semicolon at the end of a line. A comment line ``-- part:`` without
text begins another part of the block, such as the proof.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pginterlock import assets

_KINDS = ("defect", "race", "legal", "life")
_HEADER = re.compile(r"--\s+(\w+):\s*(.*)\Z")
_MAIN = "main"


@dataclass(frozen=True, slots=True)
class Block:
    """One thing to play: its headers, and its statements by part."""

    headers: Mapping[str, str]
    parts: Mapping[str, tuple[str, ...]]

    @property
    def title(self) -> str:
        """What it is, in a phrase."""
        return next(self.headers[kind] for kind in _KINDS if kind in self.headers)

    @property
    def writer(self) -> str:
        """Who wrote it."""
        return self.headers.get("writer", "")

    @property
    def code(self) -> str | None:
        """The code of the rule that must refuse it; none where it must pass."""
        return self.headers.get("code")

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements of its main part."""
        return self.parts.get(_MAIN, ())

    @property
    def proof(self) -> str:
        """The query that says whether what was written is really stored."""
        return self.parts["proof"][0]


def blocks(name: str) -> list[Block]:
    """Return the blocks of one file of ``sql/demo``."""
    return list(_parse(assets.read("sql", "demo", name)))


def _parse(text: str) -> Iterator[Block]:
    headers: dict[str, str] = {}
    lines: dict[str, list[str]] = {}
    part = _MAIN
    for line in text.splitlines():
        match = _HEADER.match(line)
        if match and match[1] in _KINDS and match[2]:
            if headers:
                yield _block(headers, lines)
            headers, lines, part = {match[1]: match[2]}, {}, _MAIN
        elif match and not match[2]:
            part = match[1]
        elif match and headers:
            headers[match[1]] = match[2]
        elif headers and not line.startswith("--"):
            lines.setdefault(part, []).append(line)
    if headers:
        yield _block(headers, lines)


def _block(headers: Mapping[str, str], lines: Mapping[str, list[str]]) -> Block:
    return Block(headers, {part: _statements("\n".join(text)) for part, text in lines.items()})


def _statements(text: str) -> tuple[str, ...]:
    return tuple(s.strip() for s in re.split(r";[ \t]*(?:\n|\Z)", text) if s.strip())
