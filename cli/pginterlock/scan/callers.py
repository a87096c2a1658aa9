"""What callers hand to the parameters of a function. Pure."""

import ast
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from pginterlock.scan.call_places import Inner, may_hand
from pginterlock.scan.definitions import decorators
from pginterlock.scan.frames import initializer, super_calls
from pginterlock.scan.kinds import NOTHING, Callee, Class, ClassDef, Function, Kinds
from pginterlock.scan.modules import Module, function_of

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_FILES = 24  # a name that more of them call says nothing
_CALLS = 24  # that are looked at: others say the same
_FEW = 6  # and one of a function that takes anything
_MOST = 12  # heirs: of more of them, none is asked how it is made
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
        "query",
        "search",
        "count",
        "copy",
        "index",
        "join",
        "format",
        "read",
        "write",
        "set",
        "pop",
    ]
)


def called_with(reader: "Reader", function: Function, arg: ast.arg) -> Kinds:
    """Return what callers hand to a parameter."""
    found: Kinds = NOTHING
    told = (it for it in handed(reader, function, arg) if not isinstance(it[0], ast.Constant))
    for value, module, stmt in islice(told, _CALLS):
        found |= reader.expression(value, module, stmt)
    return found


def handed(
    reader: "Reader", function: Function, arg: ast.arg
) -> Iterator[tuple[ast.AST, Module, ast.stmt]]:
    """Yield the expressions that callers hand to a parameter, each with its module."""
    a = function.node.args
    plain = [*a.posonlyargs, *a.args]
    is_vague = function.name in _COMMON or arg in (a.vararg, a.kwarg)
    limit = _FEW if is_vague and function.name != "__init__" else _FILES
    is_wanted = _handing_to(function, arg, plain)
    for module, call, stmt in _calls(reader, function, limit, is_wanted):
        if function_of(module, stmt) is function:
            continue
        for value in _handed(call, arg, function, plain):
            if _is_call_of(reader, call, module, stmt, function):
                yield value, module, stmt


_IsWanted = Callable[[bytes, int, Inner], bool]


def _handing_to(function: Function, arg: ast.arg, plain: list[ast.arg]) -> _IsWanted:
    """Return what says of a call, by its text, whether it may hand something to a parameter."""
    number, name = None, arg.arg.encode()
    if arg in plain:
        number = plain.index(arg) - _skips_first(function)
    elif arg is function.node.args.vararg:
        number = len(plain) - _skips_first(function)
    elif arg is function.node.args.kwarg:
        name = b"="
    if number is not None and number < 0:
        number = None
    return lambda raw, at, held: may_hand(raw, at, held, number, name)


def _skips_first(function: Function) -> bool:
    """Say whether calls leave out the first parameter, the object or class."""
    return function.owner is not None and "staticmethod" not in set(decorators(function))


def _handed(
    call: ast.Call, arg: ast.arg, function: Function, plain: list[ast.arg]
) -> Iterator[ast.AST]:
    """Yield what a call hands to a parameter: one value, or several to ``*args``."""
    is_method = _skips_first(function)
    if arg is function.node.args.vararg:
        yield from call.args[len(plain) - is_method :]
        return
    if arg is function.node.args.kwarg:
        names = {it.arg for it in (*plain, *function.node.args.kwonlyargs)}
        yield from (it.value for it in call.keywords if it.arg and it.arg not in names)
        return
    for it in call.keywords:
        if it.arg == arg.arg:
            yield it.value
            return
    if arg in plain:
        number = plain.index(arg) - is_method
        if 0 <= number < len(call.args) and not any(
            isinstance(it, ast.Starred) for it in call.args[: number + 1]
        ):
            yield call.args[number]


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


_Calls = Iterator[tuple[Module, ast.Call, ast.stmt]]


def _calls(reader: "Reader", function: Function, limit: int, is_wanted: _IsWanted) -> _Calls:
    """Yield the calls that may be one of *function*; of ``__init__``, those that make objects.

    None where more than *limit* files call what has that name.
    """
    owner = function.owner
    if owner is None or function.name != "__init__":
        yield from reader.project.calls_at(function.name, limit, is_wanted)
        return
    is_called = False
    for found in reader.project.calls_at(owner.name, limit, is_wanted):
        is_called = True
        yield found
    for it in reader.models.heirs_with(owner, "", _MOST):
        is_called = True
        init = initializer(reader, it)
        if init is None or init.owner is not it:
            yield from reader.project.calls_at(it.name, limit, is_wanted)
            continue
        for call, stmt in super_calls(init):
            yield it.module, call, stmt
    for alias in _other_names(reader, owner) if not is_called else ():
        for module, call, stmt in reader.project.calls_at(alias, _FEW, is_wanted):
            kinds = reader.expression(call.func, module, stmt)
            if any(isinstance(one, Class) and owner in reader.ancestry(one.of) for one in kinds):
                yield module, call, stmt


def _other_names(reader: "Reader", of: ClassDef) -> list[str]:
    """Return the members of classes by which a class is called too: ``Entry = ModelEntry``."""
    paths = reader.project.holding(f" = {of.name}")
    given = re.compile(rb"(?m)^[ \t]+(\w+) = %s[ \t]*$" % of.name.encode())
    found = (given.findall(reader.project.text(it)) for it in paths if len(paths) <= _FEW)
    return sorted({name.decode() for them in found for name in them} - {of.name})
