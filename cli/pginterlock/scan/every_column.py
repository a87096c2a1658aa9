"""Writes of each column that Django lists for a model: ``for it in row._meta.fields``. Pure.

Such a loop names no column; which of them it leaves out, it may say.
"""

import ast
from collections.abc import Iterator

from pginterlock.scan.attribute_sites import of_attribute
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.drafts import Draft
from pginterlock.scan.infer import Reader
from pginterlock.scan.modules import Module, ancestors
from pginterlock.scan.project import calls_in
from pginterlock.scan.wanted import Wanted, fits

_LISTING = frozenset(["fields", "concrete_fields", "local_fields", "local_concrete_fields"])
_NAMING = frozenset(["name", "attname"])
_MOST = 200  # files that speak of such lists


def of_columns(reader: Reader, wanted: Wanted) -> Iterator[Draft]:
    """Yield each ``setattr(row, it.name, x)`` of a loop over all columns of a model."""
    setting = {*reader.project.holding("setattr(")}
    paths = [it for it in reader.project.holding("._meta.") if it in setting]
    for path in paths if len(paths) <= _MOST else ():
        if module := reader.project.module(path):
            yield from _of_module(reader, wanted, module)


def _of_module(reader: Reader, wanted: Wanted, module: Module) -> Iterator[Draft]:
    for call, stmt in calls_in(module, "setattr"):
        match call.args:
            case [receiver, ast.Attribute(value=ast.Name(id=field), attr=attr), _] if (
                attr in _NAMING
            ):
                loop = _loop(module, stmt, field)
                if loop is None or not fits(
                    reader, wanted, reader.expression(receiver, module, stmt)
                ):
                    continue
                for name in sorted(wanted.names):
                    if not _leaves_out(loop, call, field, name):
                        it = Candidate("setattr", name, call, stmt, receiver, None, call)
                        yield from of_attribute(reader, wanted, it, module)


def _loop(module: Module, stmt: ast.stmt, field: str) -> ast.For | None:
    """Return the loop around a statement that gives *field* each column of a model."""
    for it in ancestors(module, stmt):
        match it:
            case ast.For(target=ast.Name(id=name), iter=over) if name == field:
                return it if _lists(over) else None
    return None


def _lists(over: ast.expr) -> bool:
    """Say whether an expression is all columns: ``row._meta.fields``, ``get_fields()``."""
    match over:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="_meta"), attr="get_fields")):
            return True
        case ast.Attribute(value=ast.Attribute(attr="_meta"), attr=name):
            return name in _LISTING
    return False


def _leaves_out(loop: ast.For, call: ast.Call, field: str, name: str) -> bool:
    """Say whether a test of the loop keeps the column of that name from *call*."""
    for it in ast.walk(loop):
        if isinstance(it, ast.If) and (holds := _holds(it.test, field, name)) is not None:
            is_inside = any(call is one for stmt in it.body for one in ast.walk(stmt))
            if holds and isinstance(it.body[-1], ast.Continue):
                return True
            if not holds and is_inside:
                return True
    return False


def _holds(test: ast.expr, field: str, name: str) -> bool | None:
    """Say whether ``it.name in ("id", "pk")`` holds of a column; None where that is not known."""
    match test:
        case ast.Compare(
            left=ast.Attribute(value=ast.Name(id=on), attr=attr), ops=[op], comparators=[right]
        ) if on == field and attr in _NAMING:
            pass
        case _:
            return None
    elements = right.elts if isinstance(right, (ast.List, ast.Tuple, ast.Set)) else [right]
    if not all(isinstance(it, ast.Constant) for it in elements):
        return None
    is_named = any(isinstance(it, ast.Constant) and it.value == name for it in elements)
    match op:
        case ast.In() | ast.Eq():
            return is_named
        case ast.NotIn() | ast.NotEq():
            return not is_named
    return None
