"""Read Python that is newer than the interpreter, by spelling it as an older one does. Pure.

What is known, and how it is read:

* 3.12: ``type X = ...`` as an assignment; type parameters of classes and functions are left out;
  in f-strings quotes, backslashes, comments and lines in any depth: what stands in braces is
  parsed by itself
* 3.14: ``except A, B:`` with parentheses; t-strings as f-strings
* 3.15: ``lazy import`` as ``import``

Lines stay where they are. The columns of what follows such a place in its line may not.
"""

import ast
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pginterlock.newer_syntax import Hole


def parse(text: str) -> ast.Module:
    """Return the tree of *text*, that of a newer Python too.

    Raises:
        SyntaxError: It is no Python that is known here.
        ValueError: It holds null bytes.
        RecursionError, MemoryError: It is nested too deeply.

    """
    try:
        return _tree(text)
    except SyntaxError as error:
        told = error
    from pginterlock.newer_syntax import Unfinished  # noqa: PLC0415 - few texts need it

    try:
        return respelled(text)
    except Unfinished:
        raise told from None


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def respelled(text: str) -> ast.Module:
    """Return the tree of *text* as an older Python spells it, whatever this one can read.

    Raises SyntaxError where that is no Python, Unfinished where nothing in it is newer.
    """
    from pginterlock.newer_syntax import Unfinished, older  # noqa: PLC0415

    word = "_hole"
    while word in text:
        word += "_"
    found = older(text, word)
    if not found.edits:
        raise Unfinished
    tree = _tree(found.spelled)
    if found.holes:
        _Filled(found.holes).visit(tree)
    return tree


class _Filled(ast.NodeTransformer):
    """Puts the expressions back that were taken out of strings."""

    def __init__(self, holes: Mapping[str, "Hole"]) -> None:
        self.holes = holes

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Return the expression that a name stands for."""
        hole = self.holes.get(node.id)
        if hole is None:
            return node
        try:
            [stmt] = parse(f"({hole.text}\n)").body
        except SyntaxError as error:
            error.lineno = hole.line + min((error.lineno or 1) - 1, hole.text.count("\n"))
            raise
        if not isinstance(stmt, ast.Expr):
            from pginterlock.newer_syntax import Unfinished  # noqa: PLC0415

            raise Unfinished
        for it in ast.walk(stmt.value):
            if isinstance(it, ast.expr):
                it.col_offset += hole.column - 1 if it.lineno == 1 else 0
                it.end_col_offset = (it.end_col_offset or 0) + (
                    hole.column - 1 if it.end_lineno == 1 else 0
                )
        return ast.increment_lineno(stmt.value, hole.line - 1)
