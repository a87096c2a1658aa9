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
            for call in ast.walk(part):
                if isinstance(call, ast.Call):
                    for held in _handed(call):
                        found.setdefault(held.id, []).append((call, held, stmt))
    return found


def _others(own: Iterable[ast.AST]) -> dict[str, list[ast.stmt]]:
    found: dict[str, list[ast.stmt]] = {}
    for stmt in own:
        if isinstance(stmt, ast.stmt):
            names = dict.fromkeys([*_passed_on(stmt), *(over for over, _, _ in loops(stmt))])
            for name in names:
                found.setdefault(name, []).append(stmt)
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
        yield from names_held(held)


def _passed_on(stmt: ast.stmt) -> Iterator[str]:
    match stmt:
        case ast.Assign(targets=[ast.Name()], value=value):
            yield from (it.id for it in ast.walk(value) if isinstance(it, ast.Name))
        case ast.Return(value=ast.expr() as value):
            yield from (it.id for it in names_held(value))


def loops(stmt: ast.stmt) -> Iterator[tuple[str, str | None, ast.AST]]:
    """Yield each loop of a statement: the name it runs over, that which it gives, and itself."""
    if isinstance(stmt, (ast.For, ast.AsyncFor)):
        yield from _loop(stmt.iter, stmt.target, stmt)
    for part in own_expressions(stmt):
        for it in ast.walk(part):
            if isinstance(it, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
                for run in it.generators:
                    yield from _loop(run.iter, run.target, it)


def _loop(
    over: ast.expr, target: ast.expr, loop: ast.AST
) -> Iterator[tuple[str, str | None, ast.AST]]:
    if (name := run_over(over)) is None:
        return
    match over, target:
        case ast.Call(func=ast.Name(id="enumerate")), ast.Tuple(elts=[_, ast.Name(id=given)]):
            yield name, given, loop
        case _, ast.Name(id=given):
            yield name, given, loop
        case _:
            yield name, None, loop


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
