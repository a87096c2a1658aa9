"""What functions are known to give by their names, whatever they belong to. Pure."""

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pginterlock.scan import orm
from pginterlock.scan.definitions import last_name, result
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
    classes,
    instances,
    items,
    many,
    union,
)
from pginterlock.scan.modules import Module
from pginterlock.scan.query_methods import of_query
from pginterlock.scan.texts import Texts

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_INSERTS = frozenset(["insert", "pg_insert", "sqlite_insert", "mysql_insert", "dialect_insert"])
_EXECUTING = frozenset(["scalars", "execute", "exec", "stream", "stream_scalars"])
_EXECUTING_FOR_ONE = frozenset(["scalar", "scalar_one", "scalar_one_or_none"])
_HANDING_ON = frozenset(["merge", "deepcopy", "copy", "cast", "attach"])
_MAKING = frozenset(["make", "prepare", "make_recipe", "blend"])
_PICKING = frozenset(["next", "max", "min", "choice"])
# What calls the function that it is given, and what gives it back, changed but for what it gives.
_RUNNING = frozenset(["to_thread", "run_in_executor", "run_sync", "run_in_threadpool"])
_DEPENDING = frozenset(["Depends", "Security"])  # of a function that may yield what it gives
_WRAPPING = frozenset(
    ["sync_to_async", "database_sync_to_async", "partial", "wraps", "async_to_sync"]
)
_FORM = "modelform_factory"  # a form is told as the row that it saves
_MANAGER = "from_queryset"  # a class of managers is told as the one whose methods it has
_FORM_SETS = frozenset(["modelformset_factory", "inlineformset_factory"])
# Of these, all that they are given tells something; of the others, only what comes first.
_WHOLE = frozenset(["filter", "gather", "map", "type", "zip"]).union(
    _HANDING_ON, _RUNNING, _FORM_SETS
)
_BUILTIN = frozenset(
    ["filter", "type", "groupby", "next", "anext", "gather", "map", "zip", "dict", "OrderedDict"]
)
# Of all others nothing is known, whatever they are given.
_KNOWN = frozenset(
    ["get", "get_one", "Table", "table", "create_table", "getattr", "update", "returning"]
).union(
    [_FORM, _MANAGER],
    *(_INSERTS, _EXECUTING, _EXECUTING_FOR_ONE, _HANDING_ON, _MAKING, _PICKING, _RUNNING),
    *(_DEPENDING, _WRAPPING, _FORM_SETS, _BUILTIN),
    *(orm.SELECTS, orm.ONE_OF, orm.LIST_OF, orm.SAME_AS_FIRST),
)


def known(reader: "Reader", name: str, node: ast.Call, module: Module, at: ast.AST) -> Kinds:
    """Return what a function or method is known to give by its name, whatever it belongs to."""
    if name not in _KNOWN:
        return NOTHING
    if name in orm.SELECTS or name == "returning":
        return selected([*_flat(reader, node, module, at)])
    if not node.args:
        return NOTHING
    asked = len(node.args) if name in _WHOLE else 1
    args = [
        reader.expression(it, module, at) if number < asked else NOTHING
        for number, it in enumerate(node.args)
    ]
    first = args[0]
    return (
        _of_constant(reader, name, node, first)
        or _of_named(reader, name, node, first, module, at)
        or _of_statement(name, first)
        or _of_builtin(reader, name, args)
        or _of_functions(reader, name, args)
        or _of_arguments(name, args)
    )


def _of_constant(reader: "Reader", name: str, node: ast.Call, first: Kinds) -> Kinds:
    """Return what a call gives that names a table or an attribute, or asks for one row."""
    match name, node:
        case "get", ast.Call(
            func=ast.Attribute(value=ast.Attribute(attr="tables")),
            args=[ast.Constant(value=str(table)), *_],
        ):
            return frozenset([Table(table)])  # of SQLAlchemy's metadata
        case "get" | "get_one", ast.Call(func=ast.Attribute()):
            return instances(first)
        case "Table" | "table" | "create_table", ast.Call(args=[ast.Constant(value=table), *_]):
            return frozenset([Table(str(table))])
        case "getattr", ast.Call(args=[_, ast.Constant(value=member), *_]):
            return reader.attribute(first, str(member))
    return NOTHING


