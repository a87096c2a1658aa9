"""Where dicts go: from the place that puts a column into one to the call that writes it. Pure."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeGuard

from pginterlock.scan.bindings import own_expressions
from pginterlock.scan.frames import Frame, frame, says_which, with_arguments
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Class, Function, classes
from pginterlock.scan.modules import Module, arguments, function_of, statements
from pginterlock.scan.project import called_name
from pginterlock.scan.sinks import holds, takes_dict
from pginterlock.scan.wanted import Wanted, fits

_DEPTH = 3
_LOOP = "setattr_dynamic"
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
    inside: tuple[Module, ast.stmt] | None = None  # where what is called writes it


def sinks(
    reader: Reader,
    wanted: Wanted,
    name: str,
    module: Module,
    function: Function | None,
    depth: int = 0,
    frame: Frame | None = None,
) -> list[Sink]:
    """Return the calls that write what the dict (or list of dicts) named *name* holds.

    With *frame*, those of the function as it is called there.
    """
    key = (function or module.path, name, frame)
    if key not in wanted.flows:
        if depth > _DEPTH:
            return []
        wanted.flows[key] = []  # what comes back to itself
        above, reader.frame = reader.frame, frame
        try:
            found = dict.fromkeys(_sinks(reader, wanted, name, module, function, depth))
        finally:
            reader.frame = above
        wanted.flows[key] = list(found)
    return wanted.flows[key]


def handed_on(
    reader: Reader,
    wanted: Wanted,
    callee: Callee,
    name: str,
    call: ast.Call,
    stmt: ast.stmt,
    module: Module,
    depth: int,
) -> Iterator[Sink]:
    """Yield the calls that write what a call hands to the parameter *name* of a function.

    Where the function writes rows of any class that it is handed, the call itself is the one.
    """
    there = (callee.of.module, callee.of)
    if not any(name in them for them in _uses(reader, *there)):
        return
    plain = sinks(reader, wanted, name, *there, depth + 1)
    given = frame(with_arguments(reader, callee, call, module, stmt))
    is_general = given is not None and (
        says_which(reader, given) or not plain or any(_is_of_several(reader, it) for it in plain)
    )
    if not is_general:
        yield from plain
        return
    for it in sinks(reader, wanted, name, *there, depth + 1, given)[:1]:
        inside = it.inside or (it.module, it.stmt)
        yield Sink(it.construct, call, stmt, module, it.is_new, it.receiver, inside)


def _is_of_several(reader: Reader, sink: Sink) -> bool:
    """Say whether a call writes rows of several models, as far as its function alone can tell."""
    kinds = reader.expression(sink.receiver, sink.module, sink.stmt)
    return len({it.of.name for it in classes(kinds) if isinstance(it, Class)}) > 1


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
        own = list(statements(body if isinstance(body, list) else []))
        for it in own:
            if isinstance(it, ast.stmt):
                for name in _passed_on(it):
                    others.setdefault(name, []).append(it)
        for stmt in _with_inner(own):
            for part in own_expressions(stmt):
                for call in ast.walk(part):
                    if isinstance(call, ast.Call):
                        for held in _handed(call):
                            calls.setdefault(held.id, []).append((call, held, stmt))
        reader.uses[node] = (calls, others)
    found: Uses = reader.uses[node]
    return found


def _with_inner(them: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """Yield statements, and those of the functions among them."""
    for stmt in them:
        if isinstance(stmt, ast.stmt):
            yield stmt
        if isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _with_inner(statements(stmt.body))


def _handed(call: ast.Call) -> Iterator[ast.Name]:
    for held in [*call.args, *(k.value for k in call.keywords)]:
        if isinstance(held, ast.Name):
            yield held
        elif isinstance(held, (ast.List, ast.Tuple, ast.Dict, ast.BinOp)):
            for one in ast.walk(held):
                if isinstance(one, ast.Name) and holds(held, one):
                    yield one


def _passed_on(stmt: ast.stmt) -> Iterator[str]:
    match stmt:
        case ast.Assign(targets=[ast.Name()], value=value):
            yield from (it.id for it in ast.walk(value) if isinstance(it, ast.Name))
        case ast.Return(value=ast.Name(id=name)):
            yield name
        case ast.For(iter=over):
            yield from filter(None, [_run_over(over)])


def _run_over(node: ast.AST) -> str | None:
    """Return the name of the dict that a loop runs over."""
    match node:
        case (
            ast.Name(id=name)
            | ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="items" | "keys"))
        ):
            return name
        case ast.Call(func=ast.Name(id="list" | "sorted"), args=[inner]):
            return _run_over(inner)
    return None


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
        if isinstance(it, Callee) and (into := parameter_of(it, call, held)):
            yield from handed_on(reader, wanted, it, into, call, stmt, module, depth)


def parameter_of(callee: Callee, call: ast.Call, held: ast.AST) -> str | None:
    """Return the parameter of a function to which a call hands *held*; None where to none."""
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
        case ast.For(iter=over) if _run_over(over) == name:
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
                        yield Sink(_LOOP, inner, holder, module, False, inner.args[0])


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
                if _is_handed(node, call) and (
                    found := takes_dict(reader, wanted, node, call, module, stmt)
                ):
                    yield Sink(found[0], node, stmt, module, found[1], node.func)


def _is_handed(node: ast.AST, held: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and (
        any(it.value is held for it in node.keywords) or held in node.args
    )
