"""What a name is by the statement that gives it its value. Pure."""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pginterlock.scan import definitions, filling, narrowing, parameters
from pginterlock.scan.iterating import as_tuples, called, fitting, run_over
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
    unpacked,
)
from pginterlock.scan.modules import Binding, Module
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
            yield said or filling.filled(reader, it, reader.expression(value, module, stmt), module)
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
            if it.path:
                found = unpacked(fitting(as_tuples(reader, given), it.stmt), it.path)
                yield found or _alone(it, given)
            else:
                yield filling.filled(reader, it, given, module)
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
