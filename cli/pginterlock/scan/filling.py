"""What a list or dict holds that is made in one statement and filled in others. Pure."""

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pginterlock.scan.kinds import NOTHING, Function, Kinds, Many, items, keyed, many
from pginterlock.scan.members import is_empty
from pginterlock.scan.modules import Binding, Module, scope_of, statements

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_ADDING = frozenset(["append", "add", "appendleft"])
_Part = tuple[str | None, Kinds]  # and the key that it is put in at, where that is known


def filled(reader: "Reader", it: Binding, given: Kinds, module: Module) -> Kinds:
    """Return *given*, what a name is assigned, with what is put into it where it is a dict or list.

    Of one that is not empty only a dict is asked for more.
    """
    if not (is_empty(it.value) or _is_dict(it.value)):
        return given
    targets = [*getattr(it.stmt, "targets", ()), getattr(it.stmt, "target", None)]
    names = {one.id for one in targets if isinstance(one, ast.Name)}
    scope = scope_of(module, it.stmt)
    body: Sequence[ast.AST] = [*module.loose]
    if isinstance(scope, Function) and not isinstance(scope.node, ast.Lambda):
        body = scope.node.body
    put = [part for stmt in statements(body) for part in _put(reader, names, stmt, module)]
    return _together([*_parts(given), *put], given) if put else given


def _is_dict(node: ast.AST | None) -> bool:
    match node:
        case ast.Dict() | ast.Call(func=ast.Name(id="dict")):
            return True
    return False


def _parts(kinds: Kinds) -> Iterator[_Part]:
    """Yield what dicts hold, each part with its key."""
    for it in kinds:
        match it:
            case Many(keys=keys) if keys:
                yield from keys
            case Many(item=item):
                yield None, item


def _together(parts: Sequence[_Part], given: Kinds) -> Kinds:
    """Return a dict or list of all *parts*: by their keys, where all of these are known."""
    told: dict[str, Kinds] = {}
    for key, kinds in parts:
        if key is None:
            return given | many(_union(parts))
        told[key] = told.get(key, NOTHING) | kinds
    return keyed(told.items())


def _union(parts: Sequence[_Part]) -> Kinds:
    return frozenset(it for _, kinds in parts for it in kinds)


def _put(reader: "Reader", names: set[str], stmt: ast.AST, module: Module) -> Iterator[_Part]:
    """Yield what a statement puts into what one of *names* holds."""
    match stmt:
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=key)], value=value):
            if name in names:
                yield _key(key), reader.expression(value, module, stmt)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=held, attr=attr)) as call):
            if isinstance(held, ast.Name) and held.id in names:
                yield from _by_method(reader, attr, call, stmt, module)
            elif attr in _ADDING and call.args and _is_part(held, names):
                place = held.slice if isinstance(held, ast.Subscript) else None
                yield _key(place), many(reader.expression(call.args[0], module, stmt))


def _by_method(
    reader: "Reader", name: str, call: ast.Call, stmt: ast.AST, module: Module
) -> Iterator[_Part]:
    """Yield what ``rows.append(row)`` and ``rows.update(them, one=row)`` put in."""
    match name, call.args:
        case "extend", [value]:
            yield None, items(reader.expression(value, module, stmt))
        case "update", [value]:
            yield from _parts(reader.expression(value, module, stmt))
        case "insert", [_, value]:
            yield None, reader.expression(value, module, stmt)
        case "setdefault", [key, value]:
            yield _key(key), reader.expression(value, module, stmt)
        case _, [value] if name in _ADDING:
            yield None, reader.expression(value, module, stmt)
    for it in call.keywords if name == "update" else ():
        yield it.arg, reader.expression(it.value, module, stmt)


def _is_part(node: ast.AST, names: set[str]) -> bool:
    """Say whether an expression is ``rows[key]``, or ``rows.setdefault(key, [])``."""
    match node:
        case ast.Subscript(value=ast.Name(id=name)):
            return name in names
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="setdefault")):
            return name in names
    return False


def _key(node: ast.AST | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
