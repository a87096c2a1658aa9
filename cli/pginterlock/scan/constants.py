"""The values an expression may have, where the code says them: constants, enums, choices. Pure."""

import ast
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from pginterlock.scan import constant_groups
from pginterlock.scan.handed_values import handed
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import REST, Class, ClassDef, Function, Instance, Package
from pginterlock.scan.modules import Binding, Module, class_names, local_names, scope_of, statements
from pginterlock.scan.parameters import function_taking
from pginterlock.scan.reaching import absolute, reaching

_DEPTH = 6
_MOST_CALLS = 4  # of the depth: from there on callers are not looked for
_MOST = 12  # values: more of them are of no use
UNKNOWN = (None,)


def values(
    reader: Reader, node: ast.AST | None, module: Module, at: ast.AST, depth: int = 0
) -> tuple[str | None, ...]:
    """Return what *node* may be, None among it for what is not known."""
    found = list(dict.fromkeys(_values(reader, node, module, at, depth)))
    return tuple(found) if len(found) <= _MOST else UNKNOWN


def _values(
    reader: Reader, node: ast.AST | None, module: Module, at: ast.AST, depth: int
) -> Iterator[str | None]:
    if depth > _DEPTH or node is None:
        yield None
        return
    match node:
        case ast.Constant(value=value):
            yield _literal(value)
        case ast.IfExp(body=one, orelse=other):
            yield from _any(reader, [one, other], module, at, depth)
        case ast.BoolOp(op=ast.Or(), values=them):
            yield from _any(reader, them, module, at, depth)
        case ast.Attribute(value=inner, attr="value" | "name") if isinstance(inner, ast.Attribute):
            yield from _values(reader, inner, module, at, depth + 1)
        case ast.Attribute(value=inner, attr=attr):
            yield from _attribute(reader, inner, attr, module, at, depth)
        case ast.Name(id=name):
            yield from _name(reader, name, module, at, depth)
        case _:
            yield from _made(reader, node, module, at, depth)


def _any(
    reader: Reader, them: Sequence[ast.AST], module: Module, at: ast.AST, depth: int
) -> Iterator[str | None]:
    for it in them:
        yield from _values(reader, it, module, at, depth)


def _made(
    reader: Reader, node: ast.AST, module: Module, at: ast.AST, depth: int
) -> Iterator[str | None]:
    """Yield what a call gives, what a dict holds, or what is awaited."""
    match node:
        case ast.Subscript(value=held, slice=key):
            yield from constant_groups.looked_up(reader, held, key, module, at, depth) or UNKNOWN
        case ast.Await(value=inner) | ast.NamedExpr(value=inner):
            yield from _values(reader, inner, module, at, depth + 1)
        case ast.Call():
            yield from _call(reader, node, module, at, depth)
        case _:
            yield None


def _literal(value: object) -> str | None:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
    return None


def _call(
    reader: Reader, call: ast.Call, module: Module, at: ast.AST, depth: int
) -> Iterator[str | None]:
    match call:
        case (
            ast.Call(func=ast.Name(id="str" | "Value"), args=[one])
            | ast.Call(func=ast.Attribute(attr="Value"), args=[one])
        ):
            yield from _values(reader, one, module, at, depth + 1)
        case ast.Call(func=ast.Name(id="Case") | ast.Attribute(attr="Case")):
            yield from _case(reader, call, module, at, depth)
        case ast.Call(func=ast.Name(id="case") | ast.Attribute(attr="case")):
            yield from _case_of_core(reader, call, module, at, depth)
        case ast.Call(func=ast.Attribute(value=held, attr="get"), args=[key, *rest]):
            told = constant_groups.looked_up(reader, held, key, module, at, depth)
            yield from told or UNKNOWN
            if told:
                other = rest[0] if rest else ast.Constant(None)
                yield from _values(reader, other, module, at, depth + 1)
        case _:
            yield None


def _case_of_core(
    reader: Reader, call: ast.Call, module: Module, at: ast.AST, depth: int
) -> Iterator[str | None]:
    """Yield what SQLAlchemy's ``case((test, value), else_=value)`` may give."""
    whens = [one for it in call.args for one in (it.elts if isinstance(it, ast.List) else [it])]
    for it in whens:
        then = it.elts[1] if isinstance(it, ast.Tuple) and it.elts[1:] else None
        yield from _values(reader, then, module, at, depth + 1)
    others: list[ast.AST] = [it.value for it in call.keywords if it.arg == "else_"]
    yield from _values(reader, (others or [ast.Constant(None)])[0], module, at, depth + 1)


def _case(
    reader: Reader, call: ast.Call, module: Module, at: ast.AST, depth: int
) -> Iterator[str | None]:
    """Yield what a ``Case(When(..., then=...), default=...)`` may give."""
    for when in call.args:
        keywords = when.keywords if isinstance(when, ast.Call) else []
        thens: list[ast.expr | None] = [k.value for k in keywords if k.arg == "then"]
        for then in thens or [None]:
            yield from _values(reader, then, module, at, depth + 1)
    for keyword in call.keywords:
        if keyword.arg == "default":
            yield from _values(reader, keyword.value, module, at, depth + 1)


