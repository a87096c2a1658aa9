"""The constants that a tuple, list, set or dict of the code holds. Pure."""

import ast
from collections.abc import Iterator, Sequence

from pginterlock.scan import constants
from pginterlock.scan.definitions import returned
from pginterlock.scan.givings import givings
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee
from pginterlock.scan.modules import Module

Values = tuple[str | None, ...]
_DEPTH = 6
_MAKERS = frozenset(["set", "frozenset", "tuple", "list", "sorted"])


def group(
    reader: Reader, node: ast.AST, module: Module, at: ast.AST, depth: int = 0
) -> Values | None:
    """Return what *node* holds, None among it for what is not known; None where it is no group."""
    if depth > _DEPTH:
        return None
    match node:
        case ast.Tuple() | ast.List() | ast.Set() | ast.Dict():
            held = node.keys if isinstance(node, ast.Dict) else node.elts
            return _once(_elements(reader, [it for it in held if it], module, at, depth))
        case ast.BinOp():
            return _joined(reader, node, module, at, depth)
        case ast.Name() | ast.Attribute():
            return _of_name(reader, node, module, at, depth)
        case ast.Call():
            return _of_call(reader, node, module, at, depth)
    return None


def _joined(
    reader: Reader, node: ast.BinOp, module: Module, at: ast.AST, depth: int
) -> Values | None:
    one = group(reader, node.left, module, at, depth + 1)
    other = group(reader, node.right, module, at, depth + 1)
    if one is None or other is None:
        return None
    match node.op:
        case ast.Add() | ast.BitOr():
            return _once([*one, *other])
        case ast.Sub():
            return _without(one, other)
    return None


def _once(values: "Sequence[str | None] | Iterator[str | None]") -> Values:
    return tuple(dict.fromkeys(values))


def _without(one: Values, other: Values) -> Values:
    return (None,) if None in other else tuple(it for it in one if it not in other)


def _elements(
    reader: Reader, elts: Sequence[ast.expr], module: Module, at: ast.AST, depth: int
) -> Iterator[str | None]:
    for it in elts:
        if isinstance(it, ast.Starred):
            yield from group(reader, it.value, module, at, depth + 1) or (None,)
        else:
            yield from constants.values(reader, it, module, at, depth + 1)


def _of_name(
    reader: Reader, node: ast.AST, module: Module, at: ast.AST, depth: int
) -> Values | None:
    found: list[str | None] = []
    for it, where in givings(reader, node, module, at):
        if it.how not in ("assign", "annotated") or it.path or it.value is None:
            return None
        inner = group(reader, it.value, where, it.stmt, depth + 1)
        if inner is None:
            return None
        found += inner
    return _once(found) if found else None


def _of_call(
    reader: Reader, node: ast.Call, module: Module, at: ast.AST, depth: int
) -> Values | None:
    """Return what ``set(...)`` holds, or a function of the project without arguments gives."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[one]) if name in _MAKERS:
            return group(reader, one, module, at, depth + 1)
        case ast.Call(args=[], keywords=[]):
            pass
        case _:
            return None
    found: list[str | None] = []
    for kind in reader.expression(node.func, module, at):
        if not isinstance(kind, Callee):
            return None
        for value, stmt, _ in returned(kind.of):
            inner = group(reader, value, kind.of.module, stmt, depth + 1)
            if inner is None:
                return None
            found += inner
    return _once(found) if found else None


def looked_up(
    reader: Reader, node: ast.AST, key: ast.AST, module: Module, at: ast.AST, depth: int = 0
) -> Values | None:
    """Return what ``node[key]`` may be, where *node* is a dict of the code; None where it is none.

    Of a key that is no constant, any value of the dict.
    """
    found: list[str | None] = []
    for held, where, stmt in _dicts(reader, node, module, at) if depth <= _DEPTH else ():
        asked = constants.values(reader, key, module, at, depth + 1)
        for one, value in zip(held.keys, held.values, strict=True):
            names = constants.values(reader, one, where, stmt, depth + 1) if one else (None,)
            if None in asked or None in names or set(asked) & set(names):
                found += constants.values(reader, value, where, stmt, depth + 1)
    return _once(found) if found else None


def _dicts(
    reader: Reader, node: ast.AST, module: Module, at: ast.AST
) -> Iterator[tuple[ast.Dict, Module, ast.AST]]:
    if isinstance(node, ast.Dict):
        yield node, module, at
        return
    for it, where in givings(reader, node, module, at):
        if isinstance(it.value, ast.Dict) and not it.path:
            yield it.value, where, it.stmt
