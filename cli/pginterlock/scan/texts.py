"""The texts that an expression may be, where the code lists them: names of columns to set. Pure."""

import ast
from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import TYPE_CHECKING

from pginterlock.scan.callers import handed
from pginterlock.scan.kinds import Class, ClassDef, Function, Instance, Package
from pginterlock.scan.modules import (
    Binding,
    Module,
    class_names,
    default_of,
    local_names,
    scope_of,
)
from pginterlock.scan.reaching import absolute, comprehended, reaching, scope_above

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_DEPTH = 6
_MOST = 200
_HEIRS = 12
_SAME = frozenset(["list", "tuple", "set", "frozenset", "sorted", "reversed", "dict", "iter"])
_KEYS = frozenset(["keys", "items", "copy"])


class Texts:
    """Says which texts an expression may be, as far as they stand in the code."""

    def __init__(self, reader: "Reader") -> None:
        self.reader = reader

    def of(
        self, node: ast.AST | None, module: Module, at: ast.AST, depth: int = _DEPTH
    ) -> frozenset[str]:
        """Return the texts that *node* may be."""
        return frozenset(islice(self._of(node, module, at, depth), _MOST))

    def _of(self, node: ast.AST | None, module: Module, at: ast.AST, depth: int) -> Iterator[str]:
        if node is None or depth < 0:
            return
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.IfExp(body=one, orelse=other):
                yield from self._of(one, module, at, depth)
                yield from self._of(other, module, at, depth)
            case ast.Name(id=name):
                for it, place in self._bindings(name, node, module, at):
                    yield from self._given(it, place, depth)
            case ast.Attribute(value=value, attr=name):
                members = list(self._members(value, name, module, at))
                if not any(_says(it.value) for it, _ in members):
                    members += self._of_heirs(value, name, module, at)
                for it, place in members:
                    yield from self._of(it.value, place, it.stmt, depth - 1)
                if name == "value" and not members:  # of a member of an enum
                    yield from self._of(value, module, at, depth - 1)
            case _:
                yield from self._made(node, module, at, depth)

    def _made(self, node: ast.AST, module: Module, at: ast.AST, depth: int) -> Iterator[str]:
        """Yield the texts that are put together of others, or cut out of them."""
        match node:
            case ast.JoinedStr(values=values):
                yield from self._joined(values, module, at, depth)
            case ast.FormattedValue(value=value):
                yield from self._of(value, module, at, depth)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                yield from self._joined([left, right], module, at, depth)
            case ast.Subscript(value=value, slice=ast.Slice() as cut):
                start, end = _bound(cut.lower), _bound(cut.upper)
                yield from (it[start:end] for it in self._of(value, module, at, depth))
            case ast.Subscript(value=value, slice=key):
                yield from self._at_key(value, key, module, at, depth - 1)
            case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[key, *_]):
                yield from self._at_key(value, key, module, at, depth - 1)
            case ast.Call(func=ast.Attribute(value=value, attr=name), args=args):
                yield from self._changed(value, name, args, module, at, depth)

    def _at_key(
        self, node: ast.AST, key: ast.AST, module: Module, at: ast.AST, depth: int
    ) -> Iterator[str]:
        """Yield the texts that a dict, which is written down, has at a key; else at any."""
        given: list[tuple[ast.AST | None, Module, ast.AST]] = [(node, module, at)]
        if isinstance(node, ast.Name):
            found = self._bindings(node.id, node, module, at)
            given = [(it.value, place, it.stmt) for it, place in found]
        elif isinstance(node, ast.Attribute):
            found = self._members(node.value, node.attr, module, at)
            given = [(it.value, place, it.stmt) for it, place in found]
        asked = key.value if isinstance(key, ast.Constant) else None
        for held, place, stmt in given:
            for one, value in _parts_of(held):
                if asked is None or (isinstance(one, ast.Constant) and one.value == asked):
                    yield from self._of(value, place, stmt, depth)

    def _joined(
        self, parts: Sequence[ast.expr], module: Module, at: ast.AST, depth: int
    ) -> Iterator[str]:
        told = [self.of(it, module, at, depth - 1) for it in parts]
        yield from ("".join(it) for it in product(*told))

    def _changed(
        self,
        value: ast.AST,
        name: str,
        args: Sequence[ast.expr],
        module: Module,
        at: ast.AST,
        depth: int,
    ) -> Iterator[str]:
        """Yield what a method of text makes of each."""
        given = [it.value for it in args if isinstance(it, ast.Constant)]
        if name not in ("lower", "strip", "removeprefix", "removesuffix", "replace"):
            return
        if len(given) == len(args) and all(isinstance(it, str) for it in given):
            for it in self._of(value, module, at, depth):
                yield getattr(it, name)(*given)

    def _given(self, it: Binding, module: Module, depth: int) -> Iterator[str]:
        """Yield the texts that a binding gives a name."""
        match it.how:
            case "assign" | "annotated" if not it.path:
                yield from self._of(it.value, module, it.stmt, depth - 1)
            case "for":
                yield from self.items(it.value, it.path, module, it.stmt, depth - 1)
            case "arg" if isinstance(it.stmt, ast.arg) and (function := module.owners.get(it.stmt)):
                if default := default_of(function, it.stmt):
                    yield from self._of(default, module, function.node, 0)
                for value, place, stmt in handed(self.reader, function, it.stmt):
                    if isinstance(value, ast.Constant):
                        yield from self._of(value, place, stmt, 0)

    def items(
        self, node: ast.AST | None, path: tuple[int, ...], module: Module, at: ast.AST, depth: int
    ) -> Iterator[str]:
        """Yield the texts that running over *node* gives; *path* leads into what is unpacked."""
        if node is None or depth < 0:
            return
        match node:
            case ast.List() | ast.Tuple() | ast.Set() | ast.Dict():
                yield from self._displayed(node, path, module, at, depth)
            case ast.BinOp(left=left, right=right):
                yield from self.items(left, path, module, at, depth - 1)
                yield from self.items(right, path, module, at, depth - 1)
            case ast.Call():
                yield from self._called(node, path, module, at, depth)
            case ast.Name(id=name):
                for given, place in self._bindings(name, node, module, at):
                    if given.how in ("assign", "annotated") and not given.path:
                        yield from self.items(given.value, path, place, given.stmt, depth - 1)
            case ast.Attribute(value=value, attr=name):
                for given, place in self._members(value, name, module, at):
                    yield from self.items(given.value, path, place, given.stmt, depth - 1)

    def _displayed(
        self,
        node: ast.List | ast.Tuple | ast.Set | ast.Dict,
        path: tuple[int, ...],
        module: Module,
        at: ast.AST,
        depth: int,
    ) -> Iterator[str]:
        if isinstance(node, ast.Dict):
            told: Sequence[ast.AST | None] = node.keys if path in ((), (0,)) else ()
            for it in node.values if path == (1,) else told:
                yield from self._of(it, module, at, depth - 1)
            return
        for it in node.elts:
            if isinstance(it, ast.Starred):
                yield from self.items(it.value, path, module, at, depth - 1)
            else:
                yield from self._of(_part(it, path), module, at, depth - 1)

    def _called(
        self, node: ast.Call, path: tuple[int, ...], module: Module, at: ast.AST, depth: int
    ) -> Iterator[str]:
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=name), args=[]) if name in _KEYS:
                yield from self.items(value, path, module, at, depth - 1)
            case ast.Call(func=ast.Attribute(value=value, attr="values"), args=[]) if not path:
                yield from self.items(value, (1,), module, at, depth - 1)
            case ast.Call(func=ast.Attribute(value=value, attr="model_dump" | "dict" | "_asdict")):
                yield from self._fields(value, path, module, at)
            case ast.Call(func=ast.Name(id="asdict"), args=[value]):
                yield from self._fields(value, path, module, at)
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
                if path in ((), (0,)):
                    yield from (it.arg for it in keywords if it.arg)
            case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in _SAME:
                yield from self.items(first, path, module, at, depth - 1)
            case ast.Call(func=ast.Name(id="enumerate"), args=[first, *_]) if path[:1] == (1,):
                yield from self.items(first, path[1:], module, at, depth - 1)
            case ast.Call(func=ast.Name(id="zip"), args=args) if path and path[0] < len(args):
                yield from self.items(args[path[0]], path[1:], module, at, depth - 1)

    def _fields(
        self, value: ast.AST, path: tuple[int, ...], module: Module, at: ast.AST
    ) -> Iterator[str]:
        """Yield the names of the fields of an object that is made a dict."""
        for kind in self.reader.expression(value, module, at):
            if isinstance(kind, Instance) and path in ((), (0,)):
                for base in self.reader.ancestry(kind.of):
                    for name, given in class_names(base).items():
                        if given[0].how == "annotated":
                            yield name

    def _bindings(
        self, name: str, node: ast.AST, module: Module, at: ast.AST
    ) -> Iterator[tuple[Binding, Module]]:
        """Yield what may give a name its value at a statement, each with its module."""
        if inner := comprehended(name, node, at, module):
            yield inner, module
            return
        scope = scope_of(module, at)
        while scope is not None:
            if isinstance(scope, Function):
                if given := local_names(scope).get(name):
                    yield from ((it, module) for it in reaching(given, at, module, scope))
                    return
                scope = scope.outer or scope_above(scope)
            else:
                if given := class_names(scope).get(name):
                    yield from ((it, module) for it in given)
                    return
                scope = scope_of(module, scope.node)
        yield from self._global(name, module, 2)

    def _global(self, name: str, module: Module, depth: int) -> Iterator[tuple[Binding, Module]]:
        for it in module.names(name):
            if it.how != "from":
                yield it, module
            elif depth and isinstance(it.stmt, ast.ImportFrom) and isinstance(it.value, ast.alias):
                source = self.reader.project.named(absolute(it.stmt, module), module.path)
                if source and source is not module:
                    yield from self._global(it.value.name, source, depth - 1)

    def _members(
        self, value: ast.AST, name: str, module: Module, at: ast.AST
    ) -> Iterator[tuple[Binding, Module]]:
        """Yield what gives a member of a class, or a name of a module, its value."""
        for kind in self.reader.expression(value, module, at):
            match kind:
                case Class(of=of) | Instance(of=of):
                    yield from self._of_class(of, name)
                case Package(of=other):
                    yield from self._global(name, other, 2)

    def _of_heirs(
        self, value: ast.AST, name: str, module: Module, at: ast.AST
    ) -> Iterator[tuple[Binding, Module]]:
        """Yield what the heirs of an object's class give a member of which it says nothing."""
        models = self.reader.models
        for kind in self.reader.expression(value, module, at):
            if isinstance(kind, Instance) and not models.is_model(kind.of):
                for heir in models.heirs_with(kind.of, name, _HEIRS):
                    yield from ((it, heir.module) for it in class_names(heir).get(name, ()))

    def _of_class(self, of: ClassDef, name: str) -> Iterator[tuple[Binding, Module]]:
        for base in self.reader.ancestry(of):
            if given := class_names(base).get(name):
                yield from ((it, base.module) for it in given)
                return


def _says(node: ast.AST | None) -> bool:
    return node is not None and not (isinstance(node, ast.Constant) and node.value is None)


def _parts_of(node: ast.AST | None) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    """Yield the keys of a dict that is written down, each with its value."""
    if isinstance(node, ast.Dict):
        yield from zip(node.keys, node.values, strict=True)


def _part(node: ast.AST, path: tuple[int, ...]) -> ast.AST | None:
    """Return the part of what is written down that a place in a target is given."""
    for number in path:
        if not isinstance(node, (ast.Tuple, ast.List)) or not 0 <= number < len(node.elts):
            return None
        node = node.elts[number]
    return node


def _bound(node: ast.AST | None) -> int | None:
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
            return -number
    return None
