"""What a name is by the statement that gives it its value. Pure."""

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pginterlock.scan import definitions, members, narrowing, parameters
from pginterlock.scan.iterating import as_tuples, called, run_over
from pginterlock.scan.kinds import (
    NOTHING,
    Class,
    ClassDef,
    Foreign,
    Function,
    Instance,
    Kinds,
    Many,
    Package,
    items,
    many,
    unpacked,
)
from pginterlock.scan.modules import Binding, Module, scope_of, statements
from pginterlock.scan.reaching import absolute

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader


def bind(reader: "Reader", it: Binding, module: Module) -> Iterator[Kinds]:
    """Yield what the name that *it* binds may be."""
    stmt, value = it.stmt, it.value
    match it.how, stmt, value:
        case "class" | "def", _, _:
            yield _defined(reader, module.scopes[stmt])
        case "import", _, ast.alias():
            yield _imported(reader, value, module)
        case "from", ast.ImportFrom(), ast.alias():
            yield _from(reader, stmt, value, module)
        case "arg", ast.arg(), _:
            yield parameters.parameter(reader, stmt, module)
        case "annotated", ast.AnnAssign(), _:
            said = definitions.annotation(reader, stmt.annotation, module, stmt)
            yield said or reader.expression(value, module, stmt)
        case _:
            yield from _given(reader, it, module)


def _defined(reader: "Reader", scope: ClassDef | Function) -> Kinds:
    """Return what the name of a class or function stands for."""
    if isinstance(scope, ClassDef):
        return frozenset([Class(scope)])
    return definitions.defined(reader, scope, None)


def _given(reader: "Reader", it: Binding, module: Module) -> Iterator[Kinds]:
    """Yield what an assignment, a loop or a ``with`` gives a name."""
    match it.how:
        case "assign":
            given = reader.expression(it.value, module, it.stmt)
            found = unpacked(as_tuples(reader, given), it.path) if it.path else given
            yield found or _alone(it, given)
            if not it.path and members.is_empty(it.value):
                yield _filled(reader, it.stmt, module)
        case "for":
            given = run_over(reader, reader.expression(it.value, module, it.stmt))
            yield unpacked(as_tuples(reader, given), it.path) or _alone(it, given)
            yield _enumerated(reader, it, module)
        case "with":
            yield unpacked(_entered(reader, it, module), it.path)
        case "match":
            yield narrowing.captured(reader, it, module)


def _alone(it: Binding, given: Kinds) -> Kinds:
    """Return what ``(order,)`` is given of a row of a query that selects one thing."""
    targets = [getattr(it.stmt, "target", None), *getattr(it.stmt, "targets", ())]
    is_alone = any(isinstance(one, ast.Tuple) and len(one.elts) == 1 for one in targets)
    return frozenset(k for k in given if isinstance(k, Instance)) if is_alone else NOTHING


def _filled(reader: "Reader", stmt: ast.AST, module: Module) -> Kinds:
    """Return several of what is put into the list or dict that *stmt* makes empty."""
    names = {it.id for it in getattr(stmt, "targets", []) if isinstance(it, ast.Name)}
    scope = scope_of(module, stmt)
    body: Sequence[ast.AST] = [*module.loose]
    if isinstance(scope, Function) and not isinstance(scope.node, ast.Lambda):
        body = scope.node.body
    found: Kinds = NOTHING
    for other in statements(body):
        match other:
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))], value=value) if (
                name in names
            ):
                found |= reader.expression(value, module, other)
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(
                        value=ast.Name(id=name), attr="append" | "add" | "appendleft"
                    ),
                    args=[value],
                )
            ) if name in names:
                found |= reader.expression(value, module, other)
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr="extend" | "update"),
                    args=[value],
                )
            ) if name in names:
                found |= items(reader.expression(value, module, other))
    return many(found)


def _entered(reader: "Reader", it: Binding, module: Module) -> Kinds:
    """Return what a ``with`` gives: by the class's own ``__enter__``, or what is handed to it."""
    found: Kinds = NOTHING
    for one in reader.expression(it.value, module, it.stmt):
        match one:
            case Instance():
                found |= called(reader, one, "__enter__", "__aenter__") or {one}
            case Many(item=item, is_query=False):
                found |= item
            case _:
                found |= {one}
    return found


def _enumerated(reader: "Reader", it: Binding, module: Module) -> Kinds:
    """Return a part of ``enumerate(x)``, ``zip(x, y)`` or ``x.items()``."""
    match it.value:
        case ast.Call(func=ast.Name(id="enumerate"), args=[first, *_]) if it.path[:1] == (1,):
            return unpacked(items(reader.expression(first, module, it.stmt)), it.path[1:])
        case ast.Call(func=ast.Name(id="zip"), args=args) if it.path and 0 <= it.path[0] < len(
            args
        ):
            found = items(reader.expression(args[it.path[0]], module, it.stmt))
            return unpacked(found, it.path[1:])
        case ast.Call(func=ast.Attribute(value=value, attr="items")) if it.path[:1] == (1,):
            found = items(reader.expression(value, module, it.stmt))
            return unpacked(found, it.path[1:])
    return NOTHING


def _imported(reader: "Reader", alias: ast.alias, module: Module) -> Kinds:
    name = alias.name if alias.asname else alias.name.partition(".")[0]
    found = reader.project.named(name, module.path)
    return frozenset([Package(found) if found else Foreign(name)])


def _from(reader: "Reader", stmt: ast.ImportFrom, alias: ast.alias, module: Module) -> Kinds:
    name = absolute(stmt, module)
    source = reader.project.named(name, module.path)
    if source and source is not module:
        if found := reader.global_name(alias.name, source):
            return found
        if source.names(alias.name):
            return NOTHING
    if inner := reader.project.named(f"{name}.{alias.name}", module.path):
        return frozenset([Package(inner)])
    return NOTHING if source else frozenset([Foreign(f"{name}.{alias.name}")])