def _attribute(
    reader: Reader, inner: ast.AST, attr: str, module: Module, at: ast.AST, depth: int
) -> Iterator[str | None]:
    for kind in reader.expression(inner, module, at):
        match kind:
            case Class(of=of) | Instance(of=of):
                found = member(reader, of, attr, depth) or _of_object(reader, kind, attr, depth)
                if found:
                    yield from found
                    return
            case Package(of=other):
                if bound := other.names(attr):
                    yield from _bound(reader, bound, other, depth)
                    return
    yield None


def _of_object(
    reader: Reader, kind: Class | Instance, attr: str, depth: int
) -> tuple[str | None, ...]:
    """Return what the methods of an object that is no row give its attribute."""
    if isinstance(kind, Class) or reader.models.is_model(kind.of) or depth > _MOST_CALLS:
        return ()
    return tuple(
        one
        for base in reader.ancestry(kind.of)
        for stmt, value in _own_assignments(base, attr)
        for one in _values(reader, value, base.module, stmt, depth + 1)
    )


def _own_assignments(of: ClassDef, attr: str) -> Iterator[tuple[ast.AST, ast.AST | None]]:
    """Yield the assignments of ``self.attr`` in the methods of a class."""
    methods = [it for it in of.node.body if isinstance(it, (ast.FunctionDef, ast.AsyncFunctionDef))]
    for stmt in (one for it in methods for one in statements(it.body)):
        value = getattr(stmt, "value", None)
        targets = getattr(stmt, "targets", [getattr(stmt, "target", None)])
        for target in targets if isinstance(value, ast.AST) else ():
            values = getattr(value, "elts", ()) if isinstance(target, ast.Tuple) else [value]
            for it, one in zip_longest(getattr(target, "elts", [target]), values):
                match it:
                    case ast.Attribute(value=ast.Name(id="self"), attr=name) if name == attr:
                        yield stmt, None if isinstance(stmt, ast.AugAssign) else one


def member(
    reader: Reader, of: ClassDef, attr: str, depth: int = 0
) -> tuple[str | None, ...] | None:
    """Return the values of a class's constant, or of an enum's member; None where it has none."""
    for base in reader.models.ancestry(of):
        if bound := class_names(base).get(attr):
            return tuple(_bound(reader, bound, base.module, depth, is_member=True))
    return None


def _bound(
    reader: Reader, bound: Sequence[Binding], module: Module, depth: int, *, is_member: bool = False
) -> Iterator[str | None]:
    for it in bound:
        if isinstance(it.stmt, ast.arg):
            yield from _handed(reader, it.stmt, module, depth)
            continue
        if it.how not in ("assign", "annotated"):
            if it.how == "from" and not is_member:
                yield from _imported(reader, it, module, depth)
            else:
                yield None
            continue
        value = _unpacked(it)
        if is_member and not it.path and isinstance(value, ast.Tuple) and value.elts:
            value = value.elts[0]
        yield from _values(reader, value, module, it.stmt, depth + 1)


def _unpacked(it: Binding) -> ast.AST | None:
    """Return the part of a value that a name is given; None where a star leaves that open."""
    value = it.value
    target = it.stmt.targets[0] if isinstance(it.stmt, ast.Assign) else None
    for number in it.path:
        given, taken = _elements(value), _elements(target)
        if number >= len(given) or number == REST:
            return None
        if any(
            isinstance(one, ast.Starred) for one in (*given[: number + 1], *taken[: number + 1])
        ):
            return None
        value, target = given[number], taken[number] if number < len(taken) else None
    return value


def _elements(it: ast.AST | None) -> list[ast.expr]:
    return it.elts if isinstance(it, (ast.Tuple, ast.List)) else []


def _handed(reader: Reader, arg: ast.arg, module: Module, depth: int) -> Iterator[str | None]:
    """Yield what callers hand to a parameter."""
    function = function_taking(arg, module) if depth < _MOST_CALLS else None

    def values_of(node: ast.AST, where: Module, at: ast.AST) -> Iterator[str | None]:
        yield from _values(reader, node, where, at, depth + 2)

    yield from handed(reader, function, arg, values_of) if function else UNKNOWN


def _imported(reader: Reader, it: Binding, module: Module, depth: int) -> Iterator[str | None]:
    alias = it.value
    if isinstance(it.stmt, ast.ImportFrom) and isinstance(alias, ast.alias):
        source = reader.project.named(absolute(it.stmt, module), module.path)
        if source and source is not module and (bound := source.names(alias.name)):
            yield from _bound(reader, bound, source, depth + 1)
            return
    yield None


def _name(
    reader: Reader, name: str, module: Module, at: ast.AST, depth: int
) -> Iterator[str | None]:
    scope = scope_of(module, at)
    if isinstance(scope, ClassDef) and name in class_names(scope):
        yield from _bound(reader, class_names(scope)[name], module, depth)
    elif isinstance(scope, Function) and name in local_names(scope):
        bound = reaching(local_names(scope)[name], at, module, scope)
        yield from _bound(reader, bound, module, depth)
    elif bound := module.names(name):
        yield from _bound(reader, bound, module, depth)
    else:
        yield None
