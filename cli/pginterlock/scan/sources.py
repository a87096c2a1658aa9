"""The states that a row can come from, where a test or a filter before a write says so. Pure."""

import ast
from collections.abc import Iterator
from typing import TypeGuard

from pginterlock.scan import constants
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.infer import Reader
from pginterlock.scan.modules import Module
from pginterlock.scan.project import called_name
from pginterlock.scan.wanted import Wanted

_FILTERS = frozenset(["filter", "filter_by", "where", "get", "select_for_update"])
_LOOKUPS = ("", "__in", "__exact")  # that a state says equality by
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def of_attribute(
    reader: Reader, wanted: Wanted, row: str, it: Candidate, module: Module
) -> tuple[str, ...]:
    """Return the states that ``if row.status == X`` around or before a write leaves."""
    state = wanted.target.fields[0]
    names = {name for name, column in wanted.names.items() if column == state}
    node: ast.AST = it.stmt
    while (above := module.up.get(node)) is not None and above not in module.scopes:
        if (
            isinstance(above, ast.If)
            and node in above.body
            and (found := _tested(reader, above.test, row, names, module, above, wanted=True))
        ):
            return found
        if found := _guarded(reader, above, node, row, names, module):
            return found
        node = above
    if above is not None and (found := _guarded(reader, above, node, row, names, module)):
        return found
    return ()


def _guarded(
    reader: Reader, holder: ast.AST, node: ast.AST, row: str, names: set[str], module: Module
) -> tuple[str, ...]:
    """Return what ``if row.status != X: raise`` before *node* leaves."""
    body = getattr(holder, "body", [])
    if not isinstance(body, list) or node not in body:
        return ()
    for stmt in reversed(body[: body.index(node)]):
        if _leaves(stmt) and (
            found := _tested(reader, stmt.test, row, names, module, stmt, wanted=False)
        ):
            return found
        if any(
            isinstance(t, ast.Attribute) and t.attr in names for t in getattr(stmt, "targets", [])
        ):
            return ()
    return ()


def _leaves(stmt: ast.AST) -> TypeGuard[ast.If]:
    return isinstance(stmt, ast.If) and not stmt.orelse and isinstance(stmt.body[-1], _LEAVES)


def _tested(
    reader: Reader,
    test: ast.AST,
    row: str,
    names: set[str],
    module: Module,
    at: ast.AST,
    *,
    wanted: bool,
) -> tuple[str, ...]:
    match test:
        case ast.BoolOp(op=op, values=values) if isinstance(op, ast.And if wanted else ast.Or):
            for one in values:
                if found := _tested(reader, one, row, names, module, at, wanted=wanted):
                    return found
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _tested(reader, operand, row, names, module, at, wanted=not wanted)
        case ast.Compare(
            left=ast.Attribute(value=value, attr=attr), ops=[op], comparators=[other]
        ) if attr in names:
            is_same = isinstance(op, (ast.Eq, ast.In) if wanted else (ast.NotEq, ast.NotIn))
            if is_same and ast.unparse(value) == row:
                return tuple(dict.fromkeys(_known(reader, other, module, at)))
    return ()


def _known(reader: Reader, node: ast.AST, module: Module, at: ast.AST) -> Iterator[str]:
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    found = [one for it in parts for one in constants.values(reader, it, module, at)]
    if all(it is not None for it in found):
        yield from (it for it in found if it is not None)


def of_query(
    reader: Reader, wanted: Wanted, call: ast.Call, module: Module, at: ast.AST
) -> tuple[str, ...]:
    """Return the states that the filters before an ``update`` leave."""
    names = {name for name, column in wanted.names.items() if column == wanted.target.fields[0]}
    node: ast.AST = call.func
    while isinstance(node, (ast.Attribute, ast.Call)):
        if isinstance(node, ast.Call):
            if called_name(node) in _FILTERS and (
                found := _filtered(reader, node, names, module, at)
            ):
                return found
            node = node.func
        else:
            node = node.value
    return ()


def _filtered(
    reader: Reader, call: ast.Call, names: set[str], module: Module, at: ast.AST
) -> tuple[str, ...]:
    looked_up = {name + lookup for name in names for lookup in _LOOKUPS}
    for it in call.keywords:
        if it.arg in looked_up and (
            found := tuple(dict.fromkeys(_known(reader, it.value, module, at)))
        ):
            return found
    for arg in call.args:
        match arg:
            case ast.Compare(
                left=ast.Attribute(attr=attr), ops=[ast.Eq()], comparators=[other]
            ) if attr in names:
                return tuple(dict.fromkeys(_known(reader, other, module, at)))
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr=attr), attr="in_"), args=[other]
            ) if attr in names:
                return tuple(dict.fromkeys(_known(reader, other, module, at)))
    return ()
