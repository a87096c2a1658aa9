"""What the parameters of a function are in one call, and what an object was made with. Pure.

A frame says it: the function, and what its parameters are. An expression in the function's body is
then what it is in that call, not what it may be in any.
"""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pginterlock.scan import generics
from pginterlock.scan.kinds import (
    NOTHING,
    Callee,
    Class,
    ClassDef,
    Function,
    Given,
    Instance,
    Kind,
    Kinds,
    Many,
    Table,
    Tuple,
)
from pginterlock.scan.modules import Module, class_names, function_of, statements

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

Frame = tuple[Function, Given]
# Annotations that leave open of what: a statement or query of any model, rows of any.
_STATEMENTS = ("Select", "Query", "QuerySet", "Executable", "Insert", "Update", "Delete")
_SEVERAL = ("list", "List", "set", "Set", "tuple", "Tuple", "Sequence", "Iterable", "Collection")
_OF_ANYTHING = frozenset(["Manager", "Model", "DeclarativeBase", *_STATEMENTS, *_SEVERAL])
_SHORT = 2  # letters of a type variable
_MOST = 12  # parameters: what has more of them is not followed from call to call


def frame(callee: Callee) -> Frame | None:
    """Return the frame of a call; None where it is as any other."""
    function, bound = callee.of, callee.bound
    given = dict(callee.given)
    owner = function.owner
    if owner and isinstance(bound, (Instance, Class)) and (me := _me(function)):
        is_same = bound.of is owner and not (isinstance(bound, Instance) and bound.given)
        if not is_same:
            is_class = "classmethod" in _decorators(function) or function.name == "__new__"
            given[me] = frozenset([Class(bound.of) if is_class else bound])
    return (function, frozenset(given.items())) if given else None


def _me(function: Function) -> str:
    """Return the name of the first parameter of a method, the object or class."""
    args = function.node.args
    first = (*args.posonlyargs, *args.args)[:1]
    return first[0].arg if first and "staticmethod" not in _decorators(function) else ""


def _decorators(function: Function) -> set[str]:
    if isinstance(function.node, ast.Lambda):
        return set()
    return {it.id for it in function.node.decorator_list if isinstance(it, ast.Name)}


def method_frame(
    reader: "Reader", of: ClassDef, stmt: ast.AST, kind: Instance | Class
) -> Frame | None:
    """Return the frame of the method of *of* that *stmt* stands in, for an object of *kind*."""
    function = function_of(of.module, stmt)
    if function is None or isinstance(kind, Class):
        return None
    given: Given = frozenset()
    if function.name in ("__init__", "__post_init__"):
        given = kind.given
        init = initializer(reader, kind.of)
        if function.name == "__init__" and init is not None and init is not function:
            given = _handed_up(reader, init, function, kind)
    return frame(Callee(function, kind, given))


def _handed_up(reader: "Reader", init: Function, above: Function, kind: Instance) -> Given:
    """Return what the ``__init__`` of a class hands to that of a base of it."""
    for call, stmt in super_calls(init):
        callee, up = Callee(above, kind), reader.frame
        reader.frame = frame(Callee(init, kind, kind.given))
        try:
            return with_arguments(reader, callee, call, init.module, stmt).given
        finally:
            reader.frame = up
    return frozenset()


def super_calls(init: Function) -> Iterator[tuple[ast.Call, ast.stmt]]:
    """Yield the calls of ``super().__init__`` in an ``__init__``, each with its statement."""
    for stmt in statements(init.node.body) if not isinstance(init.node, ast.Lambda) else ():
        match stmt:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__")
                ) as call
            ):
                yield call, stmt


def with_arguments(
    reader: "Reader", callee: Callee, call: ast.Call, module: Module, at: ast.AST
) -> Callee:
    """Return *callee* with what *call* hands to its parameters, as far as that is known."""
    node = callee.of.node
    if isinstance(node, ast.Lambda) or not (call.args or call.keywords):
        return callee
    told: dict[str, Kinds] = {}
    for name, value, note in _pairs(callee, call):
        if (note is None or _is_open(note)) and (kinds := reader.expression(value, module, at)):
            told |= {name: kinds, **dict(generics.of_argument(note, kinds))}
    rest = [reader.expression(it, module, at) for it in _rest(callee, call)]
    if node.args.vararg and any(rest):
        told[node.args.vararg.arg] = frozenset([Tuple(tuple(rest))])
    return Callee(callee.of, callee.bound, _plain(told)) if told else callee


