"""What a parameter is: by its annotation, its framework, its default, and who calls. Pure."""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pginterlock.scan import events, fixtures, generics, signals
from pginterlock.scan.callers import called_with
from pginterlock.scan.definitions import annotation, decorators
from pginterlock.scan.kinds import (
    NOTHING,
    Class,
    ClassDef,
    Function,
    Instance,
    Kinds,
    classes,
    many,
    union,
)
from pginterlock.scan.modules import Module, arguments, class_names, default_of

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

# Parameters of a class made for a model: several rows of it, one, and what else it is handed.
_SETS = ("queryset", "qs")
_ROWS = ("instance", "obj", "object")
_FORMS = ("form", "serializer")
_FORM_SET = "formset"
_ACTION = ("modeladmin", "request", "queryset")
# Methods that a mixin defines for the views and admins that inherit from it.
_HOOKS = frozenset(["perform_create", "perform_update", "form_valid", "save_model", "save_form"])
_OF_FACTORIES = frozenset(["_create", "_build", "_get_or_create"])
_MOST = 12  # heirs of a mixin, files that name an action


def parameter(reader: "Reader", arg: ast.arg, module: Module) -> Kinds:
    """Return what a parameter may be."""
    if reader.frame is not None and arg in arguments(reader.frame[0].node):
        for name, kinds in reader.frame[1]:
            if name == arg.arg:
                return kinds
        if told := _by_self(reader, arg):
            return told
    return reader.within(None, (arg, "parameter"), _parameter(reader, arg, module))


def _by_self(reader: "Reader", arg: ast.arg) -> Kinds:
    """Return what the type variable of a parameter stands for, for the object of this call."""
    note = arg.annotation
    if reader.frame is None or not isinstance(note, ast.Name):
        return NOTHING
    function, given = reader.frame
    first = (*function.node.args.posonlyargs, *function.node.args.args)[:1]
    me = [kinds for name, kinds in given if first and name == first[0].arg]
    held = (it for kinds in me for it in kinds if isinstance(it, Instance))
    return union(generics.stands_for(reader, note.id, it) for it in held)


def _parameter(reader: "Reader", arg: ast.arg, module: Module) -> Iterator[Kinds]:
    function = function_taking(arg, module)
    if function is None:
        return
    node = function.node
    is_plain = arg not in (node.args.vararg, node.args.kwarg)
    if me := _self(reader, function, arg):
        yield me
        return
    if arg.annotation is not None:
        said = annotation(reader, arg.annotation, module, node)
        if said:
            yield said if is_plain else many(said)
            return
    if not is_plain:
        if arg is node.args.kwarg and (sent := signals.among_keywords(reader, function)):
            yield sent
            return
        yield many(called_with(reader, function, arg))
        return
    if told := _framework(reader, function, arg.arg):
        yield told
        return
    if default := default_of(function, arg):
        yield reader.expression(default, module, node)
    yield called_with(reader, function, arg)


def function_taking(arg: ast.arg, module: Module) -> Function | None:
    """Return the function whose parameter *arg* is."""
    return module.owners.get(arg)


def _self(reader: "Reader", function: Function, arg: ast.arg) -> Kinds:
    """Return what the first parameter of a method is."""
    owner, node = function.owner, function.node
    first = (*node.args.posonlyargs, *node.args.args)[:1]
    named = set(decorators(function))
    if owner is None or not first or first[0] is not arg or "staticmethod" in named:
        return NOTHING
    if "classmethod" in named or function.name in ("__new__", "__init_subclass__"):
        return frozenset([Class(owner)])
    if arg.arg in ("cls", "mcs") and named & {
        "validator",
        "field_validator",
        "declared_attr",
        "root_validator",
    }:
        return frozenset([Class(owner)])
    if "post_generation" in named:  # of a factory, which hands it the row that it has made
        return reader.models.about(owner)
    if several := reader.models.as_manager(owner):
        return several
    return frozenset([Instance(owner)])


def _framework(reader: "Reader", function: Function, name: str) -> Kinds:
    """Return what Django, its REST framework, SQLAlchemy or pytest hand to a parameter."""
    if isinstance(function.node, ast.Lambda):
        return NOTHING
    if (sent := signals.received(reader, function, name)) is not None:
        return sent
    if (sent := events.heard(reader, function, name)) is not None:
        return sent
    if told := signals.connected(reader, function, name):
        return told
    if function.owner is None and name in _SETS:
        return _admin_action(reader, function)
    return _of_class(reader, function, name) or fixtures.given(reader, function, name)


def _of_class(reader: "Reader", function: Function, name: str) -> Kinds:
    """Return what a parameter is in a class made for a model, or in a mixin of such classes."""
    owner = function.owner
    if owner is not None and name == "model_class" and function.name in _OF_FACTORIES:
        return classes(reader.models.about(owner))
    if owner is None or name not in (*_SETS, *_ROWS, *_FORMS, _FORM_SET):
        return NOTHING
    if name == _FORM_SET:
        return many(reader.models.inlines(owner))
    if name in _FORMS and (told := reader.models.saving(owner)):
        return frozenset(told)
    if about := reader.models.about(owner):
        return _of_framework(reader, owner, about, name)
    heirs = reader.models.below(owner) if function.name in _HOOKS else ()
    made = [(it, reader.models.about(it)) for it in heirs[:_MOST]]
    return union(_of_framework(reader, it, about, name) for it, about in made if about)


def _of_framework(reader: "Reader", owner: ClassDef, about: Kinds, name: str) -> Kinds:
    """Return what a parameter is by its name, in a class made for the rows *about*."""
    if name in _SETS:
        return many(about, is_query=True)
    if name in _FORMS:
        return reader.models.framework_call(Instance(owner), "get_form")
    return about if name in _ROWS else NOTHING


def _admin_action(reader: "Reader", function: Function) -> Kinds:
    """Return the rows that an action of an admin is given, one of the same module or another."""
    found: Kinds = NOTHING
    paths = [function.module.path]
    if len([*arguments(function.node)]) == len(_ACTION):
        holding = reader.project.holding(function.name)
        paths += holding if len(holding) <= _MOST else ()
    for path in dict.fromkeys(paths):
        module = reader.project.module(path)
        for it in module.classes_about(function.name) if module else ():
            is_named = module is function.module or "actions" in class_names(it)
            if is_named and function.name in ast.dump(it.node):
                found |= many(reader.models.about(it), is_query=True)
    return found
