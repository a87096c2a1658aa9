"""What of a text is newer Python than the interpreter, and how an older one spells it. Pure."""

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_PART = re.compile(
    r"(?P<comment>\#[^\n]*)"
    r"|(?P<prefix>\b[bfrtuBFRTU]{1,2})?(?P<quote>\"\"\"|'''|\"|')"
    r"|(?P<word>\w+)"
    r"|(?P<mark>[()\[\]{}:!,])"
)
_PARAMETERS = re.compile(r"[ \t]+\w+[ \t]*(?=\[)")
_ALIAS = re.compile(r"[ \t]+(?P<name>\w+)(?P<rest>[ \t]*)(?=[=\[])")
_LAZY = re.compile(r"[ \t]+(?=(?:import|from)\b)")
_NAMED = re.compile(r"N\{[^}]*\}")
_DEBUG = re.compile(r"(?<![=!<>:])=\s*\Z")
_NESTED = re.compile(r"\b(?:[fFtT][rR]?|[rR][fFtT])[\"']")


class Unfinished(Exception):
    """A string or a bracket that does not end, or nothing that is newer."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A part of a text, and what is to stand there."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Hole:
    """An expression in the braces of a string, and where it begins."""

    text: str
    line: int
    column: int


@dataclass(slots=True)
class Older:
    """A text, the changes that make it older, and what stands in the place of the holes."""

    text: str
    word: str
    edits: list[Edit] = field(default_factory=list)
    holes: dict[str, Hole] = field(default_factory=dict)

    @property
    def spelled(self) -> str:
        """The text with its changes, and one more line."""
        parts: list[str] = []
        at = 0
        for it in sorted(self.edits, key=lambda it: it.start):
            parts += (self.text[at : it.start], it.text)
            at = it.end
        return "".join((*parts, self.text[at:], "\n"))


def older(text: str, word: str) -> Older:
    """Return *text* as an older Python spells it; names that begin with *word* stand for holes.

    Raises Unfinished where a string or a bracket does not end.
    """
    found = Older(text, word)
    _code(found, 0, len(text))
    return found


# -- what is newer in code -------------------------------------------------------------------------


def _code(older: Older, start: int, end: int) -> None:
    """Note what is newer in the code between two places."""
    at = start
    while match := _PART.search(older.text, at, end):
        at = match.end()
        if match["quote"]:
            at = _string(older, match)
        elif word := match["word"]:
            at = _word(older, word, match)


def _word(older: Older, word: str, match: re.Match[str]) -> int:
    """Note what is newer behind a word; return where to go on."""
    at = match.end()
    if word in ("def", "class"):
        if named := _PARAMETERS.match(older.text, at):
            at = _blank(older, named.end())
    elif word == "type":
        named = _ALIAS.match(older.text, at)
        if named and not keyword.iskeyword(named["name"]):
            space = " " * (named.start("name") - match.start())
            text = named["name"] + space + named["rest"]
            older.edits.append(Edit(match.start(), named.end(), text))
            at = named.end()
            at = _blank(older, at) if older.text.startswith("[", at) else at
    elif word == "lazy":
        if named := _LAZY.match(older.text, at):
            older.edits.append(Edit(match.start(), named.end(), ""))
            at = named.end()
    elif word == "except":
        _except(older, at)
    return at


def _blank(older: Older, start: int) -> int:
    """Leave out what a bracket holds that begins at *start*; return where it ends."""
    end = _closing(older, start + 1, "]") + 1
    *lines, last = older.text[start:end].split("\n")
    kept = [f"{' ' * (len(it) - 1)}\\\n" for it in lines]
    older.edits.append(Edit(start, end, "".join((*kept, " " * len(last)))))
    return end


def _except(older: Older, start: int) -> None:
    """Put parentheses around the classes of an ``except`` that has several without."""
    is_many, depth = False, 0
    for match in _parts(older, start):
        mark = match["mark"]
        if match["word"] == "as" and not depth:
            return
        if mark == ":" and not depth:
            break
        is_many = is_many or (mark == "," and not depth)
        depth += _step(mark)
        if depth < 0:
            return
    else:
        return
    if is_many:
        star = start + older.text[start : match.start()].find("*") + 1
        first = star if not older.text[start:star].strip(" \t*") and star > start else start
        older.edits += (Edit(first, first, "("), Edit(match.start(), match.start(), ")"))


def _step(mark: str | None) -> int:
    return 0 if not mark else (mark in "([{") - (mark in ")]}")


def _parts(older: Older, start: int) -> Iterator[re.Match[str]]:
    """Yield the parts of the code from *start*, strings as a whole."""
    at = start
    while match := _PART.search(older.text, at):
        at = _string(older, match, is_noted=False) if match["quote"] else match.end()
        yield match


def _closing(older: Older, start: int, ends: str) -> int:
    """Return where the first of *ends* stands outside of all brackets; raise Unfinished."""
    depth = 0
    for match in _parts(older, start):
        mark = match["mark"]
        if mark and not depth and mark in ends:
            is_unequal = mark == "!" and older.text.startswith("=", match.end())
            if not is_unequal:
                return match.start()
        depth += _step(mark)
        if depth < 0:
            break
    raise Unfinished


# -- what is newer in strings ----------------------------------------------------------------------


def _string(older: Older, match: re.Match[str], *, is_noted: bool = True) -> int:
    """Return where a string ends that begins with *match*; note what is newer in it."""
    prefix, quote = match["prefix"] or "", match["quote"]
    kind = prefix.lower()
    if "f" not in kind and "t" not in kind:
        return _plain_end(older.text, match.end(), quote)
    fields = _Fields(older, quote, is_raw="r" in kind)
    end = fields.read(match.end(), quote)
    if is_noted:
        if "t" in kind:
            spelled = prefix.replace("t", "f").replace("T", "F")
            older.edits.append(Edit(match.start(), match.start("quote"), spelled))
        _take_out(older, fields, end)
    return end


def _plain_end(text: str, at: int, quote: str) -> int:
    while not text.startswith(quote, at):
        if at >= len(text) or (text[at] == "\n" and len(quote) == 1):
            raise Unfinished
        at += 2 if text[at] == "\\" else 1
    return at + len(quote)


@dataclass(slots=True)
class _Fields:
    """Reads a string with braces: where what stands in them begins and ends."""

    older: Older
    quote: str
    is_raw: bool
    found: list[tuple[int, int]] = field(default_factory=list)

    def read(self, at: int, closing: str) -> int:
        """Read from *at* to behind *closing*: the quote, or the brace after a format."""
        text = self.older.text
        while not text.startswith(closing, at):
            if at >= len(text):
                raise Unfinished
            letter = text[at]
            if text.startswith("{{", at) and closing == self.quote:
                at += 2
            elif letter == "{":
                at = self._field(at + 1)
            elif letter == "\\":
                at = self._escaped(at + 1)
            elif letter == "\n" and len(self.quote) == 1:
                raise Unfinished
            else:
                at += 1
        return at + len(closing)

    def _escaped(self, at: int) -> int:
        text = self.older.text
        if not self.is_raw and (named := _NAMED.match(text, at)):
            return named.end()
        return at if text.startswith("{", at) else at + 1

    def _field(self, start: int) -> int:
        """Read a field from behind its brace; return where it ends."""
        text = self.older.text
        end = _closing(self.older, start, "}!:")
        self.found.append((start, end))
        at = end
        if text[at] == "!":
            at = _closing(self.older, at + 1, "}:")
        return self.read(at + 1, "}") if text[at] == ":" else at + 1


def _take_out(older: Older, fields: _Fields, end: int) -> None:
    """Take the expressions out of a string that an older Python does not read in it."""
    text, is_short, lines = older.text, len(fields.quote) == 1, 0
    for start, stop in fields.found:
        code = text[start:stop]
        is_long = is_short and "\n" in code
        if not (is_long or fields.quote in code or {"\\", "#"} & set(code) or _NESTED.search(code)):
            continue
        name = f"{older.word}{len(older.holes)}"
        line_start = text.rfind("\n", 0, start) + 1
        line = text.count("\n", 0, start) + 1
        older.holes[name] = Hole(_DEBUG.sub("", code), line, start - line_start)
        broken = 0 if is_short else code.count("\n")
        lines += code.count("\n") if is_short else 0
        shown = f" {name}".ljust(len(code) - broken) + "\n" * broken
        older.edits.append(Edit(start, stop, shown))
    if lines:
        older.edits.append(Edit(end, end, " " + "\\\n" * lines))