def _rest(callee: Callee, call: ast.Call) -> list[ast.expr]:
    """Return what a call hands to the ``*args`` of a function."""
    args = callee.of.node.args
    count = len(args.posonlyargs) + len(args.args)
    if callee.of.owner is not None and callee.bound is not None and _me(callee.of):
        count -= 1
    is_told = args.vararg is not None and not any(isinstance(it, ast.Starred) for it in call.args)
    return call.args[count:] if is_told else []


def made_with(reader: "Reader", of: ClassDef, call: ast.Call, module: Module, at: ast.AST) -> Kinds:
    """Return the object that a call of a class makes, with the rows and models it is made with."""
    init = initializer(reader, of)
    if init is None or reader.models.is_model(of):
        return frozenset([Instance(of)])
    told: dict[str, Kinds] = {}
    for name, value, note in _pairs(Callee(init, Instance(of)), call):
        is_open = note is None or _is_open(note)
        kinds = _rows(reader, reader.expression(value, module, at)) if is_open else NOTHING
        if kinds:
            told |= {name: kinds, **dict(generics.of_argument(note, kinds))}
    return frozenset([Instance(of, _plain(told))])


def initializer(reader: "Reader", of: ClassDef) -> Function | None:
    """Return the ``__init__`` that objects of a class are made by; None where it is not here."""
    for base in reader.ancestry(of):
        for it in class_names(base).get("__init__", ()):
            function = base.module.scopes.get(it.stmt)
            if isinstance(function, Function):
                return function
    return None


def _rows(reader: "Reader", kinds: Kinds) -> Kinds:
    """Return those of *kinds* that are rows or models, or several of them."""
    return frozenset(
        it
        for it in kinds
        if (isinstance(it, (Instance, Class)) and reader.models.is_model(it.of))
        or (isinstance(it, Many) and _rows(reader, it.item))
    )


def _plain(told: dict[str, Kinds]) -> Given:
    """Return what parameters are, without what that was made with in turn."""
    return frozenset((name, frozenset(map(_bare, kinds))) for name, kinds in told.items())


def _bare(kind: Kind) -> Kind:
    return Instance(kind.of) if isinstance(kind, Instance) and kind.given else kind


def _is_open(note: ast.AST) -> bool:
    """Say whether an annotation may be a type that each call sets: ``T``, ``type[T]``, ``Any``."""
    match note:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return (
                name in ("Any", "object", "type", "Type")
                or name in _OF_ANYTHING
                or len(name.strip("_")) <= _SHORT
                or (name.endswith(("T", "Type", "_co")) and name[:1].isupper())
            )
        case ast.Subscript(value=ast.Name(id="type" | "Type") | ast.Attribute(attr="Type")):
            return True  # the class that is handed over, which may be an heir
        case ast.Subscript(slice=index):
            return _is_open(index)
        case ast.BinOp(left=left, right=right):
            return _is_open(left) or _is_open(right)
        case ast.Tuple(elts=elts):
            return any(map(_is_open, elts))
    return False


def _pairs(callee: Callee, call: ast.Call) -> Iterator[tuple[str, ast.expr, ast.expr | None]]:
    """Yield the parameters of a function, each with what a call hands it and its annotation."""
    args = callee.of.node.args
    plain = [*args.posonlyargs, *args.args]
    if len(plain) + len(args.kwonlyargs) > _MOST:
        return
    if callee.of.owner is not None and callee.bound is not None and _me(callee.of):
        plain = plain[1:]
    for one, value in zip(plain, call.args, strict=False):
        if isinstance(value, ast.Starred):
            break
        yield one.arg, value, one.annotation
    by_name = {it.arg: it for it in (*plain, *args.kwonlyargs)}
    for keyword in call.keywords:
        if keyword.arg in by_name:
            yield keyword.arg or "", keyword.value, by_name[keyword.arg or ""].annotation


def says_which(reader: "Reader", given: Frame) -> bool:
    """Say whether a frame tells which class or table the function is to write to."""
    return any(_is_which(reader, kind, 2) for _, kinds in given[1] for kind in kinds)


def _is_which(reader: "Reader", kind: Kind, depth: int) -> bool:
    match kind:
        case Table() | Class():
            return isinstance(kind, Table) or reader.models.is_model(kind.of)
        case Instance(of=of, given=given):
            if reader.models.is_model(of) or not depth:
                return False
            held = any(_is_which(reader, one, depth - 1) for _, them in given for one in them)
            return held or any("~" in name for name, _ in given)
    return False
