"""What a parameter is: by its annotation, its framework, its default, and who calls. Pure."""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pginterlock.scan import fixtures
from pginterlock.scan.callers import called_with
from pginterlock.scan.definitions import annotation, decorators, last_name
from pginterlock.scan.kinds import (
    NOTHING,
    Class,
    ClassDef,
    Function,
    Instance,
    Kinds,
    classes,
    instances,
    many,
    union,
)
from pginterlock.scan.modules import Definition, Module, arguments

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

# Parameters of a class made for a model: several rows of it, one, and what else it is handed.
_SENT = ("instance", "target", "sender")  # by a signal of Django, by an event of SQLAlchemy
_SETS = ("queryset", "qs")
_ROWS = ("instance", "obj", "object")
_FORMS = ("form", "serializer")


def parameter(reader: "Reader", arg: ast.arg, module: Module) -> Kinds:
    """Return what a parameter may be."""
    if reader.frame is not None and arg in arguments(reader.frame[0].node):
        for name, kinds in reader.frame[1]:
            if name == arg.arg:
                return kinds
    return reader.within(None, (arg, "parameter"), _parameter(reader, arg, module))


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
        yield many(called_with(reader, function, arg))
        return
    if told := _framework(reader, function, arg.arg):
        yield told
        return
    yield _default(reader, function, arg)
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
    if several := reader.models.as_manager(owner):
        return several
    return frozenset([Instance(owner)])


def _framework(reader: "Reader", function: Function, name: str) -> Kinds:
    """Return what Django, its REST framework, SQLAlchemy or pytest hand to a parameter."""
    node = function.node
    if isinstance(node, ast.Lambda):
        return NOTHING
    if (sent := _listening(reader, function, node, name)) is not None:
        return sent
    if name in _SENT and (told := _connected(reader, function)):
        return classes(told) if name == "sender" else told
    if function.owner is None and name in _SETS:
        return _admin_action(reader, function)
    about = NOTHING
    if function.owner and name in (*_SETS, *_ROWS, *_FORMS):
        about = reader.models.about(function.owner)
    if function.owner and about:
        return _of_framework(reader, function.owner, about, name)
    return fixtures.given(reader, function, name)


def _of_framework(reader: "Reader", owner: ClassDef, about: Kinds, name: str) -> Kinds:
    """Return what a parameter is by its name, in a class made for the rows *about*."""
    if name in _SETS:
        return many(about, is_query=True)
    if name in _FORMS:
        return reader.models.framework_call(Instance(owner), "get_form")
    return about if name in _ROWS else NOTHING


def _listening(reader: "Reader", function: Function, node: Definition, name: str) -> Kinds | None:
    """Return what a signal or event, named by a decorator, sends; None without such a decorator."""
    found: Kinds | None = None
    for it in node.decorator_list:
        match last_name(it), it, name:
            case "receiver", ast.Call(keywords=keywords), "instance" | "sender":
                asked = [k.value for k in keywords if k.arg == "sender"]
            case "listens_for", ast.Call(args=args), "target":
                asked = args[:1]
            case _:
                continue
        sent = union(_sender(reader, one, function.module, node) for one in asked)
        found = (classes(sent) if name == "sender" else sent) | (found or NOTHING)
    return found


def _sender(reader: "Reader", asked: ast.AST, module: Module, at: ast.AST) -> Kinds:
    """Return the rows of a sender, which is a class or its name."""
    if isinstance(asked, ast.Constant) and isinstance(asked.value, str):
        return instances(reader.models.named(asked.value, module))
    return instances(reader.expression(asked, module, at))


def _connected(reader: "Reader", function: Function) -> Kinds:
    """Return the senders that a function receives signals of."""
    found: Kinds = NOTHING
    for module, call, stmt in reader.project.calls("listen"):
        if len(call.args) > 2 and last_name(call.args[2]) == function.name:  # noqa: PLR2004
            found |= instances(reader.expression(call.args[0], module, stmt))
    for module, call, stmt in reader.project.calls("connect"):
        given = dict(zip(("receiver", "sender"), call.args, strict=False))
        given |= {it.arg: it.value for it in call.keywords if it.arg}
        if "sender" in given and last_name(given.get("receiver", call)) == function.name:
            found |= _sender(reader, given["sender"], module, stmt)
    return found


def _admin_action(reader: "Reader", function: Function) -> Kinds:
    """Return the rows that an action of an admin of the same module is given."""
    found: Kinds = NOTHING
    for it in function.module.classes_about(function.name):
        if function.name in ast.dump(it.node) and (about := reader.models.about(it)):
            found |= many(about, is_query=True)
    return found


def _default(reader: "Reader", function: Function, arg: ast.arg) -> Kinds:
    a = function.node.args
    plain = [*a.posonlyargs, *a.args]
    pairs = [
        *zip(reversed(plain), reversed(a.defaults), strict=False),
        *zip(a.kwonlyargs, a.kw_defaults, strict=True),
    ]
    for one, default in pairs:
        if one is arg:
            return reader.expression(default, function.module, function.node)
    return NOTHING