def _of_named(
    reader: "Reader", name: str, node: ast.Call, first: Kinds, module: Module, at: ast.AST
) -> Kinds:
    """Return what ``getattr(order, name)`` gives, or ``Table(name)``, where the name is told."""
    held = frozenset(it for it in first if isinstance(it, Instance))
    match name, node.args:
        case "getattr", [on, asked, *_] if held and last_name(on) != "self":
            said = Texts(reader).of(asked, module, at)
            return union(reader.attribute(held, it) for it in sorted(said))
        case "Table", [ast.Name() | ast.Attribute() | ast.JoinedStr() | ast.BinOp() as asked, *_]:
            return frozenset(map(Table, Texts(reader).of(asked, module, at)))
    return NOTHING


def selected(asked: Sequence[Kinds]) -> Kinds:
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


def _of_builtin(reader: "Reader", name: str, args: Sequence[Kinds]) -> Kinds:
    """Return what ``filter(test, them)`` or ``type(it)`` gives."""
    found: Kinds = NOTHING
    match name, args:
        case "filter", [_, them]:
            found = them
        case "type", [it]:
            found = classes(it)
        case "type", [_, bases, *_]:  # a class that is made of others
            found = frozenset(one for one in items(bases) if isinstance(one, Class))
        case "groupby", [them, *_]:
            found = many(frozenset([Tuple((NOTHING, them))]))
        case "next" | "anext", [them, *_]:
            own = [it for it in them if isinstance(it, Instance)]
            found = items(them) | union(called(reader, it, "__next__", "__anext__") for it in own)
        case "dict" | "OrderedDict", [them, *_]:
            found = union(map(_values, them))
        case "zip", [_, *_] if any(args):
            found = many(frozenset([Tuple(tuple(map(items, args)))]))
        case "gather", [_, *_]:
            found = frozenset([Tuple(tuple(args))])
    return found


def _values(pairs: Kind) -> Kinds:
    """Return the dict that is made of *pairs*, or of another dict."""
    if not isinstance(pairs, Many):
        return NOTHING
    told = [it.parts for it in pairs.item if isinstance(it, Tuple)]
    found = union(parts[1] for parts in told if len(parts) == 2)  # noqa: PLR2004 - key and value
    return many(found) if told else frozenset([pairs])


def _of_functions(reader: "Reader", name: str, args: Sequence[Kinds]) -> Kinds:
    """Return what a call gives that runs a function it is handed, or hands one back changed."""
    if name == "map" and len(args) > 1:
        return many(union(result(reader, _with(it, items(args[1]))) for it in _callees(args[0])))
    if name in _RUNNING:
        methods = [it for them in args for it in them if isinstance(it, Method)]
        return union(
            [
                *(result(reader, it) for them in args for it in _callees(them)),
                *(of_query(it.of, it.name) for it in methods),
            ]
        )
    if name in _DEPENDING:
        given = union(result(reader, it) for it in _callees(args[0]))
        return frozenset(k for k in given if not isinstance(k, Many)) or given | items(given)
    if name in _WRAPPING:
        return frozenset(it for it in args[0] if isinstance(it, (Callee, Method)))
    return NOTHING


def _of_arguments(name: str, args: Sequence[Kinds]) -> Kinds:
    """Return what a function gives that hands on what it is given, or makes it of a class."""
    first = args[0]
    if name in orm.ONE_OF:
        return instances(first) | items(first)
    if name in orm.LIST_OF:
        return many(instances(first) | items(first))
    if name in _FORM_SETS:
        return many(instances(args[-1] if name.startswith("inline") else first))
    if name in _HANDING_ON:
        return union(args) | (instances(first) if name == "cast" else NOTHING)
    if name in _MAKING or name in _PICKING:
        return instances(first) if name in _MAKING else items(first)
    return first if name in orm.SAME_AS_FIRST or name in (_FORM, _MANAGER) else NOTHING


def _callees(kinds: Kinds) -> list[Callee]:
    return [it for it in kinds if isinstance(it, Callee)]


def _with(callee: Callee, first: Kinds) -> Callee:
    """Return a function with what it is called with."""
    args = callee.of.node.args
    plain = [*args.posonlyargs, *args.args][:1]
    given: Given = frozenset((it.arg, first) for it in plain if first)
    return Callee(callee.of, callee.bound, given)


def _flat(reader: "Reader", node: ast.Call, module: Module, at: ast.AST) -> Iterator[Kinds]:
    for it in node.args:
        for one in it.elts if isinstance(it, (ast.List, ast.Tuple)) else [it]:
            if isinstance(one, ast.Starred):
                held = reader.expression(one.value, module, at)
                yield from (part for k in held if isinstance(k, Tuple) for part in k.parts)
                continue
            yield reader.expression(one, module, at)
