"""Serializers that only show rows: those of views that read, and that nobody hands data. Pure."""

import ast
import re
from collections.abc import Iterator

from pginterlock.scan.bindings import own_expressions, walk
from pginterlock.scan.definitions import last_name
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef
from pginterlock.scan.modules import Module, scope_of, statements_at

# Bases of views that list rows, or give one.
_READING = re.compile(r"^(ReadOnlyModelViewSet|(List|Retrieve)(APIView|ModelMixin))$")
_WRITING = re.compile(r"Create|Update|^ModelViewSet$")
_SAVING = re.compile(r"\bdata\s*=|\.save\(|\bserializer_class\s*=\s*\w+\s+if\b")
_TELLING = ("extend_schema", "swagger", "OpenApi")  # decorators that describe a view
_SECOND = 2  # place among the arguments of a serializer that is what it is sent, from 1
_MOST = 30  # files that speak of a serializer


def is_shown_only(reader: Reader, of: ClassDef) -> bool:
    """Say whether a serializer is used, and nothing that uses it may save what it is sent."""
    paths = reader.project.holding(of.name)
    if len(paths) > _MOST:
        return False
    looked = re.compile(rb"\b%s\b" % of.name.encode())
    used = False
    for path in paths:
        raw = reader.project.text(path)
        lines = [raw.count(b"\n", 0, it.start()) + 1 for it in looked.finditer(raw)]
        if not lines or (module := reader.project.module(path)) is None:
            continue
        module.parse_at(lines)
        found = dict.fromkeys(stmt for line in lines for stmt in statements_at(module, line))
        for stmt in found:
            for is_shown in _uses(reader, of, stmt, module):
                if not is_shown:
                    return False
                used = True
    return used


def _uses(reader: Reader, of: ClassDef, stmt: ast.stmt, module: Module) -> Iterator[bool]:
    """Yield for each use of a serializer in a statement whether it only shows rows there."""
    if stmt is of.node:
        return
    match stmt:
        case ast.ClassDef():
            yield from (False for base in stmt.bases if last_name(base) == of.name)
            return
        case ast.Assign(targets=[ast.Name(id="serializer_class")], value=value) if last_name(
            value
        ) == of.name and not isinstance(value, ast.Call):
            view = scope_of(module, stmt)
            yield isinstance(view, ClassDef) and _only_reads(reader, view)
            return
    is_part = isinstance(scope_of(module, stmt), ClassDef) and "read_only=True" not in ast.unparse(
        stmt
    )
    nodes = [node for part in own_expressions(stmt) for node in walk(part)]
    shown = {id(one) for it in nodes if isinstance(it, ast.Call) for one in _shown(it, of.name)}
    told = {id(one) for it in nodes if _describes(it) for one in walk(it)}
    for node in nodes:
        is_it = isinstance(node, (ast.Name, ast.Attribute)) and last_name(node) == of.name
        if is_it and id(node) not in told:
            yield id(node) in shown and not is_part


def _shown(call: ast.Call, name: str) -> Iterator[ast.expr]:
    """Yield the serializer that a call makes of rows, and not of what was sent."""
    is_sent = len(call.args) >= _SECOND or any(it.arg in ("data", None) for it in call.keywords)
    if last_name(call.func) == name and not is_sent:
        yield call.func


def _describes(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func).startswith(_TELLING)


def _only_reads(reader: Reader, view: ClassDef) -> bool:
    """Say whether a view, and those that inherit from it, read only."""
    if not _reads(reader, view):
        return False
    return all(_reads(reader, it) for it in reader.models.below(view))


def _reads(reader: Reader, view: ClassDef) -> bool:
    above = reader.ancestry(view)
    names = reader.models.foreign(view) | {it.name for it in above}
    if not any(map(_READING.search, names)) or any(map(_WRITING.search, names)):
        return False
    return not any(_SAVING.search(_text(it)) for it in above)


def _text(of: ClassDef) -> str:
    lines = of.module.text.split("\n")
    return "\n".join(lines[of.node.lineno - 1 : of.node.end_lineno])
