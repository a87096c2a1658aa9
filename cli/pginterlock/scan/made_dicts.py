"""The texts that dicts hold by their keys, as what fills in SQL is looked up in them. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pginterlock.scan.definitions import returned
from pginterlock.scan.givings import givings
from pginterlock.scan.kinds import Callee, Class, Instance
from pginterlock.scan.made_places import Made, Place, given_by
from pginterlock.scan.members import assigned_on_self
from pginterlock.scan.modules import Binding, scope_of, statements
from pginterlock.scan.sql_holes import OPEN

if TYPE_CHECKING:
    from pginterlock.scan.made_texts import MadeTexts

_MAKING = frozenset(["dict", "OrderedDict", "MappingProxyType", "SimpleNamespace"])
_Part = tuple[ast.expr, ast.expr, Place]  # a key and its value
_Seen = dict[ast.arg, int]  # the parameters that were looked through, and how deep


def looked_up(texts: "MadeTexts", held: ast.AST, key: ast.AST, place: Place, depth: int) -> Made:
    """Return the texts that ``held[key]`` may be, of a dict that is written down."""
    found: Made = frozenset()
    keys = texts.made(key, place, depth)
    is_any = any(OPEN in it for it in keys)
    for one, value, there in _parts(texts, held, place, depth, {}):
        if is_any or texts.made(one, there, depth) & keys:
            found |= texts.made(value, there, depth)
    return found


def _parts(
    texts: "MadeTexts", node: ast.AST | None, place: Place, depth: int, seen: _Seen
) -> Iterator[_Part]:
    """Yield the keys and values of a dict, of those that are unpacked in it too."""
    if depth < 0:
        return
    match node:
        case ast.Dict():
            yield from _written(texts, node, place, depth - 1, seen)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            for side in (left, right):
                yield from _parts(texts, side, place, depth - 1, seen)
        case ast.Name():
            for it, where in givings(texts.reader, node, place.module, place.at):
                there = replace(place, module=where, at=it.stmt)
                yield from _given(texts, it, there, depth - 1, seen)
                yield from _put(node.id, it, there)
        case ast.Attribute():
            for one, at in _members(texts, node, place):
                yield from _given(texts, one, at, depth - 1, seen)
        case ast.Call():
            yield from _called(texts, node, place, depth - 1, seen)


def _written(
    texts: "MadeTexts", node: ast.Dict, place: Place, depth: int, seen: _Seen
) -> Iterator[_Part]:
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            yield key, value, place
        else:
            yield from _parts(texts, value, place, depth, seen)


def _members(
    texts: "MadeTexts", node: ast.Attribute, place: Place
) -> Iterator[tuple[Binding, Place]]:
    """Yield what gives an attribute its value: a module, a class, or what it assigns to itself."""
    for it, where in givings(texts.reader, node, place.module, place.at):
        yield it, replace(place, module=where, at=it.stmt)
    for kind in texts.reader.expression(node.value, place.module, place.at):
        for of in texts.reader.ancestry(kind.of) if isinstance(kind, Class | Instance) else ():
            for one in assigned_on_self(texts.reader, of).get(node.attr, ()):
                if not one.is_item:
                    bound = Binding(one.stmt, "assign", one.value, one.path)
                    yield bound, replace(place, module=of.module, at=one.stmt)


def _given(
    texts: "MadeTexts", it: Binding, place: Place, depth: int, seen: _Seen
) -> Iterator[_Part]:
    """Yield what a binding gives: of a parameter, what the call or the callers hand over."""
    if not isinstance(it.stmt, ast.arg):
        if not it.path:
            yield from _parts(texts, it.value, place, depth, seen)
    elif it.stmt in place.given:
        yield from _parts(texts, *place.given[it.stmt], depth, seen)
    else:
        if depth <= seen.get(it.stmt, -1):  # the same is told already
            return
        seen[it.stmt] = depth
        for node, there in texts.callers(it.stmt, place.module):
            yield from _parts(texts, node, there, depth, seen)


def _put(name: str, it: Binding, place: Place) -> Iterator[_Part]:
    """Yield what is put into a dict in its own function or module: ``tables["orders"] = x``."""
    scope = scope_of(place.module, it.stmt)
    body = getattr(scope.node, "body", []) if scope else place.module.loose
    for stmt in statements(body) if isinstance(body, list) else ():
        match stmt:
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id=to), slice=key)], value=value
            ) if to == name:
                yield key, value, replace(place, at=stmt)


def _called(
    texts: "MadeTexts", node: ast.Call, place: Place, depth: int, seen: _Seen
) -> Iterator[_Part]:
    """Yield what ``dict(orders="orders")`` holds, or the dict that a function returns."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in _MAKING:
            for arg in node.args:
                yield from _parts(texts, arg, place, depth, seen)
            for it in node.keywords:
                if it.arg:
                    yield ast.Constant(it.arg), it.value, place
                else:
                    yield from _parts(texts, it.value, place, depth, seen)
        case ast.Attribute(value=inner, attr="copy"):
            yield from _parts(texts, inner, place, depth, seen)
        case _:
            for kind in texts.reader.expression(node.func, place.module, place.at):
                if isinstance(kind, Callee):
                    given = {**place.given, **dict(given_by(node, kind.of, place))}
                    for value, stmt, is_yielded in returned(kind.of):
                        if not is_yielded:
                            module = kind.of.module
                            there = replace(place, module=module, at=stmt, given=given, names={})
                            yield from _parts(texts, value, there, depth, seen)
