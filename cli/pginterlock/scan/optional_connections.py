"""Connections that callers hand over or leave out: ``(conn or db).execute(...)``. Pure.

What is left out is replaced by a connection of its own: the transaction of such a caller, on the
connection that he has, does not hold what is done there.
"""

import ast
import re
from collections.abc import Iterator

from pginterlock.scan.definitions import last_name
from pginterlock.scan.handed_values import default, handed_in
from pginterlock.scan.kinds import Function
from pginterlock.scan.modules import Module, ancestors, arguments, local_names
from pginterlock.scan.units import own_calls

# What gives each statement a connection of its own; of another one nobody knows whose it is.
_SHARED = re.compile(r"(^|_)(db|database|pool|engine|connect|acquire)\d?$")


def left_out(function: Function, stmt: ast.AST) -> ast.arg | None:
    """Return the parameter on whose connection *stmt* runs, if there is one, or else on another."""
    for call, at in own_calls(function):
        if at is stmt and isinstance(call.func, ast.Attribute):
            for name in _named_first(call.func.value, function):
                if found := optional(function, name):
                    return found
    return None


def begun_for_all(module: Module, stmt: ast.AST) -> bool:
    """Say whether a block around *stmt* is of what gives connections, and gives none itself.

    What is run on that is in its transaction, as in ``with db.transaction():``.
    """
    items = (one for it in ancestors(module, stmt) for one in getattr(it, "items", ()))
    for it in items:
        match it:
            case ast.withitem(
                context_expr=ast.Call(func=ast.Attribute(value=on)), optional_vars=None
            ) if _is_shared(on):
                return True
    return False


def optional(function: Function, name: str) -> ast.arg | None:
    """Return the parameter of that name, where callers may leave it out: ``conn=None``."""
    for it in arguments(function.node):
        if it.arg == name and _is_none(default(it, function)):
            return it
    return None


def is_handed(call: ast.Call, arg: ast.arg, function: Function) -> bool:
    """Say whether *call* hands something to a parameter of *function*, as far as it tells."""
    if any(isinstance(it, ast.Starred) for it in call.args):
        return True
    value = handed_in(call, arg, function)
    return any(it.arg is None for it in call.keywords) if value is None else not _is_none(value)


def handed_on(call: ast.Call, arg: ast.arg, function: Function, caller: Function) -> ast.arg | None:
    """Return what *call* hands to a parameter, where *caller* may be left out that himself."""
    value = handed_in(call, arg, function)
    return optional(caller, value.id) if isinstance(value, ast.Name) else None


def _named_first(node: ast.AST, function: Function) -> Iterator[str]:
    """Yield the name that comes first in ``conn or db``, or in what a name was given such."""
    if isinstance(node, ast.Name):
        for it in local_names(function).get(node.id, ()):
            if it.how in ("assign", "annotated") and it.value is not None and not it.path:
                yield from _first(it.value)
    else:
        yield from _first(node)


def _first(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.BoolOp(op=ast.Or(), values=[ast.Name(id=name), other]) if _is_shared(other):
            yield name
        case ast.IfExp(body=ast.Name(id=name), orelse=other) if _is_shared(other):
            yield name
        case ast.IfExp(body=other, orelse=ast.Name(id=name)) if _is_shared(other):
            yield name


def _is_shared(node: ast.AST) -> bool:
    return bool(_SHARED.search(last_name(node).lower()))


def _is_none(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
