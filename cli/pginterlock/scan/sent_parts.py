"""Writes of what serializers have validated for one another: ``validated_data.pop("lines")``.

Such a call names no column: the serializer of the part does, in another file perhaps. Pure.
"""

import ast
import re
from collections.abc import Iterator

from pginterlock.scan.bindings import own_expressions, walk
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.dict_sites import of_sink
from pginterlock.scan.drafts import Draft
from pginterlock.scan.flows import destinations
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Class, ClassDef, Instance
from pginterlock.scan.modules import Module, class_names, class_of, function_of, statements_at
from pginterlock.scan.sent_fields import validates
from pginterlock.scan.wanted import Wanted

_DATA = "validated_data"
_PART = re.compile(rb"\bvalidated_data(?:\.(?:pop|get)\(|\[)\s*[\"']\w+[\"']")
_UNKNOWN = (None,)
_MOST = 200  # files that speak of such data


def of_columns(reader: Reader, wanted: Wanted) -> Iterator[Draft]:
    """Yield the calls that write a part of what was validated, where the column is in it."""
    paths = reader.project.holding(_DATA)
    for path in paths if len(paths) <= _MOST else ():
        raw = reader.project.text(path)
        lines = [raw.count(b"\n", 0, it.start()) + 1 for it in _PART.finditer(raw)]
        if lines and (module := reader.project.module(path)):
            module.parse_at(lines)
            for stmt in dict.fromkeys(it for line in lines for it in statements_at(module, line)):
                yield from _of_statement(reader, wanted, stmt, module)


def _of_statement(
    reader: Reader, wanted: Wanted, stmt: ast.stmt, module: Module
) -> Iterator[Draft]:
    for held, data, key in _parts(stmt):
        of = {
            part
            for owner in _owners(reader, data, stmt, module)
            for part in _nested(reader, owner, key)
        }
        for name in sorted(wanted.names) if of else ():
            if any(validates(reader, wanted, it, name) for it in of):
                it = Candidate("pairs", name, held, stmt, held)
                for sink in destinations(reader, wanted, held, stmt, module):
                    yield of_sink(wanted, it, sink, _UNKNOWN)


def _parts(stmt: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr, str]]:
    """Yield what a statement takes out of validated data: it, the data, and the key."""
    for part in own_expressions(stmt):
        for node in walk(part):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=data, attr="pop" | "get"),
                    args=[ast.Constant(value=str(key)), *_],
                ) if _is_data(data):
                    yield node, data, key
                case ast.Subscript(value=data, slice=ast.Constant(value=str(key))) if _is_data(
                    data
                ):
                    yield node, data, key


def _is_data(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name == _DATA
    return False


def _owners(reader: Reader, data: ast.expr, stmt: ast.stmt, module: Module) -> Iterator[ClassDef]:
    """Yield the serializers whose data it is."""
    if isinstance(data, ast.Attribute):
        kinds = reader.expression(data.value, module, stmt)
        yield from (it.of for it in kinds if isinstance(it, Instance))
        return
    function = function_of(module, stmt)
    if function and (owner := class_of(function)):
        yield owner


def _nested(reader: Reader, owner: ClassDef, key: str) -> Iterator[ClassDef]:
    """Yield the serializers that are the field of a name of another one."""
    for base in reader.ancestry(owner):
        for it in class_names(base).get(key, ()):
            for call in ast.walk(it.value) if isinstance(it.value, ast.Call) else ():
                if isinstance(call, ast.Call):
                    kinds = reader.expression(call.func, base.module, it.stmt)
                    yield from (kind.of for kind in kinds if isinstance(kind, Class))
