"""Whether a statement may change the state of a row: by itself, or in what it calls. Pure."""

import ast
from collections.abc import Iterator
from typing import TypeGuard

from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee
from pginterlock.scan.modules import Module
from pginterlock.scan.state_tests import Tests

_AGAIN = frozenset(["refresh_from_db", "arefresh_from_db", "refresh"])  # what reads the row anew
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_DEPTH = 3


def changes(tests: Tests, stmt: ast.stmt, module: Module) -> bool:
    """Return whether *stmt* gives the state of the row another value, and goes on."""
    if isinstance(stmt, ast.If) and not stmt.orelse and isinstance(stmt.body[-1], _LEAVES):
        return False
    for it in ast.walk(stmt):
        if any(tests.is_state(part, module, stmt) for part in targets(it)):
            return True
        if isinstance(it, ast.Call) and _is_given(it, tests.row):
            if getattr(it.func, "attr", "") in _AGAIN:
                return True
            if _called_changes(tests.reader, it, tests.names, module, stmt, 0):
                return True
    return False


def targets(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a statement gives values to, the parts of tuples one by one."""
    match node:
        case ast.Assign(targets=them):
            pass
        case ast.AugAssign(target=one) | ast.For(target=one) | ast.AsyncFor(target=one):
            them = [one]
        case _:
            return
    for it in them:
        yield from getattr(it, "elts", [it])


def _is_given(call: ast.Call, row: str) -> bool:
    """Say whether *call* is a method of the row, or is handed it."""
    on = [call.func.value] if isinstance(call.func, ast.Attribute) else []
    given = [*on, *call.args, *(it.value for it in call.keywords)]
    return any(ast.unparse(it) == row for it in given)


def _called_changes(
    reader: Reader,
    call: ast.Call,
    names: frozenset[str],
    module: Module,
    at: ast.AST,
    depth: int,
) -> bool:
    """Say whether a function that is called, or one that it calls, writes a state."""
    for kind in reader.expression(call.func, module, at) if depth < _DEPTH else ():
        if not isinstance(kind, Callee) or isinstance(kind.of.node, ast.Lambda):
            continue
        for stmt in kind.of.node.body:
            for it in ast.walk(stmt):
                if any(isinstance(one, ast.Attribute) and one.attr in names for one in targets(it)):
                    return True
                if _is_own(it) and _called_changes(
                    reader, it, names, kind.of.module, stmt, depth + 1
                ):
                    return True
    return False


def _is_own(node: ast.AST) -> TypeGuard[ast.Call]:
    """Say whether a call is one of a method of the same object."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="self"))):
            return True
    return False
