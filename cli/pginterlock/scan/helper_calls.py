"""Calls of a function that writes any table and columns it is handed with SQL. Pure."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Function
from pginterlock.scan.made_places import Given, Place, given_by
from pginterlock.scan.modules import Module, arguments, function_of
from pginterlock.scan.sql_write import SqlWrite

_FILES = 60  # that call something of that name: of more, it says nothing

# The writes of a function, by what its parameters are.
Writes = Callable[[Given], list[SqlWrite]]


@dataclass(frozen=True, slots=True)
class Calling:
    """A call, and the writes that it makes by what its own function is handed."""

    module: Module
    call: ast.Call
    stmt: ast.stmt
    caller: Function | None
    writes: Writes


def calls(reader: Reader, function: Function, writes: Writes) -> Iterator[Calling]:
    """Yield the calls of *function*, which *writes* by what it is handed."""
    for module, call, stmt in reader.project.calls(function.name, _FILES):
        caller = function_of(module, stmt)
        if caller is function or not _is_call_of(reader, function, call, module, stmt):
            continue

        def made(
            given: Given, call: ast.Call = call, module: Module = module, stmt: ast.stmt = stmt
        ) -> list[SqlWrite]:
            return writes(dict(given_by(call, function, Place(module, stmt, given))))

        yield Calling(module, call, stmt, caller, made)


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


def hands_on(call: ast.Call, caller: Function) -> bool:
    """Say whether a parameter of the function around a call is among its arguments."""
    names = {it.arg for it in arguments(caller.node)}
    given = [*call.args, *(it.value for it in call.keywords)]
    return any(
        isinstance(one, ast.Name) and one.id in names for it in given for one in ast.walk(it)
    )
