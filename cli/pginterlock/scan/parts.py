"""Parts of a module, and how its text is parsed. Pure: text in, trees out."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pginterlock import newer_python
from pginterlock.scan.bindings import BLOCKS, PLAIN, Binding
from pginterlock.scan.kinds import ClassDef, Function
from pginterlock.scan.pieces import Piece

if TYPE_CHECKING:
    from pginterlock.scan.modules import Module

Definition = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ClassDef | Function | None


@dataclass(eq=False, slots=True)
class Part:
    """A piece of a module: its statements and classes once it is parsed, in their order."""

    piece: Piece
    body: list[ast.stmt] | None = None
    order: list[ast.stmt] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    classes: list[ClassDef] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    names: dict[str, list[Binding]] = field(default_factory=dict)


# What `parse` raises.
UNPARSED = (SyntaxError, ValueError, RecursionError, MemoryError)


def parse(text: str) -> ast.Module:
    """Return the tree of *text*.

    Raises:
        SyntaxError: It is neither this Python's nor one's that is newer.
        ValueError: It holds null bytes.
        RecursionError: It is nested too deeply.

    """
    try:
        return newer_python.parse(text)
    except SyntaxError as error:
        error.msg = f"not Python: {error.msg}"
        raise
    except (RecursionError, MemoryError):
        raise RecursionError("nested too deeply") from None


def first_line(stmt: ast.stmt) -> int:
    """Return the line where a statement begins, with its decorators."""
    decorators = getattr(stmt, "decorator_list", None)
    return min(stmt.lineno, decorators[0].lineno) if decorators else stmt.lineno


def note(
    module: "Module", part: Part, holder: ast.AST, scope: Scope, body: Sequence[ast.AST]
) -> None:
    """Note what holds each statement, and make the classes and functions."""
    up, order, starts = module.up, part.order, part.starts
    for stmt in body:
        up[stmt] = holder
        if type(stmt) in PLAIN:
            order.append(stmt)  # type: ignore[arg-type]
            starts.append(stmt.lineno)  # type: ignore[attr-defined]
            continue
        inner = scope
        if isinstance(stmt, ast.stmt):
            order.append(stmt)
            starts.append(first_line(stmt))
        if isinstance(stmt, ast.ClassDef):
            inner = ClassDef(stmt.name, _qualified(scope, stmt.name), module, stmt)
            module.scopes[stmt] = inner
            part.classes.append(inner)
        elif isinstance(stmt, Definition):
            owner = scope if isinstance(scope, ClassDef) else None
            outer = scope if isinstance(scope, Function) else None
            inner = Function(stmt.name, _qualified(scope, stmt.name), module, stmt, owner, outer)
            module.scopes[stmt] = inner
            part.functions.append(inner)
        for block in BLOCKS:
            if held := getattr(stmt, block, None):
                note(module, part, stmt, inner, held)


def _qualified(scope: Scope, name: str) -> str:
    return f"{scope.qualname}.{name}" if scope else name
