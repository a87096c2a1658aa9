"""Names that are bound inside of an expression or a pattern. Pure."""

import ast
from collections.abc import Collection, Iterator, Sequence


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


def is_within(word: str, lines: Sequence[str], node: ast.AST) -> bool:
    """Say whether one of the lines of *node* holds *word*; *lines* are those of its module."""
    start, end = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
    return any(word in it for it in lines[start - 1 : end])
