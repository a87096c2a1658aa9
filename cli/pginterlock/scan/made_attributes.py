"""The texts that attributes of objects and classes may be. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pginterlock.scan import made_dicts
from pginterlock.scan.definitions import decorators, is_abstract
from pginterlock.scan.givings import givings
from pginterlock.scan.kinds import Class, ClassDef, Function, Instance
from pginterlock.scan.made_places import Made, Place
from pginterlock.scan.members import assigned_on_self
from pginterlock.scan.modules import Binding, class_names

if TYPE_CHECKING:
    from pginterlock.scan.made_texts import MadeTexts

_HEIRS = 12
_FEW = 12  # files: a class that more of them call says nothing
_PROPERTIES = frozenset(["property", "cached_property", "classproperty", "hybrid_property"])


def attribute(texts: "MadeTexts", node: ast.Attribute, place: Place, depth: int) -> Made:
    """Return the texts that ``x.name`` may be."""
    if node.attr in ("value", "name"):
        if isinstance(node.value, ast.Name) and node.value.id in place.names:  # a field, a member
            return place.names[node.value.id]
        if isinstance(node.value, ast.Attribute):
            return texts.made(node.value, place, depth)
    found: Made = frozenset()
    for it in texts.reader.expression(node.value, place.module, place.at):
        if isinstance(it, Class | Instance):
            found |= frozenset(_member(texts, it.of, node.attr, place, depth))
    if not found:
        for given, where in givings(texts.reader, node, place.module, place.at):
            there = replace(place, module=where, at=given.stmt)
            found |= frozenset(texts.bound(given, there, depth))
    key = ast.Constant(node.attr)
    return found or made_dicts.looked_up(texts, node.value, key, place, depth)


def _member(texts: "MadeTexts", of: ClassDef, name: str, place: Place, depth: int) -> Iterator[str]:
    """Yield the texts that a class, or else its heirs, give an attribute."""
    models = texts.reader.models
    for base in texts.reader.ancestry(of):
        if found := frozenset(_own(texts, base, name, place, depth)):
            yield from found
            return
    for heir in models.heirs_with(of, name, _HEIRS) if not models.is_model(of) else ():
        yield from _own(texts, heir, name, place, depth)


def _own(texts: "MadeTexts", base: ClassDef, name: str, place: Place, depth: int) -> Iterator[str]:
    for it in class_names(base).get(name, ()):
        there = replace(place, module=base.module, at=it.stmt)
        function = base.module.scopes.get(it.stmt) if it.how == "def" else None
        if isinstance(function, Function):
            if _PROPERTIES & set(decorators(function)) and not is_abstract(function):
                yield from texts.results(function, there, depth)
        elif it.value is not None:
            yield from texts.bound(it, there, depth)
        elif it.how == "annotated" and "__init__" not in class_names(base):
            yield from _handed(texts, base, name, depth)
    for given in assigned_on_self(texts.reader, base).get(name, ()):
        if not given.is_item:
            bound = Binding(given.stmt, "assign", given.value, given.path)
            yield from texts.bound(bound, replace(place, module=base.module, at=given.stmt), depth)


def _handed(texts: "MadeTexts", base: ClassDef, name: str, depth: int) -> Iterator[str]:
    """Yield what calls hand to a field of a class that takes its fields: a data class, a tuple."""
    fields = [
        it.target.id
        for it in base.node.body
        if isinstance(it, ast.AnnAssign) and isinstance(it.target, ast.Name)
    ]
    for module, call, stmt in texts.reader.project.calls(base.name, _FEW):
        told = [it.value for it in call.keywords if it.arg == name]
        if not told and not any(isinstance(it, ast.Starred) for it in call.args):
            told = call.args[fields.index(name) :][:1]
        for it in told:
            yield from texts.made(it, Place(module, stmt), depth)
