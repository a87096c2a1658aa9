"""Parts of a module, and how its text is parsed. Pure: text in, trees out."""

import ast
from dataclasses import dataclass, field

from pginterlock.scan import newer_python
from pginterlock.scan.bindings import Binding
from pginterlock.scan.kinds import ClassDef, Function
from pginterlock.scan.pieces import Piece


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
