"""Names that are bound inside of an expression or a pattern. Pure."""

import ast
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pginterlock.scan.modules import Module


def captured(cases: Sequence[ast.match_case]) -> Iterator[ast.MatchAs]:
    """Yield the parts of patterns that give a name to what they match."""
    for case in cases:
        for it in ast.walk(case.pattern):
            if isinstance(it, ast.MatchAs) and it.name:
                yield it


def walruses(stmt: ast.AST, blocks: Collection[str]) -> Iterator[ast.NamedExpr]:
    """Yield each ``:=`` of a statement, not those of the statements in its *blocks*."""
    for name, value in ast.iter_fields(stmt):
        if name in blocks:
            continue
        for part in value if isinstance(value, list) else [value]:
            for it in ast.walk(part) if isinstance(part, ast.AST) else ():
                if isinstance(it, ast.NamedExpr):
                    yield it


def has_walrus(module: "Module", node: ast.AST) -> bool:
    """Say whether one of the lines of *node* in *module* holds ``:=``: most modules have none."""
    if module.has_walrus is None:
        module.has_walrus = ":=" in module.text
    if not module.has_walrus:
        return False
    module.line(1)  # which cuts the text into lines
    start, end = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
    return any(":=" in it for it in module.lines[start - 1 : end])
