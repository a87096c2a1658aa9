"""Tests that stand between a loop and a statement in it: ``if name in COLUMNS:``. Pure."""

import ast
from collections.abc import Iterator

from pginterlock.scan.modules import Module, ancestors

_LEAVING = (ast.Continue, ast.Raise, ast.Return, ast.Break)


def passed(module: Module, at: ast.AST) -> Iterator[ast.expr]:
    """Yield the tests that hold where *at* stands in the innermost loop around it."""
    inner = at
    for outer in ancestors(module, at):
        if isinstance(outer, ast.If) and inner in outer.body:
            yield from _each(outer.test)
        for it in getattr(outer, "body", None) or () if isinstance(outer, ast.For | ast.If) else ():
            if it is inner:
                break
            if isinstance(it, ast.If) and not it.orelse and isinstance(it.body[-1], _LEAVING):
                yield from _not(it.test)
        if isinstance(outer, ast.For):
            return
        inner = outer


def _each(test: ast.expr) -> Iterator[ast.expr]:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        yield from test.values
    else:
        yield test


def _not(test: ast.expr) -> Iterator[ast.expr]:
    """Yield what holds where a test of membership fails."""
    match test:
        case ast.Compare(left=left, ops=[ast.NotIn()], comparators=held):
            yield ast.Compare(left, [ast.In()], held)
        case ast.Compare(left=left, ops=[ast.In()], comparators=held):
            yield ast.Compare(left, [ast.NotIn()], held)
