"""What functions return, what annotations say, and what the members of a class are. Pure."""

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pginterlock.scan import orm
from pginterlock.scan.kinds import (
    NOTHING,
    Callee,
    Class,
    ClassDef,
    Foreign,
    Function,
    Instance,
    Kinds,
    Many,
    Tuple,
    instances,
    items,
    many,
    union,
)
from pginterlock.scan.modules import Binding, Module, class_names, statements

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_PROPERTIES = frozenset(
    [
        "property",
        "cached_property",
        "hybrid_property",
        "classproperty",
        "declared_attr",
        "reify",
        "lazy",
    ]
)
_SEVERAL = frozenset(
    """
    list List set Set frozenset Sequence Iterable Iterator Collection AsyncIterator AsyncGenerator
    Generator QuerySet BaseQuerySet Manager RelatedManager Query ScalarResult Select MutableSequence
    deque Deque Result ManyRelatedManager ValuesQuerySet AsyncIterable AppenderQuery DynamicMapped WriteOnlyMapped
""".split()
)
_QUERIES = frozenset(["QuerySet", "BaseQuerySet", "Manager", "RelatedManager", "Query", "Select"])
_VALUES = frozenset(["dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"])
_ONE = frozenset(
    [
        "Optional",
        "Annotated",
        "Final",
        "ClassVar",
        "Awaitable",
        "Mapped",
        "Coroutine",
        "Required",
        "ContextManager",
        "AbstractContextManager",
    ]
)


def decorators(function: Function) -> Iterator[str]:
    """Yield the last names of a function's decorators."""
    if isinstance(function.node, ast.Lambda):
        return
    for it in function.node.decorator_list:
        yield last_name(it)


