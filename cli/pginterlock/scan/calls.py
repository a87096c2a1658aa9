"""What a call gives: by the function called, or by what Django and SQLAlchemy make of it. Pure."""

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pginterlock.scan import frames, members, orm
from pginterlock.scan.definitions import is_abstract, result
from pginterlock.scan.iterating import called
from pginterlock.scan.kinds import (
    NOTHING,
    Callee,
    Class,
    Given,
    Instance,
    Kind,
    Kinds,
    Many,
    Method,
    Table,
    Tuple,
    Writing,
    at_key,
    classes,
    instances,
    items,
    many,
    union,
)
from pginterlock.scan.modules import Module
from pginterlock.scan.project import called_name, is_super

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_WRITING = frozenset(["update", "insert", "values", "returning", "on_conflict_do_update", "where"])
_INSERTS = frozenset(["insert", "pg_insert", "sqlite_insert", "mysql_insert", "dialect_insert"])
_OF_LISTS = orm.PAIR | orm.ONE | orm.IN_BULK | orm.SAME
_EXECUTING = frozenset(["scalars", "execute", "exec", "stream", "stream_scalars"])
_EXECUTING_FOR_ONE = frozenset(["scalar", "scalar_one", "scalar_one_or_none"])
_HANDING_ON = frozenset(["merge", "deepcopy", "copy", "cast", "attach"])
_MAKING = frozenset(["make", "prepare", "make_recipe", "blend"])
_PICKING = frozenset(["next", "max", "min", "choice"])
# What calls the function that it is given, and what gives it back, changed but for what it gives.
_RUNNING = frozenset(["to_thread", "run_in_executor", "run_sync", "run_in_threadpool"])
_WRAPPING = frozenset(["sync_to_async", "database_sync_to_async", "partial", "wraps", "async_to_sync"])


def call(reader: "Reader", node: ast.Call, module: Module, at: ast.AST) -> Kinds:
    """Return what a call gives."""
    func = node.func
    if isinstance(func, ast.Attribute):
        on = reader.expression(func.value, module, at)
        if on:
            found = union(_method(reader, it, node, module, at) for it in on)
            if found:
                return found
        name = func.attr
    else:
        name = func.id if isinstance(func, ast.Name) else ""
    if (loaded := _loaded(reader, name, node, module, at)) is not None:
        return loaded
    if isinstance(func, ast.Attribute) and is_super(func.value):
        return reader.models.inherited(name, module, at)
    kinds = reader.expression(func, module, at)
    said = union(_called(reader, it, node, module, at) for it in kinds)
    return said or _known(reader, name, node, module, at)


def _called(
    reader: "Reader", kind: Kind, node: ast.Call, module: Module, at: ast.AST
) -> Kinds:
    match kind:
        case Class(of=of):
            made = reader.models.made(of)
            if made != frozenset([Instance(of)]):
                return made
            return frames.made_with(reader, of, node, module, at)
        case Callee():
            found = result(reader, frames.with_arguments(reader, kind, node, module, at))
            return _of_class_asked(reader, found, node, module, at)
        case Method(of=of, name=name):
            return _of_query(of, name)
        case Many(is_query=False):
            return frozenset([kind])  # a set of forms
        case Instance():
            found = reader.attribute(frozenset([kind]), "__call__")
            return union(result(reader, it) for it in found if isinstance(it, Callee))
    return NOTHING


def _of_class_asked(
    reader: "Reader", found: Kinds, node: ast.Call, module: Module, at: ast.AST
) -> Kinds:
    """Return *found*, a base of a class that the call is handed as that class: ``get(Order, 1)``."""
    if not node.args or not any(isinstance(it, Instance) for it in found):
        return found
    asked = instances(reader.expression(node.args[0], module, at))
    heirs = {
        above: one
        for one in asked
        if isinstance(one, Instance)
        for above in reader.ancestry(one.of)[1:]
    }
    return frozenset(heirs.get(it.of, it) if isinstance(it, Instance) else it for it in found)


_NAMING = ("app_label", "model_name")


