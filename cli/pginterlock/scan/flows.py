"""Where dicts go: from the place that puts a column into one to the call that writes it. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Class, Function, Instance, Kinds, Many, Table, Writing
from pginterlock.scan.modules import Module, arguments, function_of, statements
from pginterlock.scan.project import called_name, own_expressions
from pginterlock.scan.wanted import Wanted, fits

CREATING = frozenset(
    [
        "create",
        "acreate",
        "get_or_create",
        "update_or_create",
        "aget_or_create",
        "aupdate_or_create",
    ]
)
UPDATING = frozenset(["update", "aupdate"])
MAPPINGS = frozenset(
    ["bulk_insert_mappings", "bulk_update_mappings", "execute", "executemany", "scalars", "scalar"]
)
_MAKERS = frozenset(["make", "prepare", "make_recipe", "blend"])
_DEPTH = 3
_FEW = 12  # files: a name that more of them call says nothing


@dataclass(frozen=True, slots=True)
class Sink:
    """A call that writes what it is given, or a `setattr` of what a loop runs over."""

    construct: str
    call: ast.Call
    stmt: ast.stmt
    module: Module
    is_new: bool | None
    receiver: ast.AST | None = None


def writes_with(
    reader: Reader, wanted: Wanted, call: ast.Call, module: Module, stmt: ast.AST
) -> tuple[str, bool | None] | None:
    """Return the construct by which the keywords of *call* are columns, and whether rows are new."""
    func, name = call.func, called_name(call)
    kinds = reader.expression(func, module, stmt)
    for it in kinds:
        if isinstance(it, Class):
            if fits(reader, wanted, frozenset([Instance(it.of)])) and not _is_form(reader, it):
                return "kwarg_ctor", True
            if fits(reader, wanted, _factory(reader, it)):
                return "kwarg_factory", True
    if isinstance(func, ast.Attribute):
        on = reader.expression(func.value, module, stmt)
        if found := _on(reader, wanted, name, on, call, is_super=_is_super(func.value)):
            return found
    if name in _MAKERS and call.args:
        about = reader.expression(call.args[0], module, stmt)
        if fits(reader, wanted, about):
            return "kwarg_factory", True
    return None


def _on(
    reader: Reader, wanted: Wanted, name: str, on: Kinds, call: ast.Call, *, is_super: bool
) -> tuple[str, bool | None] | None:
    for it in on:
        match it:
            case Many(is_query=True) if fits(reader, wanted, frozenset([it])):
                own = reader.models.manager_method(it, name) if it.via and not is_super else ()
                if name in CREATING and not own:
                    is_both = "or_create" in name
                    return (
                        "get_or_create_kwarg" if is_both else "kwarg_create"
                    ), None if is_both else True
                if name in UPDATING and not own:
                    return "queryset_update", False
            case Writing(verb=verb, of=of) if name in ("values", "insert", "update") and fits(
                reader, wanted, of
            ):
                return f"core_{verb}", verb == "insert"
            case Class(of=of) if name in (
                "create",
                "build",
                "create_batch",
                "build_batch",
                "create_sync",
            ):
                if fits(reader, wanted, _factory(reader, it)):
                    return "kwarg_factory", True
            case Instance(of=of) if name == "save" and not reader.models.is_model(of):
                if fits(reader, wanted, reader.models.about(of)):
                    return "serializer_save", None
    return None


def _factory(reader: Reader, it: Class) -> Kinds:
    made = reader.models.made(it.of)
    return (
        made
        if made != frozenset([Instance(it.of)]) and not any(isinstance(k, Many) for k in made)
        else frozenset()
    )


def _is_form(reader: Reader, it: Class) -> bool:
    return False


def _is_super(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
    )


def takes_dict(
    reader: Reader, wanted: Wanted, call: ast.Call, held: ast.AST, module: Module, stmt: ast.AST
) -> tuple[str, bool | None] | None:
    """Return the construct by which a dict that *call* is given as *held* is written."""
    name = called_name(call)
    for it in call.keywords:
        if not _holds(it.value, held):
            continue
        if it.arg is None:
            found = writes_with(reader, wanted, call, module, stmt)
            return (found[0].replace("kwarg_", "kwarg_splat_"), found[1]) if found else None
        if it.arg in ("defaults", "create_defaults"):
            found = writes_with(reader, wanted, call, module, stmt)
            return ("defaults", None) if found and "or_create" in name else None
        if it.arg in ("set_", "values"):
            on = (
                reader.expression(call.func.value, module, stmt)
                if isinstance(call.func, ast.Attribute)
                else frozenset()
            )
            if any(isinstance(k, Writing) and fits(reader, wanted, k.of) for k in on):
                return "core_upsert" if it.arg == "set_" else "core_update", None
    if not any(_holds(it, held) for it in call.args):
        return None
    if isinstance(call.func, ast.Attribute) and name in ("update", "values"):
        on = reader.expression(call.func.value, module, stmt)
        for kind in on:
            if (
                isinstance(kind, Many)
                and kind.is_query
                and name == "update"
                and fits(reader, wanted, frozenset([kind]))
            ):
                return "query_update", False
            if isinstance(kind, Writing) and fits(reader, wanted, kind.of):
                return f"core_{kind.verb}", kind.verb == "insert"
    if name in MAPPINGS and call.args and call.args[0] is not held:
        first = reader.expression(call.args[0], module, stmt)
        for kind in first:
            if isinstance(kind, Writing) and fits(reader, wanted, kind.of):
                return f"core_{kind.verb}", kind.verb == "insert"
        if "mappings" in name and fits(reader, wanted, first):
            return name, "insert" in name
    return None


def _holds(outer: ast.AST, inner: ast.AST) -> bool:
    if outer is inner:
        return True
    match outer:
        case ast.List(elts=elts) | ast.Tuple(elts=elts):
            return any(_holds(it, inner) for it in elts)
        case ast.ListComp(elt=elt) | ast.GeneratorExp(elt=elt):
            return _holds(elt, inner)
        case ast.Dict(keys=keys, values=values):
            return any(k is None and _holds(v, inner) for k, v in zip(keys, values, strict=True))
        case ast.BinOp(left=left, right=right):
            return _holds(left, inner) or _holds(right, inner)
        case ast.IfExp(body=one, orelse=other):
            return _holds(one, inner) or _holds(other, inner)
    return False


def sinks(
    reader: Reader,
    wanted: Wanted,
    name: str,
    module: Module,
    function: Function | None,
    depth: int = 0,
) -> list[Sink]:
    """Return the calls that write what the dict (or list of dicts) named *name* holds."""
    key = (function or module.path, name)
    if key not in wanted.flows:
        if depth > _DEPTH:
            return []
        wanted.flows[key] = []  # what comes back to itself
        found = dict.fromkeys(_sinks(reader, wanted, name, module, function, depth))
        wanted.flows[key] = list(found)
    return wanted.flows[key]


def _sinks(
    reader: Reader, wanted: Wanted, name: str, module: Module, function: Function | None, depth: int
) -> Iterator[Sink]:
    calls, others = _uses(reader, module, function)
    for call, held, stmt in calls.get(name, ()):
        if found := takes_dict(reader, wanted, call, held, module, stmt):
            yield Sink(found[0], call, stmt, module, found[1], call.func)
        else:
            yield from _through(reader, wanted, call, held, stmt, module, function, depth)
    for stmt in others.get(name, ()):
        yield from _of_statement(reader, wanted, name, stmt, module, function, depth)


_Calls = dict[str, list[tuple[ast.Call, ast.Name, ast.stmt]]]
Uses = tuple[_Calls, dict[str, list[ast.stmt]]]


def _uses(reader: Reader, module: Module, function: Function | None) -> Uses:
    """Return the calls of a scope that are handed a name, and the statements that pass one on."""
    node: ast.AST = function.node if function else module.tree
    if node not in reader.uses:
        calls: _Calls = {}
        others: dict[str, list[ast.stmt]] = {}
        body = getattr(node, "body", None)
        for stmt in statements(body) if isinstance(body, list) else ():
            if not isinstance(stmt, ast.stmt):
                continue
            for part in own_expressions(stmt):
                for call in ast.walk(part):
                    if isinstance(call, ast.Call):
                        for held in _handed(call):
                            calls.setdefault(held.id, []).append((call, held, stmt))
            for name in _passed_on(stmt):
                others.setdefault(name, []).append(stmt)
        reader.uses[node] = (calls, others)
    return reader.uses[node]


def _handed(call: ast.Call) -> Iterator[ast.Name]:
    for held in [*call.args, *(k.value for k in call.keywords)]:
        if isinstance(held, ast.Name):
            yield held
        elif isinstance(held, (ast.List, ast.Tuple, ast.Dict, ast.BinOp)):
            for one in ast.walk(held):
                if isinstance(one, ast.Name) and _holds(held, one):
                    yield one


def _passed_on(stmt: ast.stmt) -> Iterator[str]:
    match stmt:
        case ast.Assign(targets=[ast.Name()], value=value):
            yield from (it.id for it in ast.walk(value) if isinstance(it, ast.Name))
        case ast.Return(value=ast.Name(id=name)):
            yield name
        case ast.For(iter=ast.Call(func=ast.Attribute(value=ast.Name(id=over), attr="items"))):
            yield over


def _through(
    reader: Reader,
    wanted: Wanted,
    call: ast.Call,
    held: ast.Name,
    stmt: ast.stmt,
    module: Module,
    function: Function | None,
    depth: int,
) -> Iterator[Sink]:
    """Yield where a dict goes that is put into another, or handed to a function."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=other), attr="update" | "append" | "extend") if (
            other != held.id
        ):
            yield from sinks(reader, wanted, other, module, function, depth + 1)
            return
    for it in reader.expression(call.func, module, stmt):
        if isinstance(it, Callee) and (into := _parameter(it, call, held)):
            yield from sinks(reader, wanted, into, it.of.module, it.of, depth + 1)


