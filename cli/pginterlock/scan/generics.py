"""What type variables stand for, by bases, annotations and arguments of calls. Pure.

What one stands for is kept beside parameters in an object's or a call's `Given`, as ``~T``.
"""

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pginterlock.scan.kinds import (
    NOTHING,
    Class,
    ClassDef,
    Given,
    Instance,
    Kinds,
    Many,
    instances,
    items,
)

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_GENERIC = ("Generic", "Protocol")


def last_name(node: ast.AST) -> str:
    """Return the last name of a dotted name."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def variables(of: ClassDef) -> Sequence[str]:
    """Return the type variables of a class, in their order."""
    found = [it.name for it in getattr(of.node, "type_params", ())]
    several: list[str] = []
    for base in of.node.bases:
        if isinstance(base, ast.Subscript):
            names = [it for it in map(last_name, parts(base.slice)) if it]
            if last_name(base.value) in _GENERIC:
                return names
            several += [it for it in names if it not in several]
    return found or several


def parts(index: ast.AST) -> Sequence[ast.AST]:
    """Return what stands between the brackets of a subscript."""
    return index.elts if isinstance(index, ast.Tuple) else [index]


def stands_for(reader: "Reader", name: str, bound: object) -> Kinds:
    """Return what a type variable stands for in this call, or for the object *bound*."""
    key = f"~{name}"
    for given in _given(reader, bound):
        for one, kinds in given:
            if one == key:
                return kinds
    if isinstance(bound, (Instance, Class)):
        return reader.once((bound.of, key), _by_bases(reader, bound.of, name))
    return NOTHING


def _given(reader: "Reader", bound: object) -> Iterator[Given]:
    if isinstance(bound, Instance):
        yield bound.given
    if reader.frame is not None:
        yield reader.frame[1]


def _by_bases(reader: "Reader", of: ClassDef, name: str) -> Iterator[Kinds]:
    """Yield what a class, or one that it inherits from, puts in for a type variable."""
    for heir in reader.ancestry(of):
        for base in heir.node.bases:
            if not isinstance(base, ast.Subscript):
                continue
            for kind in reader.expression(base.value, heir.module, heir.node):
                names = variables(kind.of) if isinstance(kind, Class) else ()
                told = parts(base.slice)
                if name in names and names.index(name) < len(told):
                    put = told[names.index(name)]
                    if found := instances(reader.expression(put, heir.module, heir.node)):
                        yield found
                        return


def of_annotation(of: ClassDef, told: Sequence[Kinds]) -> Given:
    """Return what the type variables of a class stand for in ``Repository[Order]``."""
    pairs = zip(variables(of), told, strict=False)
    return frozenset((f"~{name}", kinds) for name, kinds in pairs if kinds)


def of_argument(note: ast.AST | None, kinds: Kinds) -> Iterator[tuple[str, Kinds]]:
    """Yield what an argument of *kinds* says of the type variables in its annotation."""
    match note:
        case ast.Name(id=name):
            yield f"~{name}", kinds
        case ast.Subscript(value=outer, slice=ast.Name(id=name)):
            if last_name(outer) in ("type", "Type"):
                yield f"~{name}", instances(kinds)
            elif any(isinstance(it, Many) for it in kinds):
                yield f"~{name}", items(kinds)
        case ast.BinOp(left=left, right=right):
            yield from of_argument(left, kinds)
            yield from of_argument(right, kinds)