def _loaded(
    reader: "Reader", name: str, node: ast.Call, module: Module, at: ast.AST
) -> Kinds | None:
    """Return the class that text names, as in ``get_model("app", "Order")``; else None."""
    texts = [
        it.value
        for it in [*node.args, *(k.value for k in node.keywords if k.arg in _NAMING)]
        if isinstance(it, ast.Constant) and isinstance(it.value, str)
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
    reader: "Reader", kind: Kind, node: ast.Call, module: Module, at: ast.AST
) -> Kinds:
    """Return what a call of a method of a kind gives."""
    name = called_name(node)
    match kind:
        case Many():
            return _at_key(kind, node) or _of_many(reader, kind, name)
        case Instance() | Class():
            found = reader.attribute(frozenset([kind]), name)
            said = union(_called(reader, it, node, module, at) for it in found)
            return (
                said
                or _of_heirs(reader, kind, name, found)
                or reader.models.framework_call(kind, name)
            )
        case Table() | Writing():
            return _of_core(kind, name) | _returning(reader, node, module, at)
    return NOTHING


def _returning(reader: "Reader", node: ast.Call, module: Module, at: ast.AST) -> Kinds:
    """Return the rows that ``returning(Order)`` lets a statement give."""
    if called_name(node) != "returning":
        return NOTHING
    return _selected([*_flat(reader, node, module, at)])


def _at_key(kind: Many, node: ast.Call) -> Kinds:
    """Return what ``get`` or ``pop`` of a dict gives, where its keys are known."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="get" | "pop"), args=[ast.Constant(value=str(key)), *_]
        ) if kind.keys:
            return at_key(kind, key)
    return NOTHING


def _of_heirs(reader: "Reader", kind: Instance | Class, name: str, found: Kinds) -> Kinds:
    """Return what the method gives that heirs of a class define, where its own only raises."""
    if not found or not all(isinstance(it, Callee) and is_abstract(it.of) for it in found):
        return NOTHING
    heirs = members.of_heirs(reader, kind, name)
    return union(result(reader, it) for it in heirs if isinstance(it, Callee))


def _of_core(kind: Table | Writing, name: str) -> Kinds:
    """Return what a method of a table or a writing statement of SQLAlchemy Core gives."""
    match kind:
        case Table() if name in ("insert", "update"):
            return frozenset([Writing(name, frozenset([kind]))])
        case Table() if name == "select":
            return many(frozenset([kind]), is_query=True)
        case Writing() if name in _WRITING:
            return frozenset([kind])
    return NOTHING


def _of_many(reader: "Reader", kind: Many, name: str) -> Kinds:
    """Return what a method of a queryset, manager or list gives: its class's own comes first."""
    if kind.via is not None:
        found = reader.models.manager_method(kind, name)
        if said := union(result(reader, it) for it in found if isinstance(it, Callee)):
            return said
    return _of_query(kind, name) if kind.is_query else _of_list(kind, name)


def _of_query(kind: Many, name: str) -> Kinds:
    """Return what a method of a queryset or manager gives; one not known gives the same again."""
    if name in orm.PAIR:
        return frozenset([Tuple((kind.item, NOTHING))])
    if name in orm.ONE:
        return kind.item
    if name in orm.IN_BULK:
        return many(kind.item)
    return NOTHING if name in orm.NOT_OBJECTS else frozenset([kind])


def _of_list(kind: Many, name: str) -> Kinds:
    """Return what a method of a list or dict gives; one not known gives nothing."""
    if name in ("values", "items", "copy", "save"):
        return frozenset([kind])
    if name in ("setdefault", "popitem", "__getitem__"):
        return kind.item
    return _of_query(kind, name) if name in _OF_LISTS else NOTHING