def _parameter(callee: Callee, call: ast.Call, held: ast.AST) -> str | None:
    node = callee.of.node
    plain = [*node.args.posonlyargs, *node.args.args]
    if callee.of.owner is not None and callee.bound is not None:
        plain = plain[1:]
    for number, it in enumerate(call.args):
        if it is held and number < len(plain):
            return plain[number].arg
    for keyword in call.keywords:
        if keyword.value is held:
            if keyword.arg is None:
                return node.args.kwarg.arg if node.args.kwarg else None
            if any(it.arg == keyword.arg for it in arguments(node)):
                return keyword.arg
    return None


def _of_statement(
    reader: Reader,
    wanted: Wanted,
    name: str,
    stmt: ast.stmt,
    module: Module,
    function: Function | None,
    depth: int,
) -> Iterator[Sink]:
    match stmt:
        case ast.Assign(targets=[ast.Name(id=other)], value=value) if other != name and _copies(
            value, name
        ):
            yield from sinks(reader, wanted, other, module, function, depth + 1)
        case ast.Return(value=ast.Name(id=returned)) if returned == name and function:
            yield from _of_result(reader, wanted, function, depth)
        case ast.For(iter=ast.Call(func=ast.Attribute(value=ast.Name(id=over), attr="items"))) if (
            over == name
        ):
            for inner in ast.walk(stmt):
                if (
                    isinstance(inner, ast.Call)
                    and called_name(inner) == "setattr"
                    and len(inner.args) > 1
                ):
                    holder = next((s for s in stmt.body if inner in ast.walk(s)), stmt.body[0])
                    if not isinstance(inner.args[1], ast.Constant) and fits(
                        reader, wanted, reader.expression(inner.args[0], module, holder)
                    ):
                        yield Sink("setattr_dynamic", inner, holder, module, False, inner.args[0])


