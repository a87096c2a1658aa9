"""What signals of Django hand to the functions that receive them. Pure."""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pginterlock.scan.definitions import last_name
from pginterlock.scan.kinds import (
    NOTHING,
    Function,
    Kinds,
    classes,
    instances,
    keyed,
    union,
)
from pginterlock.scan.modules import Module

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_SENT = ("instance", "sender")  # by a signal of Django
_SENDING = ("send", "send_robust")


def received(reader: "Reader", function: Function, name: str) -> Kinds | None:
    """Return what a signal hands to a parameter; None where a decorator names no such signal."""
    if isinstance(function.node, ast.Lambda):
        return None
    if name in _SENT:
        return _listening(reader, function, name)
    asked = [it.args[0] for it in _receiving(function) if it.args]
    return union(_handed(reader, last_name(it), name) for it in asked) or None


def connected(reader: "Reader", function: Function, name: str) -> Kinds:
    """Return what is handed to a parameter of a function that a call of ``connect`` names."""
    if name not in _SENT:
        return NOTHING
    told = union(_connected(reader, function))
    return classes(told) if name == "sender" else told


def among_keywords(reader: "Reader", function: Function) -> Kinds:
    """Return the ``**kwargs`` of a function that receives signals: a dict, the row among it."""
    if isinstance(function.node, ast.Lambda):
        return NOTHING
    found = _listening(reader, function, "instance")
    rows = connected(reader, function, "instance") if found is None else found
    return keyed([("instance", rows), ("sender", classes(rows))]) if rows else NOTHING


def _receiving(function: Function) -> Iterator[ast.Call]:
    """Yield the decorators that make a function receive signals."""
    node = function.node
    for it in node.decorator_list if not isinstance(node, ast.Lambda) else ():
        if isinstance(it, ast.Call) and last_name(it) == "receiver":
            yield it


def _listening(reader: "Reader", function: Function, name: str) -> Kinds | None:
    """Return what a signal, named by a decorator, sends; None without such a decorator."""
    found: Kinds | None = None
    for it in _receiving(function):
        asked = [k.value for k in it.keywords if k.arg == "sender"]
        sent = union(_sender(reader, one, function.module, function.node) for one in asked)
        found = (classes(sent) if name == "sender" else sent) | (found or NOTHING)
    return found


def _sender(reader: "Reader", asked: ast.AST, module: Module, at: ast.AST) -> Kinds:
    """Return the rows of a sender, which is a class or its name."""
    if isinstance(asked, ast.Constant) and isinstance(asked.value, str):
        return instances(reader.models.named(asked.value, module))
    return instances(reader.expression(asked, module, at))


def _connected(reader: "Reader", function: Function) -> Iterator[Kinds]:
    """Yield the senders that a function receives signals of."""
    for module, call, stmt in reader.project.calls("connect"):
        given = dict(zip(("receiver", "sender"), call.args, strict=False))
        given |= {it.arg: it.value for it in call.keywords if it.arg}
        if "sender" in given and last_name(given.get("receiver", call)) == function.name:
            yield _sender(reader, given["sender"], module, stmt)


def _handed(reader: "Reader", signal: str, name: str) -> Kinds:
    """Return what the calls that send a signal of the project hand over under a name."""
    found: Kinds = NOTHING
    for method in _SENDING:
        for module, call, stmt in reader.project.calls(method):
            if isinstance(call.func, ast.Attribute) and last_name(call.func.value) == signal:
                for it in call.keywords:
                    if it.arg == name:
                        found |= reader.expression(it.value, module, stmt)
    return found