def _known(reader: "Reader", name: str, node: ast.Call, module: Module, at: ast.AST) -> Kinds:
    """Return what a function or method is known to give by its name, whatever it belongs to."""
    args = [reader.expression(it, module, at) for it in node.args]
    first = args[0] if args else NOTHING
    match name, node:
        case "modelform_factory", _:
            return first  # a form is told as the row that it saves
        case "modelformset_factory" | "inlineformset_factory", _:
            return many(instances(args[-1] if name.startswith("inline") else first))
        case _ if name in orm.SELECTS:
            return _selected([*_flat(reader, node, module, at)])
        case "get" | "get_one", ast.Call(func=ast.Attribute()) if first:
            return instances(first)
        case "Table" | "table", ast.Call(args=[ast.Constant(value=table), *_]):
            return frozenset([Table(str(table))])
        case "getattr", ast.Call(args=[_, ast.Constant(value=member), *_]):
            return reader.attribute(first, str(member))
        case "map", ast.Call(args=[_, _, *_]):
            return many(union(result(reader, _with(it, items(args[1]))) for it in _callees(first)))
        case _ if name in _RUNNING:
            return union(result(reader, it) for them in args for it in _callees(them)) or _method_of(
                args
            )
        case "next" | "anext", ast.Call() if first:
            own = [it for it in first if isinstance(it, Instance)]
            return items(first) | union(called(reader, it, "__next__", "__anext__") for it in own)
    return _of_statement(name, first) or _of_builtin(name, args) or _of_arguments(name, args)


def _callees(kinds: Kinds) -> list[Callee]:
    return [it for it in kinds if isinstance(it, Callee)]


def _with(callee: Callee, first: Kinds) -> Callee:
    """Return a function with what it is called with."""
    args = callee.of.node.args
    plain = [*args.posonlyargs, *args.args][:1]
    given: Given = frozenset((it.arg, first) for it in plain if first)
    return Callee(callee.of, callee.bound, given)


def _method_of(args: Sequence[Kinds]) -> Kinds:
    """Return what the first of *args* that is a method of a query gives."""
    return union(_of_query(it.of, it.name) for them in args for it in them if isinstance(it, Method))


def _selected(asked: Sequence[Kinds]) -> Kinds:
    """Return the query that selects *asked*."""
    parts = [instances(it) | frozenset(k for k in it if isinstance(k, Table)) for it in asked]
    if len(parts) == 1:
        return many(parts[0], is_query=True)
    return many(frozenset([Tuple(tuple(parts))]), is_query=True) if any(parts) else NOTHING


def _of_statement(name: str, first: Kinds) -> Kinds:
    """Return the statement that writes *first*, or what executing *first* gives."""
    if name in _INSERTS or name == "update":
        about = frozenset(it for it in first if isinstance(it, (Class, Table)))
        verb = "update" if name == "update" else "insert"
        return frozenset([Writing(verb, about)]) if about else NOTHING
    if name in _EXECUTING:
        return frozenset(it for it in first if isinstance(it, Many))
    if name in _EXECUTING_FOR_ONE:
        return items(frozenset(it for it in first if isinstance(it, Many)))
    return NOTHING


def _of_builtin(name: str, args: Sequence[Kinds]) -> Kinds:
    """Return what ``filter(test, them)`` or ``type(it)`` gives."""
    match name, args:
        case "filter", [_, them]:
            return them
        case "type", [it]:
            return classes(it)
        case "groupby", [them, *_]:
            return many(frozenset([Tuple((NOTHING, them))]))
        case "gather", [_, *_]:
            return frozenset([Tuple(tuple(args))])
    return NOTHING


def _of_arguments(name: str, args: Sequence[Kinds]) -> Kinds:
    """Return what a function gives that hands on what it is given, or makes it of a class."""
    first = args[0] if args else NOTHING
    if name in orm.ONE_OF:
        return instances(first) | items(first)
    if name in orm.LIST_OF:
        return many(instances(first) | items(first))
    if name in _HANDING_ON:
        return union(args) | (instances(first) if name == "cast" else NOTHING)
    if name in _MAKING:
        return instances(first)
    if name in _PICKING:
        return items(first)
    if name in _WRAPPING:
        return frozenset(it for it in first if isinstance(it, (Callee, Method)))
    return first if name in orm.SAME_AS_FIRST else NOTHING


def _flat(reader: "Reader", node: ast.Call, module: Module, at: ast.AST) -> Iterator[Kinds]:
    for it in node.args:
        for one in it.elts if isinstance(it, (ast.List, ast.Tuple)) else [it]:
            if isinstance(one, ast.Starred):
                continue
            yield reader.expression(one, module, at)
