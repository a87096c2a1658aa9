"""The constants that a call hands to SQL in a string: ``execute("... = %s", ["paid"])``. Pure."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pginterlock.scan import constants
from pginterlock.scan.bindings import own_expressions
from pginterlock.scan.constant_groups import group
from pginterlock.scan.definitions import last_name
from pginterlock.scan.givings import givings
from pginterlock.scan.infer import Reader
from pginterlock.scan.modules import Module, statements_at
from pginterlock.scan.sql_write import SqlWrite, same_name

_NUMBERED = re.compile(r"%\((\d+)\)[sbt]|\$(\d+)")
_NAMED = re.compile(r"%\((\w+)\)[sbt]|:(\w+)")
_FILLED = re.compile(r"\{([^{}]+)\}")
_ROWS = frozenset(["execute_values"])  # one ``%s`` stands for all columns
_MANY = frozenset(["executemany", "execute_batch", "execute_many"]) | _ROWS
_OF_ROW = re.compile(r".*\[(\d+)\]")
_UNKNOWN = (None,)
Given = tuple[ast.AST, Module, ast.AST]


def with_parameters(
    reader: Reader, write: SqlWrite, node: ast.AST, line: int, module: Module
) -> SqlWrite:
    """Return *write* with the values that the call around *node*, on *line*, hands over."""
    stmt = next(iter(statements_at(module, line)), None)
    if stmt is None or not (write.holes or write.open_tests):
        return write
    call = _call(node, stmt)
    columns: list[tuple[str, str | None]] = []
    for column, value in write.columns:
        holes = [hole for name, hole in write.holes if same_name(name, column)]
        told = (
            [one for hole in holes for one in _values(reader, hole, call, node, module, stmt)]
            if value is None
            else [value]
        )
        columns += [(column, one) for one in told or _UNKNOWN]
    where = list(write.where)
    for column, values in write.open_tests:
        said = [one for it in values for one in _asked(reader, it, call, node, module, stmt)]
        known = tuple(it for it in said if it is not None)
        where += [(column, known)] if len(known) == len(said) else []
    return replace(write, columns=tuple(dict.fromkeys(columns)), where=tuple(where))


def _asked(
    reader: Reader,
    value: str,
    call: ast.Call | None,
    node: ast.AST,
    module: Module,
    stmt: ast.stmt,
) -> Iterator[str | None]:
    """Yield what a value of a test is: as it is written, or what is filled in."""
    if any(it.fullmatch(value) for it in (_NUMBERED, _NAMED, _FILLED)):
        yield from _values(reader, value, call, node, module, stmt, is_test=True)
    else:
        yield value


def _call(node: ast.AST, stmt: ast.stmt) -> ast.Call | None:
    """Return the call that is handed the text, with its parameters.

    That is the outermost one that has it as the first thing but connections. What stands beside the
    text in a pair, ``("update ...", ["paid"])``, is what a call of the text would be handed.
    """
    for part in own_expressions(stmt):
        for it in ast.walk(part):
            match it:
                case ast.Tuple(elts=[text, parameters]) if text is node:
                    return _of_pair(text, parameters)
    for part in own_expressions(stmt):
        for it in ast.walk(part):
            if isinstance(it, ast.Call) and any(_holds(arg, node) for arg in it.args[:2]):
                return it
    return None


def _of_pair(text: ast.expr, parameters: ast.expr) -> ast.Call:
    call = ast.Call(ast.Name("execute", ast.Load()), [text, parameters], [])
    return ast.copy_location(call, text)


def _holds(outer: ast.AST, inner: ast.AST) -> bool:
    return any(it is inner for it in ast.walk(outer))


def _values(
    reader: Reader,
    hole: str,
    call: ast.Call | None,
    text: ast.AST,
    module: Module,
    stmt: ast.stmt,
    *,
    is_test: bool = False,
) -> Iterator[str | None]:
    """Yield what *hole* is; of a test that is handed a list, each of its elements."""
    if filled := _FILLED.fullmatch(hole):
        yield from _of_expression(reader, filled[1], module, stmt)
        return
    found = list(_handed(reader, hole, call, text, module, stmt)) if call else []
    for node, where, at in found:
        held = group(reader, node, where, at) if is_test else None
        yield from constants.values(reader, node, where, at) if held is None else held
    if not found:
        yield None


def _of_expression(
    reader: Reader, written: str, module: Module, stmt: ast.stmt
) -> Iterator[str | None]:
    try:
        node = ast.parse(written.strip(), mode="eval").body
    except SyntaxError:
        yield None
        return
    yield from constants.values(reader, node, module, stmt)


def _handed(
    reader: Reader,
    hole: str,
    call: ast.Call,
    text: ast.AST,
    module: Module,
    stmt: ast.stmt,
) -> Iterator[Given]:
    """Yield what is handed over for *hole*: by its number, or by its name."""
    number = next(n for n, arg in enumerate(call.args) if _holds(arg, text))
    after = call.args[number + 1 :]
    numbered, of_row = _NUMBERED.fullmatch(hole), _OF_ROW.fullmatch(hole)
    if numbered and numbered[2]:
        yield from ((it, module, stmt) for it in after[int(numbered[2]) - 1 : int(numbered[2])])
    elif numbered or (of_row and _takes_rows(call)):
        place = int((numbered or of_row or "")[1])
        for held, where, at in _rows(reader, call, after, module, stmt):
            yield from ((one, where, at) for one in _nth(held, place))
    if not (named := _NAMED.fullmatch(hole)):
        return
    name = named[1] or named[2]
    for it in ast.walk(call):
        if isinstance(it, ast.Call) and last_name(it.func) in ("bindparams", last_name(call.func)):
            yield from ((k.value, module, stmt) for k in it.keywords if k.arg == name)
    for held, where, at in _rows(reader, call, after, module, stmt):
        yield from ((one, where, at) for one in _under(held, name))


def _takes_rows(call: ast.Call) -> bool:
    """Say whether a call puts whole rows where one ``%s`` stands, as they are."""
    is_shaped = any(it.arg == "template" for it in call.keywords)
    return last_name(call.func) in _ROWS and not is_shaped


def _nth(held: ast.AST, number: int) -> Iterator[ast.AST]:
    """Yield the element of a tuple or list of that number."""
    if isinstance(held, (ast.Tuple, ast.List)):
        first = held.elts[: number + 1]
        if len(first) > number and not any(isinstance(it, ast.Starred) for it in first):
            yield first[number]


def _under(held: ast.AST, name: str) -> Iterator[ast.AST]:
    """Yield what a dict holds under *name*."""
    match held:
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and key.value == name:
                    yield value
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            yield from (it.value for it in keywords if it.arg == name)


def _rows(
    reader: Reader, call: ast.Call, after: Sequence[ast.AST], module: Module, stmt: ast.AST
) -> Iterator[Given]:
    """Yield the tuples, lists or dicts of parameters of a call, and what names stand for."""
    named = [it.value for it in call.keywords if it.arg in ("params", "parameters", "values")]
    for node in [*after[:1], *named]:
        given = (
            [(node, module, stmt)]
            if not isinstance(node, ast.Name)
            else [
                (it.value, where, it.stmt)
                for it, where in givings(reader, node, module, stmt)
                if it.value is not None and not it.path
            ]
        )
        for held, where, at in given:
            if last_name(call.func) in _MANY or _is_list_of_rows(held):
                yield from ((one, where, at) for one in _each(held))
            else:
                yield held, where, at


def _each(held: ast.AST) -> Iterator[ast.AST]:
    """Yield the rows that a list of them is written as."""
    match held:
        case ast.List(elts=elts) | ast.Tuple(elts=elts):
            yield from elts
        case ast.ListComp(elt=elt) | ast.GeneratorExp(elt=elt):
            yield elt


def _is_list_of_rows(held: ast.AST) -> bool:
    return isinstance(held, ast.List) and any(isinstance(it, ast.Dict) for it in held.elts)
