"""What functions return and what annotations say. Pure."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pginterlock.scan import generics
from pginterlock.scan.forwards import forwarding
from pginterlock.scan.frames import frame
from pginterlock.scan.kinds import (
    NOTHING,
    Callee,
    Class,
    Function,
    Instance,
    Kind,
    Kinds,
    Many,
    Tuple,
    instances,
    many,
    union,
)
from pginterlock.scan.modules import Binding, Module, statements
from pginterlock.scan.reaching import absolute

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

PROPERTIES = frozenset(
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
    [
        "list",
        "List",
        "set",
        "Set",
        "frozenset",
        "Sequence",
        "Iterable",
        "Iterator",
        "Collection",
        "AsyncIterator",
        "AsyncGenerator",
        "Generator",
        "QuerySet",
        "BaseQuerySet",
        "Manager",
        "RelatedManager",
        "Query",
        "ScalarResult",
        "Select",
        "MutableSequence",
        "deque",
        "Deque",
        "Result",
        "ManyRelatedManager",
        "ValuesQuerySet",
        "AsyncIterable",
        "AppenderQuery",
        "DynamicMapped",
        "WriteOnlyMapped",
    ]
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
_KNOWN = _SEVERAL | _VALUES | _ONE | {"Union", "tuple", "Tuple", "type", "Type"}


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
    if bound is not None and any(it in PROPERTIES for it in decorators(function)):
        return result(reader, Callee(function, bound))
    return frozenset([Callee(function, bound)])


def result(reader: "Reader", callee: Callee) -> Kinds:
    """Return what a call of a function gives."""
    return reader.within(frame(callee), (callee, "gives"), _result(reader, callee))


def _result(reader: "Reader", callee: Callee) -> Iterator[Kinds]:
    function, node = callee.of, callee.of.node
    told: Kinds = NOTHING
    if not isinstance(node, ast.Lambda) and node.returns is not None:
        told = annotation(reader, node.returns, function.module, node, callee.bound)
        if "classmethod" in decorators(function):
            told = frozenset(_narrowed(it, callee) for it in told)
        if told and not any(_holds_more(reader, it) for it in told):
            yield told
            return
    found: Kinds = NOTHING
    for value, stmt, is_yielded in returned(function):
        one = reader.expression(value, function.module, stmt)
        one = frozenset(_rebound(it, callee) for it in one)
        found |= many(one) if is_yielded else one
    yield frozenset(it for it in found if isinstance(it, Instance) and it.given) or told or found


def _holds_more(reader: "Reader", kind: Kind) -> bool:
    """Say whether what a value of *kind* holds may be known better than its class is."""
    return (
        isinstance(kind, Instance)
        and not kind.given
        and forwarding(reader, kind.of, "__setattr__") is not None
    )


def _rebound(kind: Kind, callee: Callee) -> Kind:
    """Return *kind*, with the class of the method as the one that it was called on."""
    owner, bound = callee.of.owner, callee.bound
    if isinstance(bound, Many):
        is_same = isinstance(kind, Many) and bound.via is not None and kind.via is bound.via
        return bound if is_same else kind
    if owner is None or bound is None:
        return kind
    match kind:
        case Instance(of=of) if of is owner:
            return bound if isinstance(bound, Instance) else Instance(bound.of)
        case Class(of=of) if of is owner:
            return Class(bound.of)
    return kind


def _narrowed(kind: Kind, callee: Callee) -> Kind:
    """Return *kind*, or several of it: a ``-> "Base"`` of ``Base`` gives rows of its heir."""
    if isinstance(kind, Many) and kind.via is None:
        return replace(kind, item=frozenset(_rebound(it, callee) for it in kind.item))
    return _rebound(kind, callee)


def is_abstract(function: Function) -> bool:
    """Say whether a method does nothing but say that heirs define it."""
    if isinstance(function.node, ast.Lambda):
        return False
    if "abstractmethod" in decorators(function):
        return True
    return all(
        isinstance(it, (ast.Raise, ast.Pass))
        or (isinstance(it, ast.Expr) and isinstance(it.value, ast.Constant))
        or (isinstance(it, ast.Return) and isinstance(it.value, (ast.Constant, type(None))))
        for it in function.node.body
    )


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
            inner = _quoted(text)
            return annotation(reader, inner, module, at, bound) if inner else NOTHING
        case ast.Name(id="Self") | ast.Attribute(attr="Self"):
            return _of_self(bound)
        case ast.Name() | ast.Attribute():
            name = last_name(node)
            return (
                _named(reader, node, module, at)
                or generics.stands_for(reader, name, bound)
                or (_of_alias(reader, name, module) if isinstance(node, ast.Name) else NOTHING)
            )
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return annotation(reader, left, module, at, bound) | annotation(
                reader, right, module, at, bound
            )
        case ast.Subscript(value=value, slice=index):
            return _generic(reader, value, index, module, at, bound)
    return NOTHING


def _quoted(text: str) -> ast.expr | None:
    """Return the annotation that is written as text; None where it is not one."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _of_self(bound: Instance | Class | Many | None) -> Kinds:
    """Return what ``Self`` is in a method of *bound*."""
    if isinstance(bound, Instance):
        return frozenset([bound])
    return instances(frozenset([bound])) if bound else NOTHING


