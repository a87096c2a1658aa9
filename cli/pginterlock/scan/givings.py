"""What gives a name or an attribute its value, in whatever module that stands. Pure."""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pginterlock.scan.kinds import Class, ClassDef, Function, Instance, Package
from pginterlock.scan.modules import Binding, Module, class_names, local_names, scope_of
from pginterlock.scan.reaching import absolute, reaching

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

Giving = tuple[Binding, Module]
_DEPTH = 5


def givings(reader: "Reader", node: ast.AST, module: Module, at: ast.AST) -> list[Giving]:
    """Return what may have given *node* its value where *at* stands; empty where it is not told."""
    match node:
        case ast.Name(id=name):
            return list(_of_name(reader, name, module, at))
        case ast.Attribute(value=inner, attr=attr):
            return _of_attribute(reader, inner, attr, module, at)
    return []


def _of_name(reader: "Reader", name: str, module: Module, at: ast.AST) -> Iterator[Giving]:
    scope = scope_of(module, at)
    if isinstance(scope, ClassDef) and (bound := class_names(scope).get(name)):
        yield from ((it, module) for it in bound)
        return
    while isinstance(scope, Function):
        if bound := local_names(scope).get(name):
            yield from ((it, module) for it in reaching(bound, at, module, scope))
            return
        scope = scope.outer
    yield from _of_module(reader, name, module)


def _of_module(reader: "Reader", name: str, module: Module, depth: int = 0) -> Iterator[Giving]:
    for it in module.names(name):
        if it.how != "from" or not isinstance(it.stmt, ast.ImportFrom):
            yield it, module
            continue
        source = reader.project.named(absolute(it.stmt, module), module.path)
        if source and source is not module and depth < _DEPTH and isinstance(it.value, ast.alias):
            yield from _of_module(reader, it.value.name, source, depth + 1)


def _of_attribute(
    reader: "Reader", inner: ast.AST, attr: str, module: Module, at: ast.AST
) -> list[Giving]:
    for kind in reader.expression(inner, module, at):
        match kind:
            case Class(of=of) | Instance(of=of):
                for base in reader.ancestry(of):
                    if bound := class_names(base).get(attr):
                        return [(it, base.module) for it in bound]
            case Package(of=other):
                return list(_of_module(reader, attr, other))
    return []