def last_name(node: ast.AST) -> str:
    """Return the last name of a dotted name or of what is called."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=func):
            return last_name(func)
        case ast.Subscript(value=value):
            return last_name(value)
    return ""


def defined(reader: "Reader", function: Function, bound: Instance | Class | Many | None) -> Kinds:
    """Return what the name of a function stands for: itself, or the value of a property."""
    if bound is not None and any(it in _PROPERTIES for it in decorators(function)):
        return result(reader, Callee(function, bound))
    return frozenset([Callee(function, bound)])


def result(reader: "Reader", callee: Callee) -> Kinds:
    """Return what a call of a function gives."""
    return reader.once((callee, "gives"), _result(reader, callee))


def _result(reader: "Reader", callee: Callee) -> Iterator[Kinds]:
    function, node = callee.of, callee.of.node
    if not isinstance(node, ast.Lambda) and node.returns is not None:
        told = annotation(reader, node.returns, function.module, node, callee.bound)
        if told:
            yield told
            return
    for value, stmt, is_yielded in returned(function):
        found = reader.expression(value, function.module, stmt)
        found = union(_rebound(reader, it, callee) for it in map(lambda k: frozenset([k]), found))
        yield many(found) if is_yielded else found


def _rebound(reader: "Reader", kinds: Kinds, callee: Callee) -> Kinds:
    """Return *kinds*, with the class of the method as the one that it was called on."""
    owner, bound = callee.of.owner, callee.bound
    if owner is None or bound is None or not isinstance(bound, (Instance, Class)):
        if isinstance(bound, Many):
            return frozenset(
                bound if isinstance(it, Many) and it.via is bound.via and it.via else it
                for it in kinds
            )
        return kinds
    swap = {Instance(owner): Instance(bound.of), Class(owner): Class(bound.of)}
    return frozenset(swap.get(it, it) if isinstance(it, (Instance, Class)) else it for it in kinds)


def returned(function: Function) -> Iterator[tuple[ast.AST, ast.AST, bool]]:
    """Yield what a function returns or yields, each with its statement, and whether it yields."""
    if isinstance(function.node, ast.Lambda):
        yield function.node.body, function.node, False
        return
    for stmt in statements(function.node.body):
        match stmt:
            case ast.Return(value=ast.AST() as value):
                yield value, stmt, False
            case ast.Expr(value=ast.Yield(value=ast.AST() as value)):
                yield value, stmt, True
            case ast.Expr(value=ast.YieldFrom(value=value)):
                yield value, stmt, False


def annotation(
    reader: "Reader",
    node: ast.AST,
    module: Module,
    at: ast.AST,
    bound: Instance | Class | Many | None = None,
) -> Kinds:
    """Return what a value annotated by *node* is."""
    match node:
        case ast.Constant(value=str(text)):
            try:
                inner = ast.parse(text.strip(), mode="eval").body
            except (SyntaxError, ValueError):
                return NOTHING
            return annotation(reader, inner, module, at, bound)
        case ast.Name(id="Self") | ast.Attribute(attr="Self"):
            return (
                frozenset([bound])
                if isinstance(bound, Instance)
                else instances(frozenset([bound]))
                if bound
                else NOTHING
            )
        case ast.Name() | ast.Attribute():
            return _named(reader, node, module, at)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return annotation(reader, left, module, at, bound) | annotation(
                reader, right, module, at, bound
            )
        case ast.Subscript(value=value, slice=index):
            return _generic(reader, value, index, module, at)
    return NOTHING


def _named(reader: "Reader", node: ast.AST, module: Module, at: ast.AST) -> Kinds:
    if isinstance(node, ast.Name):
        found = reader.name(node.id, module, at)
    else:
        found = reader.expression(node, module, at)
    said = instances(found)
    if said:
        return reader.models.as_held(said)
    name = last_name(node)
    return (
        NOTHING
        if any(not isinstance(it, Foreign) for it in found)
        else reader.models.type_checked(name, module)
    )


def _generic(
    reader: "Reader", value: ast.AST, index: ast.AST, module: Module, at: ast.AST
) -> Kinds:
    name = last_name(value)
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    if name in ("Union", *_ONE):
        return union(annotation(reader, it, module, at) for it in parts)
    if name in ("type", "Type"):
        return frozenset(
            Class(it.of)
            for it in annotation(reader, parts[0], module, at)
            if isinstance(it, Instance)
        )
    if name in ("tuple", "Tuple"):
        is_list = len(parts) == 2 and isinstance(parts[1], ast.Constant)  # noqa: PLR2004 - x, ...
        if is_list:
            return many(annotation(reader, parts[0], module, at))
        return frozenset([Tuple(tuple(annotation(reader, it, module, at) for it in parts))])
    if name in _VALUES:
        return many(annotation(reader, parts[-1], module, at))
    if name in _SEVERAL:
        return many(annotation(reader, parts[0], module, at), is_query=name in _QUERIES)
    said = annotation(reader, value, module, at)
    return said


def own_member(reader: "Reader", kind: Instance | Class, base: ClassDef, name: str) -> Kinds | None:
    """Return what the class *base* itself says of a member; None where it says nothing."""
    bound = class_names(base).get(name)
    found: Kinds | None = None
    if bound:
        found = union(_member(reader, kind, base, it) for it in bound)
    for stmt, value, note in assigned_on_self(reader, base).get(name, ()):
        said = annotation(reader, note, base.module, stmt) if note is not None else NOTHING
        found = (found or NOTHING) | (said or reader.expression(value, base.module, stmt))
    return found


def _member(reader: "Reader", kind: Instance | Class, base: ClassDef, it: Binding) -> Kinds:
    module = base.module
    match it.how:
        case "def":
            function = module.scopes[it.stmt]
            return defined(reader, function, kind) if isinstance(function, Function) else NOTHING
        case "assign" | "annotated":
            value = it.value
            if isinstance(value, ast.Call) and (
                field := reader.models.field(value, base, it.stmt, kind)
            ):
                return field
            if it.how == "annotated" and isinstance(it.stmt, ast.AnnAssign):
                said = annotation(reader, it.stmt.annotation, module, it.stmt)
                if said:
                    return said
            return reader.expression(value, module, it.stmt)
    return reader.bound([it], module)


def assigned_on_self(
    reader: "Reader", of: ClassDef
) -> dict[str, Sequence[tuple[ast.stmt, ast.AST | None, ast.AST | None]]]:
    """Return what the methods of a class assign to attributes of ``self``."""
    found = reader.models.self_assignments.get(of)
    if found is None:
        made: dict[str, list[tuple[ast.stmt, ast.AST | None, ast.AST | None]]] = {}
        for method in of.node.body:
            if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) and method.args.args:
                _of_method(method, method.args.args[0].arg, made)
        found = reader.models.self_assignments[of] = dict(made)
    return found


def _of_method(
    method: ast.FunctionDef | ast.AsyncFunctionDef,
    me: str,
    made: dict[str, list[tuple[ast.stmt, ast.AST | None, ast.AST | None]]],
) -> None:
    for stmt in statements(method.body):
        match stmt:
            case ast.Assign(targets=targets, value=value):
                for it in targets:
                    match it:
                        case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == me:
                            made.setdefault(attr, []).append((stmt, value, None))
            case ast.AnnAssign(
                target=ast.Attribute(value=ast.Name(id=name), attr=attr), annotation=note
            ) if name == me:
                made.setdefault(attr, []).append((stmt, stmt.value, note))
