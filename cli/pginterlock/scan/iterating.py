"""What running over a value gives, and what a subscript of it is. Pure."""

import ast
from typing import TYPE_CHECKING

from pginterlock.scan.definitions import result
from pginterlock.scan.kinds import (
    NOTHING,
    Callee,
    Class,
    Instance,
    Kinds,
    Many,
    Tuple,
    at_key,
    items,
    many,
    union,
)
from pginterlock.scan.modules import class_names

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_RECORDS = frozenset(["TypedDict"])
_TUPLES = frozenset(["NamedTuple"])


def run_over(reader: "Reader", kinds: Kinds) -> Kinds:
    """Return what a loop over *kinds* gives."""
    own = frozenset(it for it in kinds if isinstance(it, Instance))
    return items(as_tuples(reader, kinds)) | union(_iterated(reader, it) for it in own)


def as_tuples(reader: "Reader", kinds: Kinds) -> Kinds:
    """Return *kinds*, the objects of a ``NamedTuple`` as the tuples that they are."""
    return frozenset(
        Tuple(_fields(reader, it))
        if isinstance(it, Instance) and reader.models.foreign(it.of) & _TUPLES
        else it
        for it in kinds
    )


def fitting(kinds: Kinds, stmt: ast.AST) -> Kinds:
    """Return *kinds* without the tuples that *stmt* cannot unpack, where others fit."""
    targets = stmt.targets if isinstance(stmt, ast.Assign) else []
    widths = {
        len(it.elts)
        for it in targets
        if isinstance(it, (ast.Tuple, ast.List))
        and not any(isinstance(one, ast.Starred) for one in it.elts)
    }
    if not any(isinstance(it, Tuple) and len(it.parts) in widths for it in kinds):
        return kinds
    return frozenset(it for it in kinds if not isinstance(it, Tuple) or len(it.parts) in widths)


def _fields(reader: "Reader", kind: Instance) -> tuple[Kinds, ...]:
    return tuple(
        reader.attribute(frozenset([kind]), name)
        for name, bound in class_names(kind.of).items()
        if bound[0].how == "annotated"
    )


def _iterated(reader: "Reader", kind: Instance) -> Kinds:
    """Return what the class's own ``__iter__`` or ``__next__`` gives; of a row, that row."""
    if reader.models.is_model(kind.of):
        return frozenset([kind])  # of a query that selects one thing
    given = called(reader, kind, "__iter__", "__aiter__")
    if kind in given:
        return called(reader, kind, "__next__", "__anext__")
    return items(given)


def called(reader: "Reader", kind: Instance, *names: str) -> Kinds:
    """Return what the methods *names* of an object give."""
    found = union(reader.attribute(frozenset([kind]), name) for name in names)
    return union(result(reader, it) for it in found if isinstance(it, Callee))


def subscript(reader: "Reader", kinds: Kinds, index: ast.AST) -> Kinds:
    """Return what a part or a slice of *kinds* is."""
    found: Kinds = NOTHING
    for it in as_tuples(reader, kinds):
        match it:
            case Many():
                found |= _of_several(it, index)
            case Class():
                found |= {it}
            case Tuple():
                found |= _of_tuple(it, index)
            case Instance():
                found |= _of_object(reader, it, index)
    return found


def _of_several(kind: Many, index: ast.AST) -> Kinds:
    match index:
        case ast.Slice():
            return frozenset([kind])
        case ast.Constant(value=str(key)):
            return at_key(kind, key)
    return kind.item


def _of_tuple(kind: Tuple, index: ast.AST) -> Kinds:
    parts = kind.parts
    match index:
        case ast.Constant(value=int(number)) if -len(parts) <= number < len(parts):
            return parts[number]
    return union(parts)


def _of_object(reader: "Reader", kind: Instance, index: ast.AST) -> Kinds:
    """Return a part of a ``TypedDict``, of a row that is one thing, or what the class gives."""
    match index:
        case ast.Constant(value=str(key)) if reader.models.foreign(kind.of) & _RECORDS:
            return reader.attribute(frozenset([kind]), key)
        case ast.Constant(value=int()) if reader.models.is_model(kind.of):
            return frozenset([kind])
        case ast.Slice():  # what is cut is a list, whatever its annotation says
            return called(reader, kind, "__getitem__") or many(frozenset([kind]))
    return called(reader, kind, "__getitem__")
