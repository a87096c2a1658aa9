"""Connections that callers hand over or leave out: ``(conn or db).execute(...)``. Pure.

What is left out is replaced by a connection of its own: the transaction of such a caller, on the
connection that he has, does not hold what is done there.
"""

import ast
from collections.abc import Iterator

from pginterlock.scan.handed_values import default, handed_in
from pginterlock.scan.kinds import Function
from pginterlock.scan.modules import arguments, local_names
from pginterlock.scan.units import own_calls


def left_out(function: Function, stmt: ast.AST) -> ast.arg | None:
    """Return the parameter on whose connection *stmt* runs, if there is one, or else on another."""
    for call, at in own_calls(function):
        if at is stmt and isinstance(call.func, ast.Attribute):
            for name in _named_first(call.func.value, function):
                if found := optional(function, name):
                    return found
    return None


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
        case ast.BoolOp(op=ast.Or(), values=[ast.Name(id=name), _]):
            yield name
        case ast.IfExp(body=ast.Name(id=name)) | ast.IfExp(orelse=ast.Name(id=name)):
            yield name


def _is_none(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
