"""What a call gives: by the function called, or by what Django and SQLAlchemy make of it. Pure."""

import ast
from typing import TYPE_CHECKING

from pginterlock.scan import frames, members
from pginterlock.scan.definitions import is_abstract, result
from pginterlock.scan.iterating import called
from pginterlock.scan.kinds import (
    NOTHING,
    Callee,
    Class,
    ClassDef,
    Foreign,
    Instance,
    Kind,
    Kinds,
    Many,
    Method,
    Table,
    Writing,
    instances,
    many,
    union,
)
from pginterlock.scan.known_calls import known
from pginterlock.scan.loaded_models import handed_a_name, loaded
from pginterlock.scan.modules import Module
from pginterlock.scan.project import called_name, is_super, wrapped
from pginterlock.scan.query_methods import of_core, of_key, of_list, of_query

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader


def call(reader: "Reader", node: ast.Call, module: Module, at: ast.AST) -> Kinds:
    """Return what a call gives."""
    func = node.func
    if isinstance(func, ast.Attribute):
        on = reader.held(func.value, func.attr, module, at)
        if on:
            found = union(_method(reader, it, node, module, at) for it in on)
            if found:
                return found
        name = func.attr
    else:
        name = func.id if isinstance(func, ast.Name) else ""
    if (told := loaded(reader, name, node, module, at)) is not None:
        return told
    if isinstance(func, ast.Attribute) and is_super(func.value):
        return reader.models.inherited(name, module, at)
    kinds = reader.expression(func, module, at)
    said = union(_called(reader, it, node, module, at) for it in kinds)
    return (
        said
        or handed_a_name(reader, kinds, node, module, at)
        or known(reader, _own_name(kinds, name), node, module, at)
        or _wrapped(reader, node, module, at)
    )


def _wrapped(reader: "Reader", node: ast.Call, module: Module, at: ast.AST) -> Kinds:
    """Return what a function gives that a call runs in another way: ``sync_to_async(f)(x)``."""
    match wrapped(node) if isinstance(node.func, ast.Call) else None:
        case ast.Lambda(body=body):
            return reader.expression(body, module, at)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return known(reader, name, node, module, at)
    return NOTHING


def _own_name(kinds: Kinds, name: str) -> str:
    """Return the name of a function of a library, where it is imported under another one."""
    found = {it.name.rpartition(".")[2] for it in kinds if isinstance(it, Foreign)}
    return found.pop() if len(found) == 1 else name


def _called(reader: "Reader", kind: Kind, node: ast.Call, module: Module, at: ast.AST) -> Kinds:
    found: Kinds = NOTHING
    match kind:
        case Class(of=of):
            made = reader.models.made(of)
            is_plain = made == frozenset([Instance(of)])
            if not is_plain and (told := _queryset(reader, of, node, module, at)):
                return told
            found = frames.made_with(reader, of, node, module, at) if is_plain else made
        case Callee():
            given = result(reader, frames.with_arguments(reader, kind, node, module, at))
            found = _of_class_asked(reader, given, node, module, at)
        case Method(of=of, name=name):
            found = of_query(of, name)
        case Many(is_query=False):
            found = frozenset([kind])  # a set of forms
        case Instance():
            found = called(reader, kind, "__call__")
    return found


def _queryset(reader: "Reader", of: ClassDef, node: ast.Call, module: Module, at: ast.AST) -> Kinds:
    """Return the rows of ``Orders(self.model, using=self._db)``; nothing of another class."""
    asked = [*node.args[:1], *(it.value for it in node.keywords if it.arg == "model")]
    if not asked or not reader.models.is_managing(of):
        return NOTHING
    rows = instances(reader.expression(asked[0], module, at))
    return many(rows, is_query=True, via=of)


def _of_class_asked(
    reader: "Reader", found: Kinds, node: ast.Call, module: Module, at: ast.AST
) -> Kinds:
    """Return *found*, a base of the class in ``get(Order, 1)`` as that class."""
    rows = {it.of for it in found if isinstance(it, Instance)}
    if not rows:
        return found
    if len(rows) > 1:
        found = _named_among(reader, found, node, module, at)
    asked = instances(reader.expression(node.args[0], module, at)) if node.args else NOTHING
    heirs = {
        above: one
        for one in asked
        if isinstance(one, Instance)
        for above in reader.ancestry(one.of)[1:]
    }
    return frozenset(heirs.get(it.of, it) if isinstance(it, Instance) else it for it in found)


def _named_among(
    reader: "Reader", found: Kinds, node: ast.Call, module: Module, at: ast.AST
) -> Kinds:
    """Return those of *found* whose class a call names, or names what is made for it; else all."""
    told: Kinds = NOTHING
    for value in (*node.args, *(it.value for it in node.keywords)):
        if isinstance(value, (ast.Name, ast.Attribute)):
            for kind in reader.expression(value, module, at):
                if isinstance(kind, Class):
                    told |= {Instance(kind.of)} | reader.models.about(kind.of)
    named = {it.of for it in told if isinstance(it, Instance)}
    left = frozenset(it for it in found if not isinstance(it, Instance) or it.of in named)
    return left if any(isinstance(it, Instance) for it in left) else found


def _method(reader: "Reader", kind: Kind, node: ast.Call, module: Module, at: ast.AST) -> Kinds:
    """Return what a call of a method of a kind gives."""
    name = called_name(node)
    match kind:
        case Many():
            return of_key(kind, node) or _of_many(reader, kind, name)
        case Instance() | Class():
            found = reader.attribute(frozenset([kind]), name)
            said = union(_called(reader, it, node, module, at) for it in found)
            return (
                said
                or _of_heirs(reader, kind, found, node, module, at)
                or reader.models.framework_call(kind, name)
            )
        case Table() | Writing():
            found = known(reader, name, node, module, at) if name == "returning" else NOTHING
            return found | of_core(kind, name)
    return NOTHING


def _of_heirs(
    reader: "Reader",
    kind: Instance | Class,
    found: Kinds,
    node: ast.Call,
    module: Module,
    at: ast.AST,
) -> Kinds:
    """Return what the method gives that heirs of a class define, where its own only raises."""
    if not found or not all(isinstance(it, Callee) and is_abstract(it.of) for it in found):
        return NOTHING
    heirs = members.of_heirs(reader, kind, called_name(node))
    return union(_called(reader, it, node, module, at) for it in heirs if isinstance(it, Callee))


def _of_many(reader: "Reader", kind: Many, name: str) -> Kinds:
    """Return what a method of a queryset, manager or list gives: its class's own comes first."""
    if kind.via is not None:
        found = reader.models.manager_method(kind, name)
        if said := union(result(reader, it) for it in found if isinstance(it, Callee)):
            return said
    return of_query(kind, name) if kind.is_query else of_list(kind, name)
