"""The words of a text of SQL that PostgreSQL's grammar does not read, and small questions to them.

Pure: text in, data out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pginterlock.scan.sql_holes import is_hole

_WORD = re.compile(
    r"""
      --[^\n]* | /\*.*?(?:\*/|\Z) | \s+
    | (?P<text>(?<!\w)[eEnN]?'(?:[^'\\]|\\.|'')*')
    | (?P<name>(?:"(?:[^"]|"")*"|`[^`]*`|\[\w+\]|[^\W\d][\w$]*)
          (?:\s*\.\s*(?:"(?:[^"]|"")*"|`[^`]*`|\[\w+\]|[^\W\d][\w$]*))*)
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<sign>::|<>|!=|<=|>=|:=|\|\||.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PART = re.compile(r'"((?:[^"]|"")*)"|`([^`]*)`|\[(\w+)\]|([^\W\d][\w$]*)')
_ENDS = frozenset([
    "where", "from", "returning", "limit", "order", "on", "end", "elsif", "elseif", "else",
    "then", "when", "output", "declare", "begin", "go", "union", "intersect", "except",
])  # fmt: skip
_OPEN, _CLOSE = frozenset("(["), frozenset(")]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word; *low* is its name without quotes in small letters, or the sign."""

    kind: str
    text: str
    low: str
    offset: int


END = Word("end", "", "", -1)


def words_of(text: str) -> list[Word]:
    """Return the words of *text* without blanks and comments."""
    return [_word(match) for match in _WORD.finditer(text) if match.lastgroup]


def _word(match: re.Match[str]) -> Word:
    kind = match.lastgroup or ""
    if kind != "name":
        return Word(kind, match[0], match[0].lower(), match.start())
    parts = [next(it for it in part if it) for part in _PART.findall(match[0]) if any(part)]
    is_plain = not any(it in match[0] for it in '"`[')
    low = match[0].lower() if is_plain else f'"{".".join(parts)}"'
    return Word("name", ".".join(parts), low, match.start())


@dataclass(slots=True)
class Words:
    """The words of a text, and how far they are read."""

    words: list[Word]
    at: int

    def peek(self, ahead: int = 0) -> Word:
        """Return the word that comes, or the one *ahead* words behind it."""
        at = self.at + ahead
        return self.words[at] if at < len(self.words) else END

    def take(self) -> Word:
        """Return the next word, and go behind it."""
        word = self.peek()
        self.at += 1
        return word

    def skip(self, *lows: str) -> bool:
        """Pass over the next word where it is one of *lows*, and say whether it was."""
        if self.peek().low in lows:
            self.at += 1
            return True
        return False

    def group(self) -> list[list[Word]] | None:
        """Return what stands between parentheses, by its commas; None where none stand here."""
        if not self.skip("("):
            return None
        parts: list[list[Word]] = [[]]
        depth = 1
        while (word := self.take()) is not END:
            depth += (word.low in _OPEN) - (word.low in _CLOSE)
            if depth == 0:
                break
            if word.low == "," and depth == 1:
                parts.append([])
            else:
                parts[-1].append(word)
        return parts

    def value(self) -> list[Word]:
        """Return the words of an expression, as far as a comma or the next clause."""
        found: list[Word] = []
        depth, cases = 0, 0
        while (word := self.peek()) is not END:
            if depth == 0 and cases == 0 and (word.low in _ENDS or word.low in (",", ";", ")")):
                break
            depth += (word.low in _OPEN) - (word.low in _CLOSE)
            cases += (word.low == "case") - (word.low == "end" and cases > 0)
            found.append(self.take())
        return found


def values_told(value: list[Word], column: str, filled: list[tuple[str, str]]) -> list[str | None]:
    """Return the values that the words of an expression may be."""
    value = value[: next((n for n, it in enumerate(value) if it.low == "::"), None)]
    if value and value[0].low == "case":
        results = [value[n + 1 : n + 3] for n, it in enumerate(value) if it.low in ("then", "else")]
        told = [_one(it[:1], column, filled) if _is_alone(it) else None for it in results]
        return told if any(it.low == "else" for it in value) else [*told, "null"]
    return [_one(value, column, filled)]


def _is_alone(value: list[Word]) -> bool:
    return not value[1:] or value[1].low in ("when", "else", "end")


def _one(value: list[Word], column: str, filled: list[tuple[str, str]]) -> str | None:
    if not value:
        return None
    word = value[0]
    rest = [it for it in value[1:] if not (it.kind == "name" and is_hole(it.text))]
    if is_hole(word.text) and not rest:
        filled.append((column, word.text.strip("'")))
    if rest or is_hole(word.text):
        return None
    if word.kind == "text":
        return re.sub(r"\A[eEnN]?'|'\Z", "", word.text).replace("''", "'")
    if word.kind == "number":
        return word.text
    return word.low if word.low in ("null", "true", "false") else None


def tested(words: Words, table: set[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the columns that the WHERE here compares with literals, joined by AND."""
    start = words.at
    depth = 0
    while (word := words.peek()) is not END and word.low != ";" and depth >= 0:
        if word.low == "where" and depth == 0:
            break
        depth += (word.low in _OPEN) - (word.low in _CLOSE)
        words.take()
    if not words.skip("where"):
        words.at = start
        return
    found = []
    while True:
        part = _until_and(words)
        if any(it.low == "or" for it in part):
            return
        found.append(part)
        if not words.skip("and"):
            break
    yield from (told for it in found if (told := _test(it, table)))


def _until_and(words: Words) -> list[Word]:
    part: list[Word] = []
    depth = 0
    while (word := words.peek()) is not END and word.low != ";":
        if depth == 0 and (word.low in _ENDS or word.low in ("and", ")")):
            break
        depth += (word.low in _OPEN) - (word.low in _CLOSE)
        part.append(words.take())
    return part


def _test(part: list[Word], table: set[str]) -> tuple[str, tuple[str, ...]] | None:
    name, sign, *right = part if part[1:] else [END, END]
    before, _, column = name.text.rpartition(".")
    if name.kind != "name" or (before and before.lower() not in table):
        return None
    told: list[str | None] = []
    if sign.low == "=":
        told = [_one(right, column, [])]
    elif sign.low == "in":
        told = [_one(it, column, []) for it in Words(right, 0).group() or []]
    elif sign.low == "is" and [it.low for it in right] == ["null"]:
        told = ["null"]
    known = tuple(it for it in told if it is not None)
    return (column, known) if known and len(known) == len(told) else None
