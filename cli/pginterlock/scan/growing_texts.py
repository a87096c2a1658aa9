"""Texts, and lists of texts that are joined, which grow over several statements. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from pginterlock.scan.bindings import below, own_expressions, walk

_MOST = 100  # pieces: what has more is no statement of SQL


@dataclass(slots=True)
class Growing:
    """What is added to a name, each with its statement; *between* stands between the items."""

    added: list[tuple[ast.stmt, ast.expr]] = field(default_factory=list)
    between: ast.expr | None = None

    def whole(self, stmt: ast.stmt, value: ast.expr) -> ast.expr:
        """Return what the name holds in the end: *value*, which *stmt* adds, and what follows."""
        more = [it for at, it in self.added if at.lineno > stmt.lineno][:_MOST]
        is_list = isinstance(value, ast.List | ast.Tuple)
        first = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
        if self.between is not None and (is_list or isinstance(stmt, ast.Expr)):
            by = ast.Attribute(self.between, "join", ast.Load())
            made: ast.expr = ast.Call(by, [ast.List([*first, *more], ast.Load())], [])
            return _spanning(made, value, more)
        if is_list:
            return value
        made = value
        for it in more:
            made = _spanning(ast.BinOp(made, ast.Add(), it), value, [it])
        return made


def _spanning(made: ast.expr, first: ast.expr, more: list[ast.expr]) -> ast.expr:
    made = ast.copy_location(made, first)
    for it in more:
        made.end_lineno = max(made.end_lineno or 0, it.end_lineno or 0)
    return made


def growing(node: ast.AST) -> dict[str, Growing]:
    """Return the names to which something is added in a function."""
    found: dict[str, Growing] = {}
    lists: set[str] = set()
    stmts = [it for it in below(node) if isinstance(it, ast.stmt)]
    for stmt in stmts:
        for name, value in _added(stmt):
            found.setdefault(name, Growing()).added.append((stmt, value))
        match stmt:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.List() | ast.Tuple()) | (
                ast.AnnAssign(target=ast.Name(id=name), value=ast.List() | ast.Tuple())
            ):
                lists.add(name)
    for name, between in _joins(stmts) if lists else ():
        if name in lists:
            found.setdefault(name, Growing()).between = between
    for it in found.values():
        it.added.sort(key=lambda one: one[0].lineno)
    return found


def _added(stmt: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match stmt:
        case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
            yield from ((name, it) for it in _each(value))
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.BinOp() as value):
            first, *more = _operands(value)
            if isinstance(first, ast.Name) and first.id == name:
                yield from ((name, it) for it in more)
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="append" | "extend" as how),
                args=[value],
            )
        ):
            yield from ((name, it) for it in (_each(value) if how == "extend" else [value]))


def _each(value: ast.expr) -> list[ast.expr]:
    return value.elts if isinstance(value, ast.List | ast.Tuple) else [value]


def _operands(node: ast.expr) -> list[ast.expr]:
    found = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        found.append(node.right)
        node = node.left
    return [node, *reversed(found)]


def _joins(stmts: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names of lists that are joined, with the text that stands between."""
    for stmt in stmts:
        for part in own_expressions(stmt):
            for it in walk(part):
                match it:
                    case ast.Call(
                        func=ast.Attribute(value=ast.Constant() as between, attr="join"),
                        args=[ast.Name(id=name)],
                    ):
                        yield name, between
