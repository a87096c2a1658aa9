"""Classes that hand the attributes which are asked of them on to an object that they hold. Pure."""

import ast
from typing import TYPE_CHECKING

from pginterlock.scan.kinds import ClassDef, Instance, Kinds, union
from pginterlock.scan.modules import class_names, statements

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_HANDING = {"__setattr__": "setattr", "__getattr__": "getattr"}


def forwarding(reader: "Reader", of: ClassDef, method: str) -> str | None:
    """Return the attribute whose object ``__setattr__`` or ``__getattr__`` asks; else None."""
    for base in reader.ancestry(of):
        for it in class_names(base).get(method, ()):
            if isinstance(it.stmt, ast.FunctionDef) and (found := _held(it.stmt, method)):
                return found
    return None


def _held(node: ast.FunctionDef, method: str) -> str | None:
    for stmt in statements(node.body):
        for it in ast.walk(stmt):
            match it:
                case ast.Call(
                    func=ast.Name(id=name),
                    args=[ast.Attribute(value=ast.Name(), attr=held), ast.Name(), *_],
                ) if name == _HANDING[method]:
                    return held
    return None


def behind(reader: "Reader", kinds: Kinds) -> Kinds:
    """Return *kinds*, each that hands what is set on it on to another object as that object."""
    return union(
        _behind(reader, it) if isinstance(it, Instance) else frozenset([it]) for it in kinds
    )


def _behind(reader: "Reader", kind: Instance) -> Kinds:
    held = forwarding(reader, kind.of, "__setattr__")
    if held is None:
        return frozenset([kind])
    return reader.attribute(frozenset([kind]), held) or frozenset([kind])
