"""Calls of a function that writes any table and columns it is handed with SQL. Pure."""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from pginterlock.scan import constants, looped_names
from pginterlock.scan.definitions import decorators
from pginterlock.scan.handing import handings
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Function
from pginterlock.scan.made_places import Given, Place, given_by
from pginterlock.scan.made_texts import MadeTexts
from pginterlock.scan.modules import Module, arguments, function_of, local_names
from pginterlock.scan.project import called_name
from pginterlock.scan.sql_write import SqlWrite

_FILES = 60  # that call something of that name: of more, it says nothing
_SELF = ("self", "cls")
# What hands all it is given to the first parameters of a function.
_WITH_FIRST = frozenset(
    ["partial", "to_thread", "run_in_executor", "submit", "call_soon"]
)  # What one that runs functions often gives them before all.
_GIVEN_FIRST = frozenset(
    ["txn", "tx", "transaction", "conn", "connection", "cur", "cursor", "session", "db"]
)

# The writes of a function, by what its parameters are.
Writes = Callable[[Given], list[SqlWrite]]


@dataclass(frozen=True, slots=True)
class Calling:
    """A call, and the writes that it makes by what its own function is handed.

    *handed* is what it hands to the parameters that were asked for, and *asked* are those of its
    own function among that.
    """

    module: Module
    call: ast.Call
    stmt: ast.stmt
    caller: Function | None
    writes: Writes
    handed: Sequence[ast.AST]
    asked: Sequence[ast.arg]


def calls(
    texts: MadeTexts, function: Function, asked: Sequence[ast.arg], writes: Writes
) -> Iterator[Calling]:
    """Yield the calls of *function*, which *writes* by what it is handed, *asked* before all."""
    for module, call, stmt in _calls(texts.reader, function):
        caller = function_of(module, stmt)

        def made(
            given: Given, call: ast.Call = call, module: Module = module, stmt: ast.stmt = stmt
        ) -> list[SqlWrite]:
            place = Place(module, stmt, given)
            told = [replace(place, names=it) for it in looped_names.rounds(texts, call, place)]
            every = [writes(dict(given_by(call, function, it))) for it in told or [place]]
            return [one for them in every for one in them]

        every = dict(given_by(call, function, Place(module, stmt)))
        handed = [node for arg in asked if (node := every.get(arg, (None,))[0]) is not None]
        yield Calling(module, call, stmt, caller, made, handed, asked_in(handed, caller))


def _calls(reader: Reader, function: Function) -> Iterator[tuple[Module, ast.Call, ast.stmt]]:
    """Yield the calls of a function, those by another that it is handed to too."""
    for module, call, stmt in reader.project.calls(function.name, _FILES):
        is_own = function_of(module, stmt) is function
        if not is_own and _is_call_of(reader, function, call, module, stmt):
            yield module, call, stmt
    for module, call, given, stmt in handings(reader.project, function):
        made = _run(function, call, given)
        if made and _is_call_of(reader, function, made, module, stmt):
            yield module, made, stmt


def _run(function: Function, call: ast.Call, given: ast.AST) -> ast.Call | None:
    """Return how a function is called that *call* is handed: ``pool.run(write, "orders", values)``.

    What comes after it goes to its last parameters: the one that runs it may have put others first.
    """
    if given not in call.args or not isinstance(given, ast.expr):
        return None
    rest = call.args[call.args.index(given) + 1 :]
    a = function.node.args
    named = [it for it in call.keywords if it.arg in {one.arg for one in arguments(function.node)}]
    if not (rest or named) or any(isinstance(it, ast.Starred) for it in rest):
        return None
    names = {it.arg for it in named}
    plain = [it.arg for it in (*a.posonlyargs, *a.args) if it.arg not in names]
    if function.owner is not None and "staticmethod" not in set(decorators(function)):
        plain = plain[1:]
    first = max(len(plain) - len(a.defaults) - len(rest), 0)
    if called_name(call) in _WITH_FIRST:
        first = 0
    elif plain[len(rest) :] and plain[0].strip("_") in _GIVEN_FIRST:
        first = max(first, 1)
    made = ast.Call(given, [*[ast.Constant(None)] * first, *rest], named)
    return ast.copy_location(made, call)


def _is_call_of(
    reader: Reader, function: Function, call: ast.Call, module: Module, stmt: ast.stmt
) -> bool:
    found = reader.expression(call.func, module, stmt)
    callees = [it.of for it in found if isinstance(it, Callee)]
    if callees:
        return any(
            it is function or (it.name == function.name and bool(it.owner and function.owner))
            for it in callees
        )
    return not found and isinstance(call.func, ast.Attribute) == (function.owner is not None)


def asked_in(handed: Sequence[ast.AST], function: Function | None) -> list[ast.arg]:
    """Return the parameters of a function that make what expressions in it are, but for *self*."""
    if function is None:
        return []
    known: set[str] = set()
    words = {one for it in handed for one in _names(it)}
    while words - known:
        name = (words - known).pop()
        known.add(name)
        given = (it.value for it in local_names(function).get(name, ()))
        words |= {one for value in given if value is not None for one in _names(value)}
    return [it for it in arguments(function.node) if it.arg in words and it.arg not in _SELF]


def _names(node: ast.AST) -> Iterator[str]:
    """Yield the names in an expression, but those of functions that it calls."""
    called = {it.func for it in ast.walk(node) if isinstance(it, ast.Call)}
    for it in ast.walk(node):
        if isinstance(it, ast.Name) and it not in called:
            yield it.id


def with_values(reader: Reader, write: SqlWrite, calling: Calling) -> SqlWrite:
    """Return *write* with the values that a call hands over: in keywords, or in a dict."""
    handed = dict(_pairs(calling.call))
    columns = [
        (column, one)
        for column, value in write.columns
        for one in (
            constants.values(reader, handed[column], calling.module, calling.stmt)
            if value is None and column in handed
            else [value]
        )
    ]
    return replace(write, columns=tuple(dict.fromkeys(columns)))


def _pairs(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    for it in call.keywords:
        if it.arg:
            yield it.arg, it.value
    for given in [*call.args, *(it.value for it in call.keywords)]:
        match given:
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value, value
            case ast.Call(func=ast.Name(id="dict")):
                yield from _pairs(given)
