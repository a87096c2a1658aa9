"""What an expression hands on of another: a list of dicts, a dict that is unpacked. Pure."""

import ast
from collections.abc import Iterator

_SAME = frozenset(["list", "tuple", "sorted", "iter", "dict", "deepcopy", "copy", "reversed"])
_OF_DICTS = frozenset(["copy", "values"])


def holds(outer: ast.AST, inner: ast.AST) -> bool:
    """Say whether what *inner* holds is, or is part of, what *outer* holds."""
    return outer is inner or any(holds(it, inner) for it in _parts(outer))


def names_held(outer: ast.AST) -> Iterator[ast.Name]:
    """Yield the names whose value is, or is part of, what *outer* holds."""
    if isinstance(outer, ast.Name):
        yield outer
    for it in _parts(outer):
        yield from names_held(it)


def _parts(outer: ast.AST) -> Iterator[ast.AST]:
    match outer:
        case ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts):
            yield from elts
        case ast.ListComp(elt=elt, generators=runs) | ast.GeneratorExp(elt=elt, generators=runs):
            yield elt
            yield from _run_over(elt, runs)
        case ast.DictComp(generators=[ast.comprehension(iter=it)]):
            yield from _items_of(it)
        case ast.Dict(keys=keys, values=values):
            yield from (v for k, v in zip(keys, values, strict=True) if k is None)
        case ast.BinOp(left=left, right=right):
            yield from (left, right)
        case ast.IfExp(body=one, orelse=other):
            yield from (one, other)
        case ast.BoolOp(values=values):
            yield from values
        case (
            ast.Starred(value=value)
            | ast.Await(value=value)
            | ast.NamedExpr(value=value)
            | ast.Subscript(value=value, slice=ast.Slice())
        ):
            yield value
        case ast.Call():
            yield from _copied(outer)


def _run_over(elt: ast.expr, runs: list[ast.comprehension]) -> Iterator[ast.AST]:
    """Yield what a comprehension runs over, where its elements are those, or copies of them."""
    match runs:
        case [ast.comprehension(target=ast.Name(id=name), iter=over)]:
            if any(it.id == name for it in names_held(elt)):
                yield over


def _items_of(node: ast.expr) -> Iterator[ast.AST]:
    """Yield the dict whose items a comprehension runs over."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr="items"), args=[]):
            yield value


def _copied(call: ast.Call) -> Iterator[ast.AST]:
    """Yield what a call makes a copy of."""
    match call:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[one]) if (
            name in _SAME
        ):
            yield one
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=[]) if name in _OF_DICTS:
            yield value
    if isinstance(call.func, ast.Name) and call.func.id == "dict":
        yield from (it.value for it in call.keywords if it.arg is None)
