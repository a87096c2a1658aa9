"""What a parameter is: by its annotation, its framework, its default, and who calls. Pure."""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pginterlock.scan.definitions import annotation, decorators, last_name, result
from pginterlock.scan.kinds import (
    NOTHING,
    Callee,
    Class,
    Function,
    Instance,
    Kinds,
    instances,
    items,
    many,
    union,
)
from pginterlock.scan.modules import Module, arguments, function_of

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

# Names that say nothing of who is called.
_COMMON = frozenset(
    [
        "save",
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "create",
        "update",
        "run",
        "handle",
        "execute",
        "__init__",
        "__call__",
        "clean",
        "form_valid",
        "get_queryset",
        "setUp",
        "main",
        "perform",
        "process",
        "to_representation",
        "validate",
        "add",
        "remove",
        "apply",
        "dispatch",
        "__str__",
        "filter",
        "all",
        "first",
        "last",
        "close",
        "open",
        "start",
        "stop",
        "send",
    ]
)


def parameter(reader: "Reader", arg: ast.arg, module: Module) -> Kinds:
    """Return what a parameter may be."""
    return reader.once((arg, "parameter"), _parameter(reader, arg, module))


def _parameter(reader: "Reader", arg: ast.arg, module: Module) -> Iterator[Kinds]:
    function = _function(arg, module)
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
        return
    if told := _framework(reader, function, arg.arg):
        yield told
        return
    yield _default(reader, function, arg)
    yield called_with(reader, function, arg)


def _function(arg: ast.arg, module: Module) -> Function | None:
    for them in module.functions.values():
        for it in them:
            if arg in arguments(it.node):
                return it
    return None


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
    for it in node.decorator_list:
        if last_name(it) == "receiver" and isinstance(it, ast.Call) and name == "instance":
            senders = [k.value for k in it.keywords if k.arg == "sender"]
            return union(
                instances(reader.expression(one, function.module, node)) for one in senders
            )
        if last_name(it) == "listens_for" and isinstance(it, ast.Call) and name == "target":
            return union(
                instances(reader.expression(one, function.module, node)) for one in it.args[:1]
            )
    if name == "instance":
        if told := _connected(reader, function):
            return told
    owner = function.owner
    if owner and name in (
        "instance",
        "obj",
        "object",
        "queryset",
        "qs",
        "model",
        "form",
        "serializer",
    ):
        about = reader.models.about(owner)
        if about and name in ("queryset", "qs"):
            return many(about, is_query=True)
        if about and name in ("instance", "obj", "object"):
            return about
        if about and name in ("form", "serializer"):
            return NOTHING
    elif name in ("queryset", "qs"):
        return _admin_action(reader, function)
    return _fixture(reader, function, name)


def _connected(reader: "Reader", function: Function) -> Kinds:
    """Return the senders that a function receives signals of."""
    found: Kinds = NOTHING
    for module, call, stmt in reader.project.calls("connect"):
        if call.args and last_name(call.args[0]) == function.name:
            for it in call.keywords:
                if it.arg == "sender":
                    found |= instances(reader.expression(it.value, module, stmt))
    return found


def _admin_action(reader: "Reader", function: Function) -> Kinds:
    """Return the rows that an action of an admin of the same module is given."""
    found: Kinds = NOTHING
    for them in function.module.classes.values():
        for it in them:
            if function.name in ast.dump(it.node) and (about := reader.models.about(it)):
                found |= many(about, is_query=True)
    return found


def _fixture(reader: "Reader", function: Function, name: str) -> Kinds:
    """Return what a fixture of pytest gives to a test or another fixture."""
    is_test = function.name.startswith("test") or "fixture" in set(decorators(function))
    if not is_test:
        return NOTHING
    modules = [function.module]
    folder = function.module.path
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        if f"{folder}/conftest.py" in reader.project.texts:
            if found := reader.project.module(f"{folder}/conftest.py"):
                modules.append(found)
    for module in modules:
        for it in module.functions.get(name, ()):
            if "fixture" in set(decorators(it)):
                told = result(reader, Callee(it))
                generated = isinstance(it.node, (ast.FunctionDef, ast.AsyncFunctionDef)) and any(
                    isinstance(n, ast.Yield) for n in ast.walk(it.node)
                )
                return items(told) if generated else told
    return NOTHING


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


def called_with(reader: "Reader", function: Function, arg: ast.arg) -> Kinds:
    """Return what callers hand to a parameter."""
    if function.name in _COMMON and function.owner is None:
        return NOTHING
    a = function.node.args
    plain = [*a.posonlyargs, *a.args]
    found: Kinds = NOTHING
    name = function.owner.name if function.name == "__init__" and function.owner else function.name
    for module, call, stmt in reader.project.calls(name):
        if function_of(module, stmt) is function:
            continue
        value = _handed(call, arg, plain, is_method=_skips_first(function, call))
        if value is None or isinstance(value, ast.Constant):
            continue
        if _is_call_of(reader, call, module, stmt, function):
            found |= reader.expression(value, module, stmt)
    return found


def _skips_first(function: Function, call: ast.Call) -> bool:
    if function.owner is None or "staticmethod" in set(decorators(function)):
        return False
    return True


def _handed(
    call: ast.Call, arg: ast.arg, plain: list[ast.arg], *, is_method: bool
) -> ast.AST | None:
    for it in call.keywords:
        if it.arg == arg.arg:
            return it.value
    if arg in plain:
        number = plain.index(arg) - is_method
        if 0 <= number < len(call.args) and not any(
            isinstance(it, ast.Starred) for it in call.args[: number + 1]
        ):
            return call.args[number]
    return None


def _is_call_of(
    reader: "Reader", call: ast.Call, module: Module, stmt: ast.AST, function: Function
) -> bool:
    """Say whether *call* is one of *function*, as far as can be told."""
    if function.name == "__init__":
        return True
    found = reader.expression(call.func, module, stmt)
    callees = [it.of for it in found if isinstance(it, Callee)]
    if callees:
        return any(it is function or _overrides(it, function) for it in callees)
    return not found and function.name not in _COMMON


def _overrides(one: Function, other: Function) -> bool:
    return one.name == other.name and one.owner is not None and other.owner is not None
