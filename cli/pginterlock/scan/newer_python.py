"""Read Python that is newer than the interpreter, by spelling it as an older one does. Pure.

What is known, and how it is read:

* 3.12: ``type X = ...`` as an assignment; type parameters of classes and functions are left out;
  in f-strings quotes, backslashes, comments and lines in any depth: what stands in braces is
  parsed by itself
* 3.14: ``except A, B:`` with parentheses; t-strings as f-strings
* 3.15: ``lazy import`` as ``import``

Lines stay where they are. The columns of what follows such a place in its line may not.
"""

import ast
import keyword
import re
import warnings
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


class _Unfinished(Exception):
    """A string or a bracket that does not end."""


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _Hole:
    """An expression in the braces of a string, and where it begins."""

    text: str
    line: int
    column: int


@dataclass(slots=True)
class _Older:
    """A text, the changes that make it older, and what stands in the place of the holes."""

    text: str
    word: str
    edits: list[_Edit] = field(default_factory=list)
    holes: dict[str, _Hole] = field(default_factory=dict)


def parse(text: str) -> ast.Module:
    """Return the tree of *text*, that of a newer Python too.

    Raises:
        SyntaxError: It is no Python that is known here; said is what this interpreter says.
        ValueError: It holds null bytes.
        RecursionError, MemoryError: It is nested too deeply.

    """
    try:
        return _tree(text)
    except SyntaxError as error:
        told = error
    try:
        return _newer(text)
    except (SyntaxError, _Unfinished):
        raise told from None


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _newer(text: str) -> ast.Module:
    word = "_hole"
    while word in text:
        word += "_"
    older = _Older(text, word)
    _code(older, 0, len(text))
    if not older.edits:
        raise _Unfinished
    tree = _tree(_edited(older))
    return _Filled(older.holes).visit(tree) if older.holes else tree  # type: ignore[no-any-return]


def _edited(older: _Older) -> str:
    parts, at = [], 0
    for it in sorted(older.edits, key=lambda it: it.start):
        parts += (older.text[at : it.start], it.text)
        at = it.end
    return "".join((*parts, older.text[at:], "\n"))


class _Filled(ast.NodeTransformer):
    """Puts the expressions back that were taken out of strings."""

    def __init__(self, holes: dict[str, _Hole]) -> None:
        self.holes = holes

    def visit_Name(self, node: ast.Name) -> ast.AST:  # noqa: N802 - the name that ast calls
        """Return the expression that a name stands for."""
        hole = self.holes.get(node.id)
        if hole is None:
            return node
        [stmt] = parse(f"({hole.text}\n)").body
        if not isinstance(stmt, ast.Expr):
            raise _Unfinished
        for it in ast.walk(stmt.value):
            if isinstance(it, ast.expr):
                it.col_offset += hole.column - 1 if it.lineno == 1 else 0
                it.end_col_offset = (it.end_col_offset or 0) + (
                    hole.column - 1 if it.end_lineno == 1 else 0
                )
        return ast.increment_lineno(stmt.value, hole.line - 1)


# -- what is newer in code -------------------------------------------------------------------------


def _code(older: _Older, start: int, end: int) -> None:
    """Note what is newer in the code between two places."""
    at = start
    while match := _PART.search(older.text, at, end):
        at = match.end()
        if match["quote"]:
            at = _string(older, match)
        elif word := match["word"]:
            at = _word(older, word, match)


def _word(older: _Older, word: str, match: re.Match[str]) -> int:
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
            older.edits.append(_Edit(match.start(), named.end(), text))
            at = named.end()
            at = _blank(older, at) if older.text.startswith("[", at) else at
    elif word == "lazy":
        if named := _LAZY.match(older.text, at):
            older.edits.append(_Edit(match.start(), named.end(), ""))
            at = named.end()
    elif word == "except":
        _except(older, at)
    return at


def _blank(older: _Older, start: int) -> int:
    """Leave out what a bracket holds that begins at *start*; return where it ends."""
    end = _closing(older, start + 1, "]") + 1
    *lines, last = older.text[start:end].split("\n")
    kept = [f"{' ' * (len(it) - 1)}\\\n" for it in lines]
    older.edits.append(_Edit(start, end, "".join((*kept, " " * len(last)))))
    return end


def _except(older: _Older, start: int) -> None:
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
        older.edits += (_Edit(first, first, "("), _Edit(match.start(), match.start(), ")"))


def _step(mark: str | None) -> int:
    return 0 if not mark else (mark in "([{") - (mark in ")]}")


def _parts(older: _Older, start: int) -> Iterator[re.Match[str]]:
    """Yield the parts of the code from *start*, strings as a whole."""
    at = start
    while match := _PART.search(older.text, at):
        at = _string(older, match, is_noted=False) if match["quote"] else match.end()
        yield match


def _closing(older: _Older, start: int, ends: str) -> int:
    """Return where the first of *ends* stands outside of all brackets; raise _Unfinished."""
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
    raise _Unfinished


# -- what is newer in strings ----------------------------------------------------------------------


def _string(older: _Older, match: re.Match[str], *, is_noted: bool = True) -> int:
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
            older.edits.append(_Edit(match.start(), match.start("quote"), spelled))
        _take_out(older, fields, end)
    return end


def _plain_end(text: str, at: int, quote: str) -> int:
    while not text.startswith(quote, at):
        if at >= len(text) or (text[at] == "\n" and len(quote) == 1):
            raise _Unfinished
        at += 2 if text[at] == "\\" else 1
    return at + len(quote)


@dataclass(slots=True)
class _Fields:
    """Reads a string with braces: where what stands in them begins and ends."""

    older: _Older
    quote: str
    is_raw: bool
    found: list[tuple[int, int]] = field(default_factory=list)

    def read(self, at: int, closing: str) -> int:
        """Read from *at* to behind *closing*: the quote, or the brace after a format."""
        text = self.older.text
        while not text.startswith(closing, at):
            if at >= len(text):
                raise _Unfinished
            letter = text[at]
            if text.startswith("{{", at) and closing == self.quote:
                at += 2
            elif letter == "{":
                at = self._field(at + 1)
            elif letter == "\\":
                at = self._escaped(at + 1)
            elif letter == "\n" and len(self.quote) == 1:
                raise _Unfinished
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


def _take_out(older: _Older, fields: _Fields, end: int) -> None:
    """Take the expressions out of a string that an older Python does not read in it."""
    text, is_short, lines = older.text, len(fields.quote) == 1, 0
    for start, stop in fields.found:
        code = text[start:stop]
        is_long = is_short and "\n" in code
        if not (
            is_long or fields.quote in code or {"\\", "#"} & set(code) or _NESTED.search(code)
        ):
            continue
        name = f"{older.word}{len(older.holes)}"
        line_start = text.rfind("\n", 0, start) + 1
        line = text.count("\n", 0, start) + 1
        older.holes[name] = _Hole(_DEBUG.sub("", code), line, start - line_start)
        broken = 0 if is_short else code.count("\n")
        lines += code.count("\n") if is_short else 0
        shown = f" {name}".ljust(len(code) - broken) + "\n" * broken
        older.edits.append(_Edit(start, stop, shown))
    if lines:
        older.edits.append(_Edit(end, end, " " + "\\\n" * lines))
