"""What a call is worth: of a function of the file, a method, a function that every file has.

Pure: calls in, values out; what is not known here is told to a hook.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Protocol

from pginterlock.lint import texts
from pginterlock.lint.values import (
    NOTHING,
    Attribute,
    Call,
    Class,
    Each,
    Function,
    Named,
    Partial,
    Value,
    is_call_of,
)

# What asks which server it runs on is told so; what is for another is passed over.
_SERVER = "postgresql"
_OTHER_SERVERS = ("mysql", "mariadb", "sqlite", "oracle", "mssql")
_MOST = 2_000  # items of a list that is made


class Caller(Protocol):
    """What runs the functions of the file, and hears of all other calls."""

    def call(self, made: Call) -> Value:
        """Hear of a call of something from elsewhere; return what it is worth."""
        ...

    def run(self, function: Function, made: Call) -> Value:
        """Run a function of the file; return what it returns."""
        ...

    def told(self, found: Attribute) -> Value:
        """Return what an attribute of something from elsewhere is worth."""
        ...

    def assign(self, base: Value, name: str, value: Value, at: ast.expr) -> None:
        """Hear of ``base.name = value``."""
        ...


def called(made: Call, caller: Caller) -> Value:
    """Return what a call is worth, and run or tell of it."""
    match made.func:
        case Partial() as partial:
            return called(partial.called(made), caller)
        case Function() as function:
            return caller.run(function, made)
        case Named(path=path) if path in _KNOWN and len(made.args) >= _LEAST.get(path, 1):
            return _KNOWN[path](made, caller)
        case Attribute(base=str() | list() | dict() | tuple() as base, name=name):
            return texts.method(base, name, made)
    return caller.call(made)


def attribute(base: Value, name: str, caller: Caller) -> Value:
    """Return what *base* calls *name*."""
    if name == "vendor" or (name == "name" and _is_dialect(base)):
        return _SERVER
    if isinstance(base, Named):
        return Named(f"{base.path}.{name}")
    owner = base.func if isinstance(base, Call) else base
    if isinstance(owner, Class) and name in owner.body:
        found = owner.body[name]
        if isinstance(found, Function):
            return _bound(found, base, is_instance=owner is not base)
        if owner is base and not is_call_of(found, "Column", "mapped_column"):
            return found
    return caller.told(Attribute(base, name))


def _bound(function: Function, base: Value, *, is_instance: bool) -> Value:
    """Return a method with what it is called on, if it takes that."""
    decorators = getattr(function.node, "decorator_list", [])
    names = {it.id for it in decorators if isinstance(it, ast.Name)}
    takes_base = "classmethod" in names or (is_instance and "staticmethod" not in names)
    return Partial(function, (base,), {}) if takes_base else function


def _is_dialect(base: Value) -> bool:
    """Whether *base* is what tells which server it is: ``op.get_bind().dialect``, an engine."""
    name = base.path if isinstance(base, Named) else getattr(base, "name", "")
    return str(name).rpartition(".")[2] in ("dialect", "engine")


def _is_of_server(value: Value, kind: Value) -> Value:
    """Whether a dialect is of a class, which has the server in its name: ``MySQLDialect``."""
    told = kind.path.lower() if isinstance(kind, Named) else ""
    if not _is_dialect(value) or not told:
        return NOTHING
    if "postgres" in told or "pgdialect" in told:
        return True
    return False if any(name in told for name in _OTHER_SERVERS) else NOTHING


def _simple(name: str) -> Callable[[Call, Caller], Value]:
    return lambda made, _: texts.BUILT_IN[name](made.args[0])


def _getattr(made: Call, caller: Caller) -> Value:
    base, name = made.args[:2]
    return attribute(base, str(name), caller) if isinstance(name, str) else NOTHING


def _setattr(made: Call, caller: Caller) -> Value:
    base, name, value = made.args[:3]
    if isinstance(name, str):
        caller.assign(base, str(name), value, made.node)
    return None


def _map(made: Call, caller: Caller) -> Value:
    function, over = made.args[:2]
    items = over[:_MOST] if isinstance(over, (list, tuple)) else [Each(over)]
    found = [called(Call(function, (it,), {}, made.node), caller) for it in items]
    return found if isinstance(over, (list, tuple)) else NOTHING


def _zip(made: Call, _: Caller) -> Value:
    lists = [it for it in made.args if isinstance(it, (list, tuple))]
    return list(zip(*lists, strict=False)) if len(lists) == len(made.args) else NOTHING


_LEAST = {"getattr": 2, "setattr": 3, "isinstance": 2, "map": 2}
_KNOWN: Mapping[str, Callable[[Call, Caller], Value]] = {
    "functools.partial": lambda made, _: Partial(made.args[0], made.args[1:], made.named),
    "getattr": _getattr,
    "isinstance": lambda made, _: _is_of_server(made.args[0], made.args[1]),
    "map": _map,
    "setattr": _setattr,
    "zip": _zip,
    **{name: _simple(name) for name in texts.BUILT_IN},
}
