"""Writes of all fields of an object at once: ``Order(**data.model_dump())``. Pure.

Such a call need not name the column: the class of the object does, in another file perhaps.
"""

import ast
import re
from collections.abc import Iterator

from pginterlock.scan.candidates import Candidate
from pginterlock.scan.dict_sites import of_sink
from pginterlock.scan.drafts import Draft
from pginterlock.scan.flows import destinations
from pginterlock.scan.givings import givings
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef, Instance
from pginterlock.scan.modules import Module, class_names, statements_at
from pginterlock.scan.project import called_name, calls_of
from pginterlock.scan.wanted import Wanted

# What makes a dict of an object, as the text of a file has it.
_WORDS = ("model_dump(", "model_to_dict(", "dict(", "vars(", "__dict__")
_OF_ROW = "model_to_dict"  # of Django
# And the line in which it does: not ``dict(status=x)``, nor a method named ``to_dict``.
_MAKING = re.compile(
    rb"\.model_dump\(|\bmodel_to_dict\(|\.dict\(|\basdict\(|\b_asdict\(|\bvars\(|\bdict\([\w.]+\)|\*\*[\w.]+\.__dict__"
)
_OF_OBJECT = frozenset(["model_dump", "dict", "_asdict"])
_OF_ARGUMENT = frozenset(["asdict", "vars", "dict"])
_UNKNOWN = (None,)
_MOST = 200  # files that speak of the class


def of_class(reader: Reader, wanted: Wanted, of: ClassDef) -> Iterator[Draft]:
    """Yield the calls that write a class with the fields of an object, where files speak of it."""
    speaking = reader.project.holding(of.name)
    if len(speaking) > _MOST:
        return
    making = {path for word in _WORDS for path in reader.project.holding(word)}
    for path in speaking:
        lines = _lines(reader.project.text(path)) if path in making else []
        if lines and (module := reader.project.module(path)):
            yield from _of_lines(reader, wanted, module, lines)


def _lines(raw: bytes) -> list[int]:
    """Return the lines of a text in which a dict is made of an object."""
    return [raw.count(b"\n", 0, it.start()) + 1 for it in _MAKING.finditer(raw)]


def _of_lines(reader: Reader, wanted: Wanted, module: Module, lines: list[int]) -> Iterator[Draft]:
    module.parse_at(lines)
    found = dict.fromkeys(stmt for line in lines for stmt in statements_at(module, line))
    for stmt in found:
        for held, made in _dicts(module, stmt):
            for name in sorted(wanted.names):
                if _has_field(reader, held, made, name, module, stmt) and not _leaves_out(
                    held, name
                ):
                    yield from _writes(reader, wanted, name, held, stmt, module)


def _writes(
    reader: Reader, wanted: Wanted, name: str, held: ast.AST, stmt: ast.stmt, module: Module
) -> Iterator[Draft]:
    it = Candidate("pairs", name, held, stmt, held)
    for sink in destinations(reader, wanted, held, stmt, module):
        yield of_sink(wanted, it, sink, _UNKNOWN)


def _dicts(module: Module, stmt: ast.stmt) -> Iterator[tuple[ast.AST, ast.expr]]:
    """Yield what makes a dict of an object in a statement, and the object."""
    for call in calls_of(module, stmt):
        match call:
            case ast.Call(func=ast.Attribute(value=on, attr=name)) if name in _OF_OBJECT:
                yield call, on
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name), args=[on, *more], keywords=told
            ) if name == _OF_ROW or (name in _OF_ARGUMENT and not more and not told):
                yield call, on
        for keyword in call.keywords:
            match keyword:
                case ast.keyword(arg=None, value=ast.Attribute(value=on, attr="__dict__") as held):
                    yield held, on


def _has_field(
    reader: Reader, held: ast.AST, made: ast.expr, name: str, module: Module, stmt: ast.AST
) -> bool:
    """Say whether an object that is made a dict has a field of that name, and is no row itself."""
    kinds = reader.expression(made, module, stmt)
    objects = [it.of for it in kinds if isinstance(it, Instance)]
    if isinstance(held, ast.Call) and called_name(held) == _OF_ROW:
        return not kinds or any(
            name in class_names(it) for of in objects for it in reader.ancestry(of)
        )
    if not objects:
        return _is_of_named_tuple(reader, made, name, module, stmt)
    return any(
        given[0].how == "annotated"
        for of in objects
        if not reader.models.is_model(of)
        for base in reader.ancestry(of)
        if (given := class_names(base).get(name))
    )


def _is_of_named_tuple(
    reader: Reader, made: ast.expr, name: str, module: Module, stmt: ast.AST
) -> bool:
    """Say whether a name was given what a ``namedtuple`` of such a field makes."""
    for given, where in givings(reader, made, module, stmt):
        if isinstance(given.value, ast.Call):
            makers = givings(reader, given.value.func, where, given.stmt)
            if any(name in _named_fields(it.value) for it, _ in makers):
                return True
    return False


def _named_fields(node: ast.AST | None) -> list[str]:
    """Return the fields of ``namedtuple("Data", "id status")``."""
    match node:
        case ast.Call(
            func=ast.Name(id="namedtuple") | ast.Attribute(attr="namedtuple"), args=[_, told, *_]
        ):
            pass
        case _:
            return []
    match told:
        case ast.Constant(value=str(text)):
            return text.replace(",", " ").split()
        case ast.List(elts=elts) | ast.Tuple(elts=elts):
            return [str(it.value) for it in elts if isinstance(it, ast.Constant)]
    return []


def _leaves_out(held: ast.AST, name: str) -> bool:
    """Say whether ``model_dump(exclude={"status"})`` or an ``include`` leaves a field out.

    Of a row, ``model_to_dict(row, fields=["note"])``.
    """
    for it in held.keywords if isinstance(held, ast.Call) else ():
        told = [one.value for one in ast.walk(it.value) if isinstance(one, ast.Constant)]
        if it.arg == "exclude" and name in told:
            return True
        if it.arg in ("include", "fields") and told and name not in told:
            return True
    return False
