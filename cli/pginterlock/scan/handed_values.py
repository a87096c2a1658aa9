"""The constants that callers hand to a parameter, where all of them are known. Pure."""

import ast
from collections.abc import Callable, Iterator

from pginterlock.scan.definitions import decorators
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Class, Function
from pginterlock.scan.modules import Module

_FEW = 12  # files: a name that more of them call says nothing
# Decorators that leave a function to those who call it by its name.
_PLAIN = frozenset([
    "staticmethod", "classmethod", "atomic", "wraps", "transition", "cached", "contextmanager",
    "transactional", "abstractmethod", "override",
])  # fmt: skip
# Methods of so many classes that their name says nothing of whose they are.
_COMMON = frozenset([
    "update", "save", "create", "set", "run", "handle", "process", "execute", "apply", "get",
    "post", "put", "patch", "send", "add", "append", "write", "start", "stop", "call",
])  # fmt: skip
Said = Iterator[str | None]
Values = Callable[[ast.AST, Module, ast.AST], Said]


def handed(reader: Reader, function: Function, arg: ast.arg, values: Values) -> Said:
    """Yield what a parameter may be, by *values* of what callers hand to it.

    None is among it where a caller is not understood, and where there is none.
    """
    if told := list(_literal(arg.annotation)):
        yield from told
        return
    node = function.node
    if isinstance(node, ast.Lambda) or arg in (node.args.vararg, node.args.kwarg):
        yield None
        return
    is_told = set(decorators(function)) <= _PLAIN  # else a queue or a route may call it too
    count = 0
    for module, call, stmt in reader.project.calls(_called_by(function), _FEW):
        if not _is_call_of(reader, call, module, stmt, function):
            continue
        count += 1
        value = handed_in(call, arg, function) or default(arg, function)
        if value is None or any(it.arg is None for it in call.keywords):
            yield None
        else:
            where, at = (module, stmt) if _stands_in(value, call) else (function.module, node)
            yield from values(value, where, at)
    if not count or not is_told:
        yield None


def _called_by(function: Function) -> str:
    is_made = function.name == "__init__" and function.owner is not None
    return function.owner.name if is_made and function.owner else function.name


def _literal(annotation: ast.AST | None) -> Iterator[str]:
    """Yield the values that ``Literal["a", "b"]`` allows."""
    match annotation:
        case ast.Subscript(value=ast.Name(id="Literal") | ast.Attribute(attr="Literal"), slice=it):
            parts = it.elts if isinstance(it, ast.Tuple) else [it]
            texts = [one.value for one in parts if isinstance(one, ast.Constant)]
            if len(texts) == len(parts) and all(isinstance(one, str) for one in texts):
                yield from (str(one) for one in texts)


def _is_call_of(
    reader: Reader, call: ast.Call, module: Module, stmt: ast.AST, function: Function
) -> bool:
    kinds = reader.expression(call.func, module, stmt)
    if not kinds and isinstance(call.func, ast.Attribute):
        return function.owner is not None and function.name not in _COMMON
    for it in kinds:
        match it:
            case Callee(of=of) if of is function:
                return True
            case Class(of=of) if function.name == "__init__":
                return function.owner in reader.ancestry(of)
    return False


def handed_in(call: ast.Call, arg: ast.arg, function: Function) -> ast.AST | None:
    """Return what *call* hands to a parameter of *function*; None where that is not told."""
    for it in call.keywords:
        if it.arg == arg.arg:
            return it.value
    plain = [*function.node.args.posonlyargs, *function.node.args.args]
    if arg not in plain or any(isinstance(it, ast.Starred) for it in call.args):
        return None
    is_method = function.owner is not None and "staticmethod" not in set(decorators(function))
    number = plain.index(arg) - is_method
    return call.args[number] if 0 <= number < len(call.args) else None


def default(arg: ast.arg, function: Function) -> ast.AST | None:
    """Return what a parameter is where a call hands nothing to it; None where it has to."""
    a = function.node.args
    plain = [*a.posonlyargs, *a.args]
    defaults = dict(zip(reversed(plain), reversed(a.defaults), strict=False))
    named = dict(zip(a.kwonlyargs, a.kw_defaults, strict=True))
    return defaults.get(arg) or named.get(arg)


def _stands_in(value: ast.AST, call: ast.Call) -> bool:
    return any(it is value for it in [*call.args, *(k.value for k in call.keywords)])
