"""What tests of its class leave a value to be: ``isinstance``, ``assert`` and ``match``. Pure."""

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pginterlock.scan.kinds import NOTHING, Class, ClassDef, Instance, Kinds
from pginterlock.scan.modules import Binding, Module, ancestors
from pginterlock.scan.reaching import spans

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)
# They begin with what is written, not with where: `re` looks for that first, and so is much faster.
_TESTED = (re.compile(r"isinstance\(\s*([\w.]+)\s*,"), re.compile(r"match ([\w.]+):"))
_BODIES = ("body", "orelse", "finalbody")


def narrowed(
    reader: "Reader", kinds: Kinds, node: ast.Name | ast.Attribute, module: Module, at: ast.AST
) -> Kinds:
    """Return what is left of *kinds* at a statement, by the tests of its class before it."""
    if module.path not in reader.tested:
        reader.tested[module.path] = frozenset(
            it for asked in _TESTED for it in asked.findall(module.text)
        )
    tested = reader.tested[module.path]
    if not tested or (told := _dotted(node)) not in tested:
        return kinds
    found = kinds
    tests = [*filters_at(node, module, at), *tests_at(module, at)]
    for test, is_true, stmt in reversed(tests):
        for asked, yes in parts_of(test, is_true=is_true):
            found = _tested(reader, found, told, asked, module, stmt, is_true=yes)
    for case, subject, stmt in _cases(module, at):
        if ast.unparse(subject) == told:
            found = _left(reader, found, _of_pattern(reader, case.pattern, module, stmt))
    return found


def _dotted(node: ast.AST) -> str:
    """Return a dotted name as it is written; empty of what is none."""
    if isinstance(node, ast.Attribute):
        held = _dotted(node.value)
        return held and f"{held}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def captured(reader: "Reader", it: Binding, module: Module) -> Kinds:
    """Return what a name is that a pattern gives to what it matches."""
    pattern, stmt = it.value, it.stmt
    if not isinstance(pattern, ast.MatchAs) or not isinstance(stmt, ast.Match):
        return NOTHING
    whole = any(case.pattern is pattern for case in stmt.cases)
    kinds = reader.expression(stmt.subject, module, stmt) if whole else NOTHING
    if pattern.pattern is None:
        return kinds
    return _left(reader, kinds, _of_pattern(reader, pattern.pattern, module, stmt))


_Test = tuple[ast.expr, bool, ast.AST]


def tests_at(module: Module, at: ast.AST) -> Iterator[_Test]:
    """Yield the tests that hold at a statement, the nearest first, and whether they are true."""
    inner = at
    for holder in ancestors(module, at):
        yield from _before(holder, inner)
        if isinstance(holder, (ast.If, ast.While)) and inner in holder.body:
            yield holder.test, True, holder
        elif isinstance(holder, ast.If) and inner in holder.orelse:
            yield holder.test, False, holder
        inner = holder


def filters_at(node: ast.AST, module: Module, at: ast.AST) -> Iterator[_Test]:
    """Yield the conditions of the comprehensions that *node* stands in the elements of."""
    for it, generator in module.runs.get(at, ()):
        for test in generator.ifs:
            if spans(it, node) and not spans(test, node) and not spans(generator.iter, node):
                yield test, True, at


def _before(holder: ast.AST, inner: ast.AST) -> Iterator[_Test]:
    """Yield the tests of the statements before *inner* in its block that leave otherwise."""
    for name in _BODIES:
        body = getattr(holder, name, None)
        if not isinstance(body, list) or inner not in body:
            continue
        for stmt in reversed(body[: body.index(inner)]):
            if isinstance(stmt, ast.Assert):
                yield stmt.test, True, stmt
            elif isinstance(stmt, ast.If) and isinstance(stmt.body[-1], _LEAVING):
                yield stmt.test, False, stmt


def parts_of(test: ast.expr, *, is_true: bool) -> Iterator[tuple[ast.expr, bool]]:
    """Yield what must be true, or must not, for a test to be as it is."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            yield from parts_of(inner, is_true=not is_true)
        case ast.BoolOp(op=ast.And(), values=values) if is_true:
            for it in values:
                yield from parts_of(it, is_true=True)
        case ast.BoolOp(op=ast.Or(), values=values) if not is_true:
            for it in values:
                yield from parts_of(it, is_true=False)
        case _:
            yield test, is_true


def _tested(
    reader: "Reader",
    kinds: Kinds,
    told: str,
    test: ast.expr,
    module: Module,
    stmt: ast.AST,
    *,
    is_true: bool,
) -> Kinds:
    match test:
        case ast.Call(func=ast.Name(id="isinstance"), args=[it, asked]) if ast.unparse(it) == told:
            named = _classes(reader, asked, module, stmt)
            return _left(reader, kinds, named) if is_true else _without(reader, kinds, named)
    return kinds


def _classes(reader: "Reader", node: ast.AST, module: Module, at: ast.AST) -> list[ClassDef]:
    """Return the classes of the project that a test of a class names."""
    match node:
        case ast.Tuple(elts=elts):
            return [one for it in elts for one in _classes(reader, it, module, at)]
        case ast.BinOp(left=left, right=right):
            return _classes(reader, left, module, at) + _classes(reader, right, module, at)
    found = reader.expression(node, module, at)
    return [it.of for it in found if isinstance(it, Class)]


def _left(reader: "Reader", kinds: Kinds, named: list[ClassDef]) -> Kinds:
    """Return what of *kinds* is of one of the classes *named*, or what they say themselves."""
    if not named:
        return kinds
    found: Kinds = frozenset(
        it
        for it in kinds
        if isinstance(it, Instance) and any(one in reader.ancestry(it.of) for one in named)
    )
    below = frozenset(
        Instance(one)
        for one in named
        if any(isinstance(it, Instance) and it.of in reader.ancestry(one) for it in kinds)
    )
    return found | below or frozenset(map(Instance, named))


def _without(reader: "Reader", kinds: Kinds, named: list[ClassDef]) -> Kinds:
    """Return what of *kinds* is of none of the classes *named*; all where nothing would be left."""
    found = frozenset(
        it
        for it in kinds
        if not (isinstance(it, Instance) and any(one in reader.ancestry(it.of) for one in named))
    )
    return found or kinds


def _cases(module: Module, at: ast.AST) -> Iterator[tuple[ast.match_case, ast.expr, ast.AST]]:
    """Yield the cases of a ``match`` that a statement stands in, each with what is matched."""
    for holder in ancestors(module, at):
        if isinstance(holder, ast.match_case):
            above = module.up.get(holder)
            if isinstance(above, ast.Match):
                yield holder, above.subject, above


def _of_pattern(
    reader: "Reader", pattern: ast.pattern, module: Module, at: ast.AST
) -> list[ClassDef]:
    """Return the classes that a pattern asks for."""
    match pattern:
        case ast.MatchClass(cls=cls):
            return _classes(reader, cls, module, at)
        case ast.MatchAs(pattern=ast.pattern() as inner):
            return _of_pattern(reader, inner, module, at)
        case ast.MatchOr(patterns=patterns):
            return [one for it in patterns for one in _of_pattern(reader, it, module, at)]
    return []
