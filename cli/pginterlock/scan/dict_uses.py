"""Where a scope uses names: in which calls, and in which statements that pass them on. Pure."""

import ast
from collections.abc import Iterable, Iterator

from pginterlock.scan.bindings import own_expressions
from pginterlock.scan.holding import names_held
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Function
from pginterlock.scan.modules import Module, statements

_Calls = dict[str, list[tuple[ast.Call, ast.Name, ast.stmt]]]
Uses = tuple[_Calls, dict[str, list[ast.stmt]]]


def uses(reader: Reader, module: Module, function: Function | None) -> Uses:
    """Return the calls of a scope that are handed a name, and the statements that pass one on."""
    node: ast.AST = function.node if function else module.tree
    if node not in reader.uses:
        body = getattr(node, "body", None)
        own = list(statements(body if isinstance(body, list) else []))
        reader.uses[node] = (_calls(own), _others(own))
    found: Uses = reader.uses[node]
    return found


def _calls(own: Iterable[ast.AST]) -> _Calls:
    found: _Calls = {}
    for stmt in _with_inner(own):
        for part in own_expressions(stmt):
            for name, call, held in _given(part):
                found.setdefault(name, []).append((call, held, stmt))
    return found


def _others(own: Iterable[ast.AST]) -> dict[str, list[ast.stmt]]:
    found: dict[str, list[ast.stmt]] = {}
    for stmt in own:
        if isinstance(stmt, ast.stmt):
            for name in _passed_on(stmt):
                found.setdefault(name, []).append(stmt)
    return found


def _given(part: ast.AST) -> Iterator[tuple[str, ast.Call, ast.Name]]:
    """Yield the names that calls are handed: with those that a comprehension runs over for them."""
    nodes = [*ast.walk(part)]
    sources: dict[str, list[str]] = {}
    for it in nodes:
        match it:
            case ast.comprehension(target=ast.Name(id=name), iter=over):
                sources.setdefault(name, []).extend(one.id for one in names_held(over))
    for call in nodes:
        if isinstance(call, ast.Call):
            for held in _handed(call):
                for name in (held.id, *sources.get(held.id, ())):
                    yield name, call, held
            if (held_ := item_set(call)) is not None:
                yield held_.id, call, held_


def item_set(call: ast.Call) -> ast.Name | None:
    """Return the dict of ``setattr(row, key, values[key])``, or with ``values.get(key)``."""
    match call:
        case ast.Call(
            func=ast.Name(id="setattr"),
            args=[
                _,
                ast.Name(id=asked),
                ast.Subscript(value=ast.Name() as held, slice=ast.Name(id=key))
                | ast.Call(
                    func=ast.Attribute(value=ast.Name() as held, attr="get" | "pop"),
                    args=[ast.Name(id=key), *_],
                ),
            ],
        ) if asked == key:
            return held
    return None


def _with_inner(them: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """Yield statements, and those of the functions among them."""
    for stmt in them:
        if isinstance(stmt, ast.stmt):
            yield stmt
        if isinstance(stmt, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _with_inner(statements(stmt.body))


def _handed(call: ast.Call) -> Iterator[ast.Name]:
    for held in [*call.args, *(k.value for k in call.keywords)]:
        yield from names_held(held)


def _passed_on(stmt: ast.stmt) -> Iterator[str]:
    match stmt:
        case ast.Assign(targets=[ast.Name()], value=value):
            yield from (it.id for it in ast.walk(value) if isinstance(it, ast.Name))
        case ast.Return(value=ast.expr() as value):
            yield from (it.id for it in names_held(value))
        case ast.For(iter=over):
            yield from filter(None, [run_over(over)])


def given_by(loop: ast.For) -> str | None:
    """Return the name that a loop gives what it runs over, one by one."""
    match loop.target, loop.iter:
        case ast.Tuple(elts=[_, ast.Name(id=name)]), ast.Call(func=ast.Name(id="enumerate")):
            return name
        case ast.Name(id=name), _:
            return name
    return None


def run_over(node: ast.AST) -> str | None:
    """Return the name of the dict that a loop runs over."""
    match node:
        case (
            ast.Name(id=name)
            | ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="items" | "keys"))
        ):
            return name
        case ast.Call(func=ast.Name() | ast.Attribute(), args=[inner, *_]):  # in chunks, sorted
            return run_over(inner)
    return None
