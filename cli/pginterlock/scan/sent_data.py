"""Writes of all that a form or serializer has validated: ``create(**form.cleaned_data)``. Pure.

Such a call names no column: the class of the form does, in another file perhaps.
"""

import ast
import re
from collections.abc import Iterator

from pginterlock.scan.attribute_sites import of_own_dict
from pginterlock.scan.bindings import own_expressions, walk
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.dict_sites import of_sink
from pginterlock.scan.drafts import Draft
from pginterlock.scan.flows import destinations, leaves_out
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Instance
from pginterlock.scan.modules import Module, function_of, statements_at
from pginterlock.scan.project import calls_of
from pginterlock.scan.sent_fields import validates
from pginterlock.scan.validated import takes_out
from pginterlock.scan.wanted import Wanted

_DATA = ("cleaned_data", "validated_data")
# All of it, and not one of its items.
_WHOLE = re.compile(
    rb"\.(?:cleaned|validated)_data\b(?![ \t]*(?:\[|=[^=]|\.(?:get|pop|setdefault|update|keys)\b))"
)
_INHERITED = "serializer_save"  # what ``super()`` writes: the field itself is told as that
_UNKNOWN = (None,)
_MOST = 400  # files that speak of such data


def of_columns(reader: Reader, wanted: Wanted) -> Iterator[Draft]:
    """Yield the calls that write what was validated, where the column is among it."""
    paths = dict.fromkeys(path for word in _DATA for path in reader.project.holding(f".{word}"))
    for path in paths if len(paths) <= _MOST else ():
        raw = reader.project.text(path)
        lines = [raw.count(b"\n", 0, it.start()) + 1 for it in _WHOLE.finditer(raw)]
        if lines and (module := reader.project.module(path)):
            yield from _of_lines(reader, wanted, module, lines)


def _of_lines(reader: Reader, wanted: Wanted, module: Module, lines: list[int]) -> Iterator[Draft]:
    module.parse_at(lines)
    found = dict.fromkeys(stmt for line in lines for stmt in statements_at(module, line))
    for stmt in found:
        for held in _held(stmt):
            for name in sorted(wanted.names):
                if _has(reader, wanted, held, name, module, stmt):
                    it = Candidate("pairs", name, held, stmt, held)
                    for sink in destinations(reader, wanted, held, stmt, module):
                        if sink.construct != _INHERITED and not leaves_out(reader, sink, it.name):
                            yield of_sink(wanted, it, sink, _UNKNOWN)
                    for call in calls_of(module, stmt):
                        match call:
                            case ast.Call(func=ast.Attribute(value=own, attr="update"), args=[arg]):
                                if arg is held:
                                    yield from of_own_dict(reader, wanted, it, own, module)


def _held(stmt: ast.stmt) -> Iterator[ast.Attribute]:
    """Yield what a statement reads of the data that was validated, but for items of it."""
    for part in own_expressions(stmt):
        for node in walk(part):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in _DATA
                and isinstance(node.ctx, ast.Load)
            ):
                yield node


def _has(
    reader: Reader,
    wanted: Wanted,
    held: ast.Attribute,
    name: str,
    module: Module,
    stmt: ast.stmt,
) -> bool:
    """Say whether data holds the column, and nothing in the function takes it out."""
    kinds = reader.expression(held.value, module, stmt)
    if not any(isinstance(it, Instance) and validates(reader, wanted, it.of, name) for it in kinds):
        return False
    function = function_of(module, stmt)
    given = {held.attr}
    match stmt:
        case ast.Assign(targets=[ast.Name(id=into)]):
            given.add(into)
    return function is None or not takes_out(function, given, name)
