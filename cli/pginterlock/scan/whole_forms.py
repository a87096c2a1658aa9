"""Forms and serializers of all columns: ``fields = "__all__"``, ``exclude = [...]``. Pure.

Such a class need not name the column: the class of the rows does, in another file.
"""

import ast
import re
from collections.abc import Iterator

from pginterlock.scan import class_sites
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.drafts import Draft
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef
from pginterlock.scan.modules import Module, class_names, statements_at
from pginterlock.scan.texts import Texts
from pginterlock.scan.wanted import Wanted

_WORDS = ("__all__", "exclude", " fields = ")
_DEPTH = 4
# All of them, those of a list that has a name, or some beside such a list.
_SAYING = re.compile(
    rb"^[ \t]+(?:exclude\s*=|fields\s*=\s*(?:[\"']__all__|[A-Za-z_][\w.]*[ \t]*(?:[#+]|$)"
    rb"|[\[(][^\n]*[\])][ \t]*\+|[\[(]\s*(?:#[^\n]*\n\s*)?\*))",
    re.MULTILINE,
)
_NEVER_GIVEN = frozenset(["auto_now", "auto_now_add"])
_MOST = 200  # files that speak of the class


def of_class(reader: Reader, wanted: Wanted, of: ClassDef) -> Iterator[Draft]:
    """Yield the forms and serializers that save every column of a class, or all but a few."""
    speaking = reader.project.holding(of.name)
    if len(speaking) > _MOST:
        return
    names = [it for it in sorted(wanted.names) if _may_be_given(reader, of, it)]
    saying = {path for word in _WORDS for path in reader.project.holding(word)} if names else set()
    for path in speaking:
        lines = _lines(reader.project.text(path)) if path in saying else []
        if lines and (module := reader.project.module(path)):
            yield from _of_lines(reader, wanted, names, module, lines)


def _lines(raw: bytes) -> list[int]:
    """Return the lines of a text in which a class says that it has all columns."""
    return [raw.count(b"\n", 0, it.start()) + 1 for it in _SAYING.finditer(raw)]


def _of_lines(
    reader: Reader, wanted: Wanted, names: list[str], module: Module, lines: list[int]
) -> Iterator[Draft]:
    module.parse_at(lines)
    found = dict.fromkeys(stmt for line in lines for stmt in statements_at(module, line))
    for stmt in found:
        for name in names:
            if _has(stmt, name) or _is_among(reader, stmt, name, module):
                it = Candidate("listed", name, stmt, stmt)
                yield from class_sites.of_listed(reader, wanted, it, module)


def _has(stmt: ast.stmt, name: str) -> bool:
    """Say whether the column is among those of ``fields = "__all__"``, or none of ``exclude``."""
    match stmt:
        case ast.Assign(
            targets=[ast.Name(id="fields")],
            value=ast.Constant(value="__all__") | ast.Attribute(attr="ALL_FIELDS"),
        ):
            return True
        case ast.Assign(
            targets=[ast.Name(id="exclude")], value=ast.List() | ast.Tuple() | ast.Set() as left
        ):
            return not any(isinstance(it, ast.Constant) and it.value == name for it in left.elts)
    return False


def _is_among(reader: Reader, stmt: ast.stmt, name: str, module: Module) -> bool:
    """Say whether the column is among those of ``fields = FIELDS``, or of ``[*FIELDS, "note"]``.

    One that the statement itself names is told there, and that of ``Other.Meta.fields`` at Other.
    """
    match stmt:
        case ast.Assign(targets=[ast.Name(id="fields")], value=value):
            parts = [*_named(value)]
        case _:
            return False
    if any(isinstance(it, ast.Constant) and it.value == name for it in ast.walk(stmt.value)):
        return False
    texts = Texts(reader)
    return any(name in texts.items(it, (), module, stmt, _DEPTH) for it in parts)


def _named(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the lists of columns that have a name, among those that are put together."""
    match node:
        case ast.Name():
            yield node
        case ast.Attribute(attr=attr) if attr != "fields":
            yield node
        case ast.BinOp(left=left, right=right):
            yield from _named(left)
            yield from _named(right)
        case ast.List(elts=elts) | ast.Tuple(elts=elts):
            yield from (
                one for it in elts if isinstance(it, ast.Starred) for one in _named(it.value)
            )


def _may_be_given(reader: Reader, of: ClassDef, name: str) -> bool:
    """Say whether forms have the column: it is none that Django alone gives a value."""
    for base in reader.ancestry(of):
        for it in class_names(base).get(name, ()):
            return not (isinstance(it.value, ast.Call) and any(map(_bars, it.value.keywords)))
    return True


def _bars(keyword: ast.keyword) -> bool:
    """Say whether ``editable=False`` or ``auto_now=True`` keeps a column out of forms."""
    told = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
    return (
        told is False if keyword.arg == "editable" else keyword.arg in _NEVER_GIVEN and told is True
    )
