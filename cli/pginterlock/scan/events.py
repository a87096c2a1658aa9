"""Rows that events of SQLAlchemy hand to the functions that listen to them. Pure."""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pginterlock.scan.definitions import last_name
from pginterlock.scan.kinds import NOTHING, Class, Function, Instance, Kinds, instances, union
from pginterlock.scan.modules import Module

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_OF_MAPPERS = frozenset([
    "before_insert", "after_insert", "before_update", "after_update", "before_delete",
    "after_delete",
])  # fmt: skip
_OF_ATTRIBUTES = frozenset(["set", "append", "remove", "modified", "init_scalar"])
_OF_ROWS = frozenset(["load", "refresh", "refresh_flush", "expire", "init", "unpickle"])
# Which argument is the row.
_PLACES = dict.fromkeys(_OF_MAPPERS, 2) | dict.fromkeys(_OF_ATTRIBUTES | _OF_ROWS, 0)
_LEAST = 3  # arguments of `listen`: of what, to what, and who


def heard(reader: "Reader", function: Function, name: str) -> Kinds | None:
    """Return the row that an event hands to a parameter; None where none is listened to.

    Nothing is known where it hands over something else.
    """
    if (found := _listened(reader, function, name)) is not None:
        return found
    return _connected(reader, function, name) or None


def _listened(reader: "Reader", function: Function, name: str) -> Kinds | None:
    """Return what an event that a decorator names hands over; None without such a decorator."""
    node = function.node
    if isinstance(node, ast.Lambda):
        return None
    calls = [it for it in node.decorator_list if last_name(it) == "listens_for"]
    found = [
        _handed(reader, it.args, function, name, function.module, node)
        for it in calls
        if isinstance(it, ast.Call)
    ]
    return union(found) if found else None


def _connected(reader: "Reader", function: Function, name: str) -> Kinds:
    """Return what an event hands over to a function that a call of ``listen`` names."""
    return union(
        _handed(reader, call.args, function, name, module, stmt)
        for module, call, stmt in reader.project.calls("listen")
        if len(call.args) >= _LEAST and last_name(call.args[2]) == function.name
    )


def _handed(
    reader: "Reader",
    args: list[ast.expr],
    function: Function,
    name: str,
    module: Module,
    at: ast.AST,
) -> Kinds:
    match args:
        case [asked, ast.Constant(value=str(event)), *_]:
            plain = function.node.args
            names = [it.arg for it in (*plain.posonlyargs, *plain.args)]
            place = _PLACES.get(event)
            is_it = name == "target" if place is None else names[place : place + 1] == [name]
            return union(_senders(reader, asked, event, module, at)) if is_it else NOTHING
    return NOTHING


def _senders(
    reader: "Reader", asked: ast.expr, event: str, module: Module, at: ast.AST
) -> Iterator[Kinds]:
    """Yield the rows of a class, or of that of an attribute, which is listened to."""
    if isinstance(asked, ast.Attribute) and event in _OF_ATTRIBUTES:
        kinds = reader.expression(asked.value, module, at)
        yield frozenset(Instance(it.of) for it in kinds if isinstance(it, Class))
    else:
        yield instances(reader.expression(asked, module, at))
