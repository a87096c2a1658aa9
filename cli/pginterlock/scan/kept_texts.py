"""Where a text that is kept under a name is filled in: ``MARK.format(table="orders")``. Pure."""

import ast
from collections.abc import Iterator

from pginterlock.scan.bindings import walk
from pginterlock.scan.definitions import last_name
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Function
from pginterlock.scan.modules import Module, scope_of, statements_at

_FEW = 12  # files: what more of them speak of is no name of its own
_FILLING = frozenset(["format", "format_map", "substitute", "safe_substitute"])
Use = tuple[ast.expr, Module, ast.stmt]


def uses(reader: Reader, node: ast.expr, stmt: ast.stmt, module: Module) -> Iterator[Use]:
    """Yield the expressions that fill in the text *node*, which *stmt* gives a name."""
    name = _name_of(stmt)
    if not name or not any(it is node for it in walk(stmt)):
        return
    scope = scope_of(module, stmt)
    if isinstance(scope, Function):
        yield from _in_tree(name, scope.node, module)
        return
    holding = reader.project.holding(name)
    paths = [it for it in holding if it != module.path and it.endswith(".py")]
    for path in [module.path, *(paths if len(paths) <= _FEW else ())]:
        if other := reader.project.module(path):
            yield from _in_tree(name, other.tree, other)


def _name_of(stmt: ast.stmt) -> str:
    match stmt:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return ""


def _in_tree(name: str, tree: ast.AST, module: Module) -> Iterator[Use]:
    for it in walk(tree):
        match it:
            case (
                ast.Call(func=ast.Attribute(value=held, attr=how))
                | ast.BinOp(left=held, op=ast.Mod() as how)
            ) if last_name(held) == name and not isinstance(held, ast.Call):
                if isinstance(how, ast.Mod) or how in _FILLING:
                    at = next(iter(statements_at(module, it.lineno)), None)
                    if at is not None:
                        yield it, module, at
