"""What the setters of properties write of their own row. Pure."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pginterlock.scan.bindings import own_expressions, walk
from pginterlock.scan.definitions import decorators, last_name, returned
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Function
from pginterlock.scan.modules import Module, statements
from pginterlock.scan.project import called_name, is_super
from pginterlock.scan.reckoned_texts import Env, Reckoning
from pginterlock.scan.setting_names import is_setting

_PROPERTIES = frozenset(["property", "hybrid_property"])
_DEPTH = 3
_GIVEN = 2  # to a setter: the row and the value

Made = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
# A column that is written, and whether with the very value that was handed over.
Written = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class _Setter:
    """A function with the names of its parameters for the row and for the value."""

    node: Made
    module: Module
    row: str
    value: str
    env: Env


def by_property(reader: Reader, node: ast.AST | None, here: Reckoning) -> Iterator[Written]:
    """Yield what a property writes that *node* makes: a call of ``property``, or of what does."""
    yield from _by_property(reader, node, here, _DEPTH)


def by_function(reader: Reader, function: Function) -> Iterator[Written]:
    """Yield what a function writes that is the setter of a property."""
    yield from _written_by(reader, function.node, function.module, {}, _DEPTH)


def _by_property(
    reader: Reader, node: ast.AST | None, here: Reckoning, depth: int
) -> Iterator[Written]:
    if not isinstance(node, ast.Call) or depth <= 0:
        return
    if last_name(node.func) in _PROPERTIES:
        named = [it.value for it in node.keywords if it.arg == "fset"]
        for setter in (named or node.args[1:])[:1]:
            for made, module, env in _functions(reader, setter, here, depth):
                yield from _written_by(reader, made, module, env, depth)
        return
    for function, env in _called(reader, node, here):
        for value, stmt, _ in returned(function):
            there = Reckoning(env, function.module, stmt)
            yield from _by_property(reader, value, there, depth - 1)


def _functions(
    reader: Reader, node: ast.AST, here: Reckoning, depth: int
) -> Iterator[tuple[Made, Module, Env]]:
    """Yield the functions that an expression names, or that a call of another one makes."""
    if isinstance(node, ast.Lambda):
        yield node, here.module, here.env
    elif isinstance(node, ast.Call) and depth > 0:
        for function, env in _called(reader, node, here):
            for value, stmt, _ in returned(function):
                there = Reckoning(env, function.module, stmt)
                yield from _functions(reader, value, there, depth - 1)
    else:
        for it in reader.expression(node, here.module, here.at):
            if isinstance(it, Callee):
                yield it.of.node, it.of.module, here.env


def _called(reader: Reader, call: ast.Call, here: Reckoning) -> Iterator[tuple[Function, Env]]:
    """Yield the functions of the project that are called, with the texts of their parameters."""
    for it in reader.expression(call.func, here.module, here.at):
        if isinstance(it, Callee):
            told = {
                name: text for name, arg in handed(it.of, call) for text in [here.text(arg)] if text
            }
            yield it.of, {**_seen(it.of, here.env), **{it: min(one) for it, one in told.items()}}


def _seen(function: Function, env: Env) -> Env:
    """Return the variables around a function that it sees."""
    args = function.node.args
    own = {it.arg for it in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
    return {it: text for it, text in env.items() if it not in own} if function.outer else {}


def handed(function: Function, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Yield the parameters of a function, each with what a call hands to it."""
    args = function.node.args
    plain = [*args.posonlyargs, *args.args]
    is_method = isinstance(call.func, ast.Attribute) and function.owner is not None
    is_method = is_method and "staticmethod" not in decorators(function)
    for param, value in zip(plain[is_method:], call.args, strict=False):
        if isinstance(value, ast.Starred):
            break
        yield param.arg, value
    names = {it.arg for it in (*plain, *args.kwonlyargs)}
    yield from ((it.arg, it.value) for it in call.keywords if it.arg in names and it.arg)


def _written_by(
    reader: Reader, node: Made, module: Module, env: Env, depth: int
) -> Iterator[Written]:
    """Yield what a function writes whose parameters are a row and a value."""
    plain = [it.arg for it in (*node.args.posonlyargs, *node.args.args)]
    told = node.args.defaults
    if len(plain) - len(told) <= _GIVEN <= len(plain):
        inner = {name: text for name, text in env.items() if name not in plain}
        here = Reckoning(env, module, node)
        for name, value in zip(
            plain[_GIVEN:], told[len(told) - len(plain) + _GIVEN :], strict=True
        ):
            inner |= dict.fromkeys([name], min(text)) if (text := here.text(value)) else {}
        yield from _written(reader, _Setter(node, module, plain[0], plain[1], inner), depth)


