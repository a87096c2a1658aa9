"""Which statements may have given a name its value where it is read. Pure."""

import ast
from collections.abc import Iterator, Sequence

from pginterlock.scan.kinds import Function
from pginterlock.scan.modules import Binding, Module, Scope, ancestors, scope_of


def absolute(stmt: ast.ImportFrom, module: Module) -> str:
    """Return the dotted name of the module that an import takes names from."""
    if not stmt.level:
        return stmt.module or ""
    parts = module.package.split(".") if module.package else []
    parts = parts[: len(parts) - stmt.level + 1]
    return ".".join([*parts, *([stmt.module] if stmt.module else [])])


def scope_above(function: Function) -> Scope:
    """Return the scope in which the class of a method stands."""
    return scope_of(function.module, function.owner.node) if function.owner else None


def comprehended(name: str, node: ast.AST, at: ast.AST, module: Module) -> ast.AST | None:
    """Return what *name* runs over where *node* stands in a comprehension that binds it."""
    if at not in module.runs:
        module.runs[at] = [*_comprehensions(at)]
    for it, generator in module.runs[at]:
        is_it = isinstance(generator.target, ast.Name) and generator.target.id == name
        if is_it and _spans(it, node) and not _spans(generator.iter, node):
            return generator.iter
    return None


def _comprehensions(at: ast.AST) -> Iterator[tuple[ast.expr, ast.comprehension]]:
    for it in ast.walk(at) if not isinstance(at, (ast.FunctionDef, ast.ClassDef)) else ():
        if isinstance(it, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            for generator in it.generators:
                yield it, generator


def _spans(outer: ast.AST, inner: ast.AST) -> bool:
    start = (getattr(outer, "lineno", 0), getattr(outer, "col_offset", 0))
    end = (getattr(outer, "end_lineno", 0), getattr(outer, "end_col_offset", 0))
    place = (getattr(inner, "lineno", 0), getattr(inner, "col_offset", 0))
    return start <= place < end


def reaching(bound: Sequence[Binding], at: ast.AST, module: Module) -> Sequence[Binding]:
    """Return the bindings that may be the last before *at*; all where none comes before it."""
    line = getattr(at, "lineno", 0)
    holders = {id(it) for it in ancestors(module, at)} | {id(at)}
    found: list[Binding] = []
    for it in bound:
        stmt = it.stmt
        is_inside = id(stmt) in holders and it.how in ("for", "with", "arg")
        if isinstance(stmt, ast.arg) or is_inside:
            found = (
                [it]
                if not is_inside
                or isinstance(stmt, (ast.For, ast.AsyncFor, ast.With, ast.AsyncWith))
                else [*found, it]
            )
            continue
        if stmt is at or getattr(stmt, "lineno", 0) > line:
            continue
        if id(module.up.get(stmt)) in holders and it.how != "for" and _same_block(module, stmt, at):
            found = [it]
        else:
            found.append(it)
    return found or bound


def _same_block(module: Module, stmt: ast.AST, at: ast.AST) -> bool:
    """Say whether *stmt* stands in a block that *at* is in, not in an if's other branch."""
    holder = module.up.get(stmt)
    if holder is None:
        return False
    inner = at
    while (above := module.up.get(inner)) is not None and above is not holder:
        inner = above
    for block in ("body", "orelse", "finalbody"):
        held = getattr(holder, block, None)
        if isinstance(held, list) and stmt in held:
            return inner in held
    return False
