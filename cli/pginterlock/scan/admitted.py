"""The texts that tests leave a name to be: ``if key in ("status", "note")``. Pure."""

import ast
from collections.abc import Iterator

from pginterlock.scan.infer import Reader
from pginterlock.scan.modules import Module
from pginterlock.scan.narrowing import filters_at, parts_of, tests_at
from pginterlock.scan.texts import Texts

_DEPTH = 6


def texts_at(reader: Reader, node: ast.AST, module: Module, at: ast.AST) -> frozenset[str]:
    """Return the texts that *node* may be at a statement, by what it is given and by tests of it.

    What runs over a dict that nobody knows is what a test before lets through.
    """
    said = Texts(reader).of(node, module, at)
    if not isinstance(node, ast.Name):
        return said
    for texts, is_among in _tested(reader, node, module, at):
        if is_among:
            said = said & texts if said else texts
        else:
            said -= texts
    return said


def keeps_out(reader: Reader, node: ast.AST, name: str, module: Module, at: ast.AST) -> bool:
    """Say whether tests before a statement keep *node* from being *name* there."""
    if not isinstance(node, ast.Name):
        return False
    return any(
        is_among is not (name in texts) for texts, is_among in _tested(reader, node, module, at)
    )


def _tested(
    reader: Reader, node: ast.Name, module: Module, at: ast.AST
) -> Iterator[tuple[frozenset[str], bool]]:
    """Yield texts of which a name is one at a statement, or none."""
    tests = [*filters_at(node, module, at), *tests_at(module, at)]
    for test, is_true, stmt in sorted(tests, key=lambda it: not it[1]):
        for asked, holds in parts_of(test, is_true=is_true):
            match asked:
                case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[right]) if (
                    name == node.id
                ):
                    texts = _texts(reader, op, right, module, stmt)
                    if texts:
                        yield texts, holds is isinstance(op, (ast.In, ast.Eq))


def _texts(
    reader: Reader, op: ast.cmpop, right: ast.expr, module: Module, at: ast.AST
) -> frozenset[str]:
    match op:
        case ast.In() | ast.NotIn():
            return frozenset(Texts(reader).items(right, (), module, at, _DEPTH))
        case ast.Eq() | ast.NotEq():
            return Texts(reader).of(right, module, at)
    return frozenset()
