"""Rows that nothing but their name tells: an untyped parameter ``order``, named after its model.

Pure.
"""

import ast

from pginterlock.scan.definitions import last_name
from pginterlock.scan.factories import Written
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import NOTHING, Instance, Kinds
from pginterlock.scan.modules import Module, arguments, function_of
from pginterlock.scan.sinks import CREATING, UPDATING, on_rows
from pginterlock.scan.wanted import Wanted


def writes_related(
    reader: Reader, wanted: Wanted, call: ast.Call, module: Module, stmt: ast.AST
) -> tuple[Written, str] | None:
    """Return how ``order.lines.update(status=x)`` writes, and why *order* is one; else None.

    It is a parameter of which nothing is known, and that has the name of one model.
    """
    name, function = last_name(call.func), function_of(module, stmt)
    if (
        function is None
        or not isinstance(call.func, ast.Attribute)
        or name not in CREATING | UPDATING
    ):
        return None
    root = _root(call.func.value)
    if root is None or not (rows := _named_after(reader, root, module, stmt)):
        return None
    function = function_of(module, stmt)
    above, reader.frame = (
        reader.frame,
        (function, frozenset([(root.id, rows)])) if function else None,
    )
    try:
        on = reader.expression(call.func.value, module, stmt)
    finally:
        reader.frame = above
    if found := on_rows(reader, wanted, name, on, is_super=False):
        shown = next(it.of.name for it in rows if isinstance(it, Instance))
        return found, f"{root.id} is named after {shown}"
    return None


def _root(node: ast.AST) -> ast.Name | None:
    """Return the name that a chain of attributes and calls begins with."""
    while isinstance(node, (ast.Attribute, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node if isinstance(node, ast.Name) else None


def _named_after(reader: Reader, root: ast.Name, module: Module, stmt: ast.AST) -> Kinds:
    """Return a row of the only model whose name an unknown parameter has."""
    function = function_of(module, stmt)
    taken = arguments(function.node) if function else ()
    if not any(it.arg == root.id and it.annotation is None for it in taken):
        return NOTHING
    if reader.expression(root, module, stmt):
        return NOTHING
    names = reader.project.class_names_like(root.id.replace("_", ""))
    found = [it for name in names for it in reader.project.classes_named(name)]
    is_model = len(found) == 1 and reader.models.is_model(found[0])
    return frozenset([Instance(found[0])]) if is_model else NOTHING
