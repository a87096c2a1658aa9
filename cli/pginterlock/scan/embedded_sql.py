"""SQL in the strings of Python: the writes in it, each at its line of the file.

Pure: trees and text in, data out.
"""

import ast
import re
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from pginterlock.scan.growing_texts import Growing, growing
from pginterlock.scan.python_literals import NEWLINE, Built, Source
from pginterlock.scan.python_texts import Scope, Texts, assigned_in, operands, scope_of
from pginterlock.scan.site import Transaction
from pginterlock.scan.sql_holes import OPEN
from pginterlock.scan.sql_numbers import numbered
from pginterlock.scan.sql_write import PlacedWrite, SqlWrite

# In small letters, and as cheap as can be: what may be SQL in the source, f-strings and all.
# Each begins with its own word: `re` looks for that first, and so is much faster.
_MAYBE = tuple(
    map(
        re.compile,
        (
            r"update\b(?=[^;]{1,600}?set\b)",
            r"insert\s(?=[^;]{0,40}?into\b)",
            r"merge\s(?=\s*into\b|[^;]{1,200}?using\b)",
            r"replace\s(?=\s*into\b)",
            r"copy\s(?=[^;]{1,600}?\bfrom\s+(?:stdin\b|program\b|['\"%{$:]))",
            r"new\.\w+\s*:=",
        ),
    )
)
ROOTS = (b"update", b"insert", b"merge", b"copy ", b"replace into", b":=")
_GROWS = "\u0130"  # the one letter that is longer in small
# In a text as it is when it runs: a verb and what must follow it.
_WRITES = re.compile(
    r"\bupdate\b.{1,4000}?\bset\b|\binsert\b.{0,40}?\binto\b|\bmerge\b.{1,400}?\busing\b"
    r"|\bcopy\b.{1,4000}?\bfrom\b|\breplace\s+into\b|\bnew\s*\.\s*\w+\s*:=",
    re.IGNORECASE | re.DOTALL,
)
# The name of a table that is filled in where the text is used.
_OPEN_TABLE = re.compile(r"\b(?:update|into|copy)\s+(?:only\s+)?[\w.\"`]*[{%$]", re.IGNORECASE)
_TALKING = frozenset([
    "debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log", "print",
    "echo", "secho", "help", "add_argument", "fail", "skip", "skipTest", "xfail", "gettext",
    "gettext_lazy", "ugettext", "ugettext_lazy", "ngettext", "_", "N_", "append_error",
    "add_error", "deprecated", "ValidationError",
])  # fmt: skip
_SAID = frozenset([
    "help", "help_text", "description", "doc", "__doc__", "epilog", "message", "msg",
    "verbose_name", "label", "title", "reason", "summary", "short_help",
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Embedded:
    """A write in a string of Python; *node* is the whole expression that makes the text.

    Its transaction is unknown where the text itself opens none: the code around it may.
    *scopes* are the classes and functions around it, the outermost first.
    """

    placed: PlacedWrite
    node: ast.expr
    scopes: tuple[ast.AST, ...] = ()


def may_embed(source: str) -> list[int]:
    """Return the lines that may begin a statement of SQL which writes: cheap, and no more."""
    low = source.replace(_GROWS, "i").lower()
    found: list[int] = []
    line, counted = 1, 0
    is_plain = "\r" not in source
    for at in sorted(it.start() for looked in _MAYBE for it in looked.finditer(low)):
        if is_plain:
            line += source.count("\n", counted, at)
        else:
            line += len(NEWLINE.findall(source, counted, at))
        counted = at
        found.append(line)
    return found


def embedded_writes(
    tree: ast.Module, source: str, lines: Sequence[int], words: Collection[str] = ()
) -> list[Embedded]:
    """Return the writes that strings of a module begin on *lines*, in the order of the file.

    With *words*, names of tables in small letters, only those that may write one of these.
    Docstrings, and strings that are only logged, raised, compared or shown, are none.
    """
    if not lines:
        return []
    visit = _Visit(Source(source), scope_of(tree), lines, words)
    visit.body(tree)
    return sorted(visit.found, key=lambda it: (it.placed.line, it.placed.column))


@dataclass(slots=True)
class _Visit:
    """A walk over the parts of a tree that have candidate lines."""

    source: Source
    scope: Scope
    lines: Sequence[int]
    words: Collection[str] = ()
    scopes: tuple[ast.AST, ...] = ()
    found: list[Embedded] = field(default_factory=list)
    places: set[tuple[int, int]] = field(default_factory=set)
    growing: dict[str, Growing] = field(default_factory=dict)

    def body(self, node: ast.AST) -> None:
        """Visit what stands below *node*."""
        for child in ast.iter_child_nodes(node):
            if self._has_candidate(child):
                self._one(child)

    def _has_candidate(self, node: ast.AST) -> bool:
        first = getattr(node, "lineno", None)
        if first is None:
            return True
        for decorator in getattr(node, "decorator_list", ()):
            first = min(first, decorator.lineno)
        last = getattr(node, "end_lineno", None) or first
        at = bisect_left(self.lines, first)
        return at < len(self.lines) and self.lines[at] <= last

    def _one(self, node: ast.AST) -> None:
        if _is_said(node):
            return
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._within(node)
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                | ast.AugAssign(target=ast.Name(id=name), value=value)
                | ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value]
                    )
                )
            ) if name in self.growing:
                self._expression(value, self.growing[name].whole(node, value))
            case ast.expr():
                self._expression(node, node)
            case _:
                self.body(node)

    def _expression(self, node: ast.expr, whole: ast.expr) -> None:
        """Visit *node*, whose text is that of *whole*."""
        built = self._texts().of(whole)
        if built is not None:
            self._text(node, built)
        elif isinstance(node, ast.BinOp):
            for side in operands(node):
                self.body(side)
        else:
            self.body(node)

    def _texts(self) -> Texts:
        return Texts(self.source, self.scope)

    def _within(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        scope, scopes, grows = self.scope, self.scopes, self.growing
        self.growing = growing(node)
        self.scopes = (*scopes, node)
        if isinstance(node, ast.ClassDef):
            own = {k: v for k, v in assigned_in(node.body).items() if v is not None}
            classes = {**scope.classes, node.name: own}
            self.scope = replace(scope, classes=classes, class_name=node.name)
        else:
            names = {**scope.local, **_parameters(node), **assigned_in(node.body)}
            self.scope = replace(scope, local=names)
        self.body(node)
        self.scope, self.scopes, self.growing = scope, scopes, grows

    def _text(self, node: ast.expr, built: Built) -> None:
        if not _WRITES.search(built.text) or not self._may_be_wanted(built.text):
            return
        from pginterlock.scan.sql_writes import sql_writes  # noqa: PLC0415 - the parser takes time

        built = numbered(built)
        names = [it.name for it in self.scopes if hasattr(it, "name")]
        for found in sql_writes(built.text):
            write = found
            if found.transaction == Transaction.NO:  # it is the code around that opens one
                write = _of_code(found)
            line, column, _ = self._place(built, write)
            if (line, column) in self.places:
                continue
            self.places.add((line, column))
            placed = self._placed(built, write, ".".join(names))
            self.found.append(Embedded(placed, node, self.scopes))

    def _placed(self, built: Built, write: SqlWrite, enclosing: str) -> PlacedWrite:
        line, column, last = self._place(built, write)
        text = self.source.first_line(line)
        conflict = self._placed(built, write.conflict, enclosing) if write.conflict else None
        return PlacedWrite(write, line, column, last, enclosing, text, conflict)

    def _may_be_wanted(self, text: str) -> bool:
        """Return whether a text has a word that is looked for, or something filled in."""
        low = text.lower()
        is_open = OPEN in text or ":=" in text or bool(_OPEN_TABLE.search(text))
        return not self.words or is_open or any(it in low for it in self.words)

    def _place(self, built: Built, write: SqlWrite) -> tuple[int, int, int]:
        start = built.offsets[min(write.offset, len(built.offsets) - 1)]
        end = built.offsets[min(max(write.end - 1, write.offset), len(built.offsets) - 1)]
        line = self.source.line(start)
        return line, self.source.column(start), max(line, self.source.line(end))


def _of_code(write: SqlWrite) -> SqlWrite:
    """Return a write that has the transaction of the code around it."""
    conflict = _of_code(write.conflict) if write.conflict else None
    return replace(write, transaction=Transaction.UNKNOWN, transaction_reason="", conflict=conflict)


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, ast.expr | None]:
    args = node.args
    return {it.arg: None for it in (*args.posonlyargs, *args.args, *args.kwonlyargs)}


def _is_said(node: ast.AST) -> bool:
    """Return whether the texts in *node* are for people, or compared, and none of them runs."""
    match node:
        case ast.Raise() | ast.Compare() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.keyword(arg=str(name)):
            return name in _SAID
        case ast.Call():
            return _only_tells(node)
    return False


def _only_tells(node: ast.Call) -> bool:
    """Return whether a call shows, logs or tests its texts, and runs none of them."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in _TALKING:
            return True
        case ast.Attribute(attr=name) if name.startswith("assert"):
            return True
        case ast.Attribute(value=ast.Name(id="re" | "regex")):
            return True
    return False