def _copies(value: ast.AST, name: str) -> bool:
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=it), attr="copy")):
            return it == name
        case ast.Call(func=ast.Name(id="dict"), args=[ast.Name(id=it)]):
            return it == name
        case ast.Dict(keys=keys, values=values):
            return any(
                k is None and isinstance(v, ast.Name) and v.id == name
                for k, v in zip(keys, values, strict=True)
            )
        case ast.List(elts=elts):
            return any(isinstance(it, ast.Name) and it.id == name for it in elts)
    return False


def _of_result(reader: Reader, wanted: Wanted, function: Function, depth: int) -> Iterator[Sink]:
    """Yield where a dict goes that a function returns."""
    if depth >= _DEPTH:
        return
    for module, call, stmt in reader.project.calls(function.name, _FEW):
        match stmt:
            case ast.Assign(targets=[ast.Name(id=other)], value=value) if value is call:
                yield from sinks(
                    reader, wanted, other, module, function_of(module, stmt), depth + 1
                )
                continue
        for part in own_expressions(stmt):
            for node in ast.walk(part):
                if isinstance(node, ast.Call) and any(k.value is call for k in node.keywords) | (
                    call in node.args
                ):
                    if found := takes_dict(reader, wanted, node, call, module, stmt):
                        yield Sink(found[0], node, stmt, module, found[1], node.func)


def table_kinds(kinds: Kinds) -> bool:
    """Say whether a table of Core is among *kinds*."""
    return any(isinstance(it, Table) for it in kinds)
