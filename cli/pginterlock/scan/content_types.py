"""Models that Django's content types stand for. Pure."""

import ast
from typing import TYPE_CHECKING

from pginterlock.scan.givings import givings
from pginterlock.scan.kinds import NOTHING, Kinds, classes, instances, union
from pginterlock.scan.modules import Module
from pginterlock.scan.project import called_name

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_KINDS = "ContentType"
_DEPTH = 3
# What is asked of one, and whether it gives the model, or a row of it.
ASKED = {
    "model_class": True,
    "get_object_for_this_type": False,
    "get_all_objects_for_this_type": False,
}


def asked(reader: "Reader", node: ast.Call, module: Module, at: ast.AST) -> Kinds:
    """Return what ``ContentType.objects.get(model="order").model_class()`` gives."""
    if not isinstance(node.func, ast.Attribute):
        return NOTHING
    found = _model(reader, node.func.value, module, at, _DEPTH)
    return found if ASKED[node.func.attr] else instances(found)


def _model(
    reader: "Reader", node: ast.AST | None, module: Module, at: ast.AST, depth: int
) -> Kinds:
    """Return the model that a content type stands for."""
    match node:
        case ast.Call(func=ast.Attribute(value=on, attr=name)) if _is_of_types(on):
            return _named(reader, name, node, module, at)
        case ast.Subscript(value=inner, slice=ast.Constant(value=0)):
            return _model(reader, inner, module, at, depth)
        case ast.Call(func=ast.Attribute(value=inner, attr="first" | "get")):
            return _model(reader, inner, module, at, depth)
        case ast.Name() | ast.Attribute() if depth:
            return union(
                _model(reader, it.value, where, it.stmt, depth - 1)
                for it, where in givings(reader, node, module, at)
                if it.how == "assign"
            )
    return NOTHING


def _is_of_types(node: ast.AST) -> bool:
    """Say whether an expression is ``ContentType.objects``, with its database perhaps."""
    match node:
        case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr="objects"):
            return name == _KINDS
        case ast.Call(func=ast.Attribute(value=inner)):
            return called_name(node) in ("using", "db_manager") and _is_of_types(inner)
    return False


def _named(reader: "Reader", name: str, call: ast.Call, module: Module, at: ast.AST) -> Kinds:
    """Return the model that a method of the manager of content types is told."""
    told: list[ast.expr] = []
    match name:
        case "get_for_model":
            return classes(reader.expression(call.args[0], module, at)) if call.args else NOTHING
        case "get_by_natural_key":
            told = call.args[1:2]
        case "get" | "filter" | "get_or_create":
            told = [it.value for it in call.keywords if it.arg in ("model", "model__iexact")]
    return union(
        reader.models.named(it.value, module)
        for it in told
        if isinstance(it, ast.Constant) and isinstance(it.value, str)
    )
