"""What a call gives: by the function called, or by what Django and SQLAlchemy make of it. Pure."""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pginterlock.scan import orm
from pginterlock.scan.definitions import result
from pginterlock.scan.kinds import (
    NOTHING,
    Callee,
    Class,
    Foreign,
    Instance,
    Kind,
    Kinds,
    Made,
    Many,
    Table,
    Tuple,
    Writing,
    classes,
    instances,
    items,
    many,
    union,
)
from pginterlock.scan.modules import Module

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_WRITING = frozenset(["update", "insert", "values", "returning", "on_conflict_do_update", "where"])
_INSERTS = frozenset(["insert", "pg_insert", "sqlite_insert", "mysql_insert", "dialect_insert"])


def call(reader: "Reader", node: ast.Call, module: Module, at: ast.AST) -> Kinds:
    """Return what a call gives."""
    func = node.func
    if isinstance(func, ast.Attribute):
        on = reader.expression(func.value, module, at)
        if on:
            found = union(_method(reader, it, func.attr, node, module, at) for it in on)
            if found:
                return found
        name = func.attr
    else:
        name = func.id if isinstance(func, ast.Name) else ""
    if (loaded := _loaded(reader, name, node, module, at)) is not None:
        return loaded
    said = union(_called(reader, it) for it in reader.expression(func, module, at))
    return said or _known(reader, name, node, module, at)


def _called(reader: "Reader", kind: Kind) -> Kinds:
    match kind:
        case Class(of=of):
            return reader.models.made(of)
        case Callee():
            return result(reader, kind)
        case Instance(of=of):
            found = reader.attribute(frozenset([kind]), "__call__")
            return union(result(reader, it) for it in found if isinstance(it, Callee))
    return NOTHING


def _loaded(
    reader: "Reader", name: str, node: ast.Call, module: Module, at: ast.AST
) -> Kinds | None:
    """Return the class that is named by text: ``get_model("app", "Order")``; None for another call."""
    texts = [
        it.value for it in node.args if isinstance(it, ast.Constant) and isinstance(it.value, str)
    ]
    if name in orm.LOADED and texts:
        return reader.models.named(texts[-1], module)
    if name == "get_user_model" and not node.args:
        return reader.models.user()
    if name == "get_classes" and node.args[1:] and isinstance(node.args[1], (ast.List, ast.Tuple)):
        names = [it.value for it in node.args[1].elts if isinstance(it, ast.Constant)]
        return frozenset([Tuple(tuple(reader.models.named(str(it), module) for it in names))])
    if name == "super" and not node.args:
        return reader.models.parents(module, at)
    return None


def _method(
    reader: "Reader", kind: Kind, name: str, node: ast.Call, module: Module, at: ast.AST
) -> Kinds:
    match kind:
        case Many():
            return _of_many(reader, kind, name, node, module, at)
        case Instance() | Class():
            found = reader.attribute(frozenset([kind]), name)
            said = union(_called(reader, it) for it in found)
            return said or reader.models.framework_call(kind, name)
        case Table() if name in ("insert", "update"):
            return frozenset([Writing(name, frozenset([kind]))])
        case Table() if name == "select":
            return many(frozenset([kind]), is_query=True)
        case Writing() if name in _WRITING:
            return frozenset([kind])
        case Foreign(name=base):
            return NOTHING
        case Made():
            return NOTHING
    return NOTHING


def _of_many(
    reader: "Reader", kind: Many, name: str, node: ast.Call, module: Module, at: ast.AST
) -> Kinds:
    if kind.via is not None:
        found = reader.models.manager_method(kind, name)
        if found:
            said = union(result(reader, it) for it in found if isinstance(it, Callee))
            if said:
                return said
    if not kind.is_query and name in ("values", "items", "copy"):
        return frozenset([kind])
    if name in orm.PAIR:
        return frozenset([Tuple((kind.item, NOTHING))])
    if name in orm.ONE or (not kind.is_query and name in ("setdefault", "popitem", "__getitem__")):
        return kind.item
    if name in ("bulk_create", "abulk_create"):
        return many(kind.item)
    if name in orm.NOT_OBJECTS:
        return NOTHING
    if name == "in_bulk":
        return many(kind.item)
    if name in orm.SAME or kind.is_query:
        return frozenset([kind])
    return NOTHING


def _known(reader: "Reader", name: str, node: ast.Call, module: Module, at: ast.AST) -> Kinds:
    """Return what a function or method is known to give by its name, whatever it belongs to."""
    args = [reader.expression(it, module, at) for it in node.args]
    first = args[0] if args else NOTHING
    if name in orm.ONE_OF:
        return instances(first) | items(first)
    if name in orm.LIST_OF:
        return many(instances(first) | items(first))
    if name in orm.SELECTS:
        parts = [
            instances(it) | frozenset(k for k in it if isinstance(k, Table))
            for it in _flat(reader, node, module, at)
        ]
        if len(parts) == 1:
            return many(parts[0], is_query=True)
        return many(frozenset([Tuple(tuple(parts))]), is_query=True) if any(parts) else NOTHING
    if name == "get" and first and isinstance(node.func, ast.Attribute):
        return instances(first)
    if name in _INSERTS or name == "update":
        about = frozenset(it for it in first if isinstance(it, (Class, Table)))
        return (
            frozenset([Writing("update" if name == "update" else "insert", about)])
            if about
            else NOTHING
        )
    if name in ("scalars", "execute", "stream", "stream_scalars"):
        return frozenset(it for it in first if isinstance(it, Many))
    if name in ("scalar", "scalar_one", "scalar_one_or_none"):
        return items(frozenset(it for it in first if isinstance(it, Many)))
    if name in ("merge", "deepcopy", "copy", "cast", "attach"):
        return union(args) | instances(args[0] if name == "cast" and args else NOTHING)
    if name in orm.SAME_AS_FIRST:
        return first
    if name == "aliased":
        return first
    if name in ("getattr",) and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
        return reader.attribute(first, str(node.args[1].value))
    if name == "Table" and node.args and isinstance(node.args[0], ast.Constant):
        return frozenset([Table(str(node.args[0].value))])
    if name in ("type",) and len(node.args) == 1:
        return classes(first)
    if name in ("next", "max", "min", "choice"):
        return items(first)
    if name == "filter" and len(args) == 2:  # noqa: PLR2004 - filter(test, them)
        return args[1]
    if name in ("make", "prepare", "make_recipe", "blend") and first:
        return instances(first)
    if name in ("field", "attrib", "Factory"):
        return NOTHING
    return NOTHING


def _flat(reader: "Reader", node: ast.Call, module: Module, at: ast.AST) -> Iterator[Kinds]:
    for it in node.args:
        for one in it.elts if isinstance(it, (ast.List, ast.Tuple)) else [it]:
            if isinstance(one, ast.Starred):
                continue
            yield reader.expression(one, module, at)