def _of_alias(reader: "Reader", name: str, module: Module) -> Kinds:
    """Return what an annotation is that a name stands for: ``Orders = list[Order]``."""
    return reader.once(("alias", module.path, name), _alias(reader, name, module))


def _alias(reader: "Reader", name: str, module: Module) -> Iterator[Kinds]:
    for it in module.names(name):
        match it:
            case Binding(how="assign" | "annotated", value=ast.Subscript() | ast.BinOp() as value):
                yield annotation(reader, value, module, it.stmt)
            case Binding(how="from", stmt=ast.ImportFrom() as stmt, value=ast.alias() as alias):
                source = reader.project.named(absolute(stmt, module), module.path)
                if source is not None and source is not module:
                    yield _of_alias(reader, alias.name, source)


def _named(reader: "Reader", node: ast.AST, module: Module, at: ast.AST) -> Kinds:
    if isinstance(node, ast.Name):
        found = reader.name(node.id, module, at)
    else:
        found = reader.expression(node, module, at)
    return reader.models.as_held(instances(found))


def _generic(
    reader: "Reader",
    value: ast.AST,
    index: ast.AST,
    module: Module,
    at: ast.AST,
    bound: Instance | Class | Many | None,
) -> Kinds:
    name, parts = last_name(value), generics.parts(index)
    if name not in _KNOWN:
        return _parametrized(reader, value, parts, module, at, bound)
    told = [annotation(reader, it, module, at, bound) for it in parts]
    if name in ("Union", *_ONE):
        return union(told)
    if name in ("tuple", "Tuple") and not _is_endless(parts):
        return frozenset([Tuple(tuple(told))])
    if name in ("type", "Type"):
        return frozenset(Class(it.of) for it in told[0] if isinstance(it, Instance))
    if name in _VALUES:
        return many(told[-1])
    return many(told[0], is_query=name in _QUERIES)


def _parametrized(
    reader: "Reader",
    value: ast.AST,
    parts: Sequence[ast.AST],
    module: Module,
    at: ast.AST,
    bound: Instance | Class | Many | None,
) -> Kinds:
    """Return an object of a generic class of the project, with what its variables stand for."""
    found = annotation(reader, value, module, at, bound)
    told = [annotation(reader, it, module, at, bound) for it in parts]
    return frozenset(
        Instance(it.of, it.given | generics.of_annotation(it.of, told))
        if isinstance(it, Instance)
        else it
        for it in found
    )


def _is_endless(parts: Sequence[ast.AST]) -> bool:
    """Say whether the parts of a tuple's annotation are ``x, ...``."""
    match parts:
        case [_, ast.Constant()]:
            return True
    return False
