"""Where an expression stands whose text is asked for, and what is handed to the functions around.

Pure: data only.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pginterlock.scan.definitions import decorators
from pginterlock.scan.handed_values import default, handed_in
from pginterlock.scan.kinds import Function
from pginterlock.scan.modules import Binding, Module

Made = frozenset[str]  # the texts that something may be
Given = Mapping[ast.arg, tuple[ast.AST | None, "Place"]]


@dataclass(frozen=True, slots=True)
class Place:
    """A statement; what a call hands to parameters, and what a comprehension's names are."""

    module: Module
    at: ast.AST
    given: Given = field(default_factory=dict)
    names: Mapping[str, Made] = field(default_factory=dict)


def given_by(
    call: ast.Call, function: Function, place: Place
) -> Iterator[tuple[ast.arg, tuple[ast.AST | None, Place]]]:
    """Yield the parameters of a function with what a call at *place* hands to them."""
    a = function.node.args
    own = Place(function.module, function.node)
    plain = [*a.posonlyargs, *a.args]
    for arg in (*plain, *a.kwonlyargs):
        if (value := handed_in(call, arg, function)) is not None:
            yield arg, (value, place)
        elif (told := default(arg, function)) is not None:
            yield arg, (told, own)
    if a.kwarg:
        known = {it.arg for it in (*plain, *a.kwonlyargs)}
        more = [it for it in call.keywords if it.arg not in known]
        keys: list[ast.expr | None] = [ast.Constant(it.arg) if it.arg else None for it in more]
        yield a.kwarg, (ast.Dict(keys, [it.value for it in more]), place)
    if a.vararg:
        skipped = function.owner is not None and "staticmethod" not in set(decorators(function))
        rest = call.args[max(len(plain) - skipped, 0) :]
        yield a.vararg, (ast.Tuple(rest, ast.Load()), place)


def unpacked(it: Binding) -> ast.AST | None:
    """Return the part of a value that a name is given; None where that is not told."""
    value = it.value
    for number in it.path:
        parts = value.elts if isinstance(value, ast.Tuple | ast.List) else []
        if not 0 <= number < len(parts) or any(isinstance(one, ast.Starred) for one in parts):
            return None
        value = parts[number]
    return value