def _written(reader: Reader, it: _Setter, depth: int) -> Iterator[Written]:
    """Yield the columns that a setter gives what it was handed, or what it makes of that."""
    if isinstance(it.node, ast.Lambda):
        yield from _in_expression(reader, it, it.node.body, it.node, frozenset([it.value]), depth)
        return
    told = frozenset([it.value])
    kept = told
    for stmt in statements(it.node.body):
        if not isinstance(stmt, ast.stmt):
            continue
        match stmt:
            case ast.Assign(targets=targets, value=value) if _speaks(value, told):
                names = {one.id for one in targets if isinstance(one, ast.Name)}
                told, kept = told | names, kept - names
                for target in targets:
                    for column in _target(it, target, stmt):
                        yield column, _is_one_of(value, kept)
        for part in own_expressions(stmt):
            for column, is_kept in _in_expression(reader, it, part, stmt, told, depth):
                yield column, is_kept and it.value in kept


def _target(it: _Setter, target: ast.AST, at: ast.AST) -> Iterator[str]:
    """Yield the column of the row that is assigned: ``row.status``, ``row.__dict__[name]``."""
    match target:
        case ast.Attribute(value=ast.Name(id=row), attr=attr) if row == it.row:
            yield attr
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(id=row), attr="__dict__")
            | ast.Call(func=ast.Name(id="vars"), args=[ast.Name(id=row)]),
            slice=key,
        ) if row == it.row:
            yield from Reckoning(it.env, it.module, at).text(key)


def _in_expression(
    reader: Reader, it: _Setter, node: ast.AST, at: ast.AST, told: frozenset[str], depth: int
) -> Iterator[Written]:
    """Yield what the calls in an expression write: ``setattr``, and what hands both on."""
    for call in walk(node):
        if not isinstance(call, ast.Call) or not any(_speaks(one, told) for one in _given(call)):
            continue
        here = Reckoning(it.env, it.module, at)
        match call:
            case ast.Call(func=func, args=[ast.Name(id=row), name, value]) if (
                row == it.row and is_setting(func, it.module)
            ):
                yield from ((one, _is_one_of(value, told)) for one in here.text(name))
            case ast.Call(func=ast.Attribute(value=on, attr="__setattr__"), args=[name, value]):
                if is_super(on) or _is_one_of(on, frozenset([it.row])):
                    yield from ((one, _is_one_of(value, told)) for one in here.text(name))
            case _ if depth > 0 and called_name(call):
                yield from _handed_on(reader, it, call, here, told, depth - 1)


def _given(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(it.value for it in call.keywords)]


def _handed_on(
    reader: Reader, it: _Setter, call: ast.Call, here: Reckoning, told: frozenset[str], depth: int
) -> Iterator[Written]:
    """Yield what a function writes that a setter hands its row and value."""
    me = frozenset([it.row])
    is_own = isinstance(call.func, ast.Attribute) and _is_one_of(call.func.value, me)
    if not is_own and not any(_is_one_of(one, me) for one in call.args):
        return
    for function, env in _called(reader, call, here):
        pairs = [*handed(function, call)]
        plain = [one.arg for one in (*function.node.args.posonlyargs, *function.node.args.args)]
        rows = plain[:1] if is_own else [name for name, arg in pairs if _is_one_of(arg, me)]
        values = [(name, arg) for name, arg in pairs if _speaks(arg, told)]
        if len(rows) != 1 or len(values) != 1:
            continue
        (name, arg), others = values[0], {rows[0], values[0][0]}
        inner = {key: text for key, text in env.items() if key not in others}
        there = replace(
            it, node=function.node, module=function.module, row=rows[0], value=name, env=inner
        )
        for column, is_kept in _written(reader, there, depth):
            yield column, is_kept and _is_one_of(arg, told)


def _speaks(node: ast.AST, names: frozenset[str]) -> bool:
    return any(isinstance(it, ast.Name) and it.id in names for it in walk(node))


def _is_one_of(node: ast.AST, names: Sequence[str] | frozenset[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names
