"""What the members of a class are: its methods, fields, and what it assigns on itself. Pure."""

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pginterlock.scan.definitions import PROPERTIES, annotation, defined
from pginterlock.scan.frames import method_frame
from pginterlock.scan.iterating import called, fitting
from pginterlock.scan.kinds import (
    NOTHING,
    Class,
    ClassDef,
    Function,
    Instance,
    Kind,
    Kinds,
    many,
    union,
    unpacked,
)
from pginterlock.scan.modules import Binding, class_names, statements

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_MOST = 12  # files of heirs: what more of them define says nothing


class Assigned(NamedTuple):
    """A statement, the value that it assigns or puts in, and its annotation."""

    stmt: ast.stmt
    value: ast.AST | None
    note: ast.AST | None = None
    is_item: bool = False  # one of those that the attribute holds
    path: tuple[int, ...] = ()


def own_member(reader: "Reader", kind: Instance | Class, base: ClassDef, name: str) -> Kinds | None:
    """Return what the class *base* itself says of a member; None where it says nothing."""
    bound = class_names(base).get(name)
    told: Kinds | None = None
    if bound:
        told = union(_member(reader, kind, base, it) for it in bound)
    assigned = assigned_on_self(reader, base).get(name, ())
    if not assigned:
        return told
    values = [*(it.value for it in assigned if not it.is_item), *(it.value for it in bound or ())]
    is_filled = any(is_empty(it) for it in values)
    found: Kinds = NOTHING
    for it in assigned:
        if it.is_item and not is_filled:
            continue
        frame = method_frame(reader, base, it.stmt, kind)
        said = reader.within(frame, (it.stmt, it.value, name), _set(reader, base, it))
        if said and it.note is not None:
            return said
        found |= said
    is_told = any(it.how == "annotated" for it in bound or ())
    if not told:
        return found
    return _refined(told, found) if is_told else told | found


def _refined(told: Kinds, found: Kinds) -> Kinds:
    """Return what an annotation says, or the same with what it was made with."""
    same = {it.of for it in told if isinstance(it, Instance)}
    made = frozenset(it for it in found if isinstance(it, Instance) and it.given and it.of in same)
    return made or told


def _set(reader: "Reader", base: ClassDef, it: Assigned) -> Iterator[Kinds]:
    """Yield what a method gives an attribute of ``self``."""
    if it.note is not None and (said := annotation(reader, it.note, base.module, it.stmt)):
        yield said
        return
    given = reader.expression(it.value, base.module, it.stmt)
    found = unpacked(fitting(given, it.stmt), it.path) if it.path else given
    yield many(found) if it.is_item else found


def of_heirs(reader: "Reader", kind: Instance | Class, name: str) -> Kinds:
    """Return what the heirs of a class say of a member of which it says nothing itself."""
    if name.startswith("__") or reader.models.is_model(kind.of):
        return NOTHING
    found: Kinds = NOTHING
    for heir in reader.models.heirs_with(kind.of, name, _MOST):
        found |= own_member(reader, type(kind)(heir), heir, name) or NOTHING
    return found


def _member(reader: "Reader", kind: Instance | Class, base: ClassDef, it: Binding) -> Kinds:
    module = base.module
    match it.how:
        case "def":
            function = module.scopes[it.stmt]
            return defined(reader, function, kind) if isinstance(function, Function) else NOTHING
        case "assign" | "annotated":
            return _assigned(reader, kind, base, it)
    return reader.bound([it], module)


def _assigned(reader: "Reader", kind: Instance | Class, base: ClassDef, it: Binding) -> Kinds:
    """Return what a field of a class is, or another value in its body."""
    value, stmt = it.value, it.stmt
    said: Kinds = NOTHING
    if isinstance(value, ast.Call):
        said = reader.models.field(value, base, stmt, kind)
    if not said and it.how == "annotated" and isinstance(stmt, ast.AnnAssign):
        said = annotation(reader, stmt.annotation, base.module, stmt, kind)
    return said or union(
        _described(reader, it) for it in reader.expression(value, base.module, stmt)
    )


def _described(reader: "Reader", kind: Kind) -> Kinds:
    """Return what reading an attribute gives that *kind* was put into: of a descriptor, its own."""
    if not isinstance(kind, Instance) or reader.models.is_model(kind.of):
        return frozenset([kind])
    if reader.models.foreign(kind.of) & PROPERTIES:
        return NOTHING
    if any("__get__" in class_names(it) for it in reader.ancestry(kind.of)):
        given = called(reader, kind, "__get__")
        return frozenset(it for it in given if getattr(it, "of", None) is not kind.of)
    return frozenset([kind])


def assigned_on_self(reader: "Reader", of: ClassDef) -> dict[str, Sequence[Assigned]]:
    """Return what the methods of a class assign to attributes of ``self``."""
    found = reader.models.self_assignments.get(of)
    if found is None:
        made: dict[str, list[Assigned]] = {}
        for method in of.node.body:
            if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) and method.args.args:
                _of_method(method, method.args.args[0].arg, made)
        found = reader.models.self_assignments[of] = dict(made)
    return found


def _of_method(
    method: ast.FunctionDef | ast.AsyncFunctionDef,
    me: str,
    made: dict[str, list[Assigned]],
) -> None:
    for stmt in statements(method.body):
        match stmt:
            case ast.Assign(targets=targets, value=value):
                for it in targets:
                    _of_target(it, stmt, value, me, made)
            case ast.AnnAssign(
                target=ast.Attribute(value=ast.Name(id=name), attr=attr), annotation=note
            ) if name == me:
                made.setdefault(attr, []).append(Assigned(stmt, stmt.value, note))
            case ast.Expr(value=ast.Call() as call):
                _of_call(call, stmt, me, made)


def _of_target(
    target: ast.AST,
    stmt: ast.stmt,
    value: ast.AST,
    me: str,
    made: dict[str, list[Assigned]],
    path: tuple[int, ...] = (),
) -> None:
    match target:
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == me:
            made.setdefault(attr, []).append(Assigned(stmt, value, path=path))
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id=name), attr=attr)) if name == me:
            made.setdefault(attr, []).append(Assigned(stmt, value, is_item=True, path=path))
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            for number, it in enumerate(elts):
                _of_target(it, stmt, value, me, made, (*path, number))


def _of_call(call: ast.Call, stmt: ast.stmt, me: str, made: dict[str, list[Assigned]]) -> None:
    """Note ``self.rows.append(row)``, and ``object.__setattr__(self, "row", row)``."""
    match call:
        case ast.Call(
            func=ast.Attribute(
                value=ast.Attribute(value=ast.Name(id=name), attr=attr),
                attr="append" | "add" | "appendleft",
            ),
            args=[value],
        ) if name == me:
            made.setdefault(attr, []).append(Assigned(stmt, value, is_item=True))
        case ast.Call(
            func=ast.Attribute(attr="__setattr__") | ast.Name(id="setattr"),
            args=[ast.Name(id=name), ast.Constant(value=str(attr)), value],
        ) if name == me:
            made.setdefault(attr, []).append(Assigned(stmt, value))
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__setattr__"),
            args=[ast.Constant(value=str(attr)), value],
        ):
            made.setdefault(attr, []).append(Assigned(stmt, value))


def is_empty(node: ast.AST | None) -> bool:
    """Say whether an expression makes a list, set or dict that holds nothing yet."""
    match node:
        case ast.List(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.Call(
            func=ast.Name(id="list" | "dict" | "set" | "defaultdict" | "OrderedDict" | "deque")
        ):
            return True
    return False
