"""The fields of objects, as what fills in SQL lists them: ``row.dict()``, ``fields(row)``. Pure."""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pginterlock.scan.definitions import annotation, last_name
from pginterlock.scan.givings import givings
from pginterlock.scan.kinds import Class, ClassDef, Instance
from pginterlock.scan.made_places import Place
from pginterlock.scan.members import assigned_on_self
from pginterlock.scan.modules import class_names

if TYPE_CHECKING:
    from pginterlock.scan.made_texts import MadeTexts

_OF_OBJECT = frozenset(["model_dump", "dict", "_asdict"])
_OF_ARGUMENT = frozenset(["asdict", "vars", "dict", "fields", "fields_dict"])
_LISTING = frozenset(
    ["__fields__", "model_fields", "__dataclass_fields__", "__annotations__", "_fields", "__dict__"]
)
_ALL = frozenset(["vars", "__dict__"])  # these tell also what is no field
_DEPTH = 4  # functions that hand an object on


def names(texts: "MadeTexts", node: ast.AST, place: Place) -> list[str] | None:
    """Return the fields that *node* lists of an object or its class; None where it lists none.

    None too where the class is not known.
    """
    how, held = _listing(node)
    if held is None:
        return None
    classes = list(dict.fromkeys(_classes(texts, held, place, _DEPTH)))
    if not classes or any(map(texts.reader.models.is_model, classes)):
        return None
    found = dict.fromkeys(name for of in classes for name in _fields(texts, of, how in _ALL))
    told = node.keywords if isinstance(node, ast.Call) else []
    return [it for it in found if not any(_leaves_out(one, it) for one in told)] or None


def _listing(node: ast.AST) -> tuple[str, ast.AST | None]:
    """Return how *node* lists fields, and of what."""
    match node:
        case ast.Call(func=ast.Attribute(value=held, attr=how), args=[]) if how in _OF_OBJECT:
            return how, held
        case ast.Call(func=func, args=[given, *_]) if last_name(func) in _OF_ARGUMENT:
            return last_name(func), given
        case ast.Attribute(value=held, attr=how) if how in _LISTING:
            return how, held
    return "", None


def _classes(texts: "MadeTexts", node: ast.AST, place: Place, depth: int) -> Iterator[ClassDef]:
    """Yield the classes of an object, or a class itself, of what a call hands over too.

    None for that of a method which heirs have too.
    """
    match node:
        case (
            ast.Call(func=ast.Name(id="type"), args=[inner])
            | ast.Attribute(value=inner, attr="__class__")
        ):
            yield from _classes(texts, inner, place, depth)
            return
        case ast.Name() if depth > 0:
            given = givings(texts.reader, node, place.module, place.at)
            args = [it.stmt for it, _ in given if isinstance(it.stmt, ast.arg)]
            handed = [it for it in args if it in place.given]
            for arg in handed:
                value, there = place.given[arg]
                if value is not None:
                    yield from _classes(texts, value, there, depth - 1)
                elif arg.annotation is not None:
                    told = annotation(texts.reader, arg.annotation, place.module, there.at)
                    yield from (kind.of for kind in told if isinstance(kind, Instance))
            if handed:
                return
    is_any = isinstance(node, ast.Name) and node.id in ("self", "cls")
    for it in texts.reader.expression(node, place.module, place.at):
        if isinstance(it, Class | Instance):
            if is_any and texts.reader.project.heirs(it.of.name):
                return  # it is one of them
            yield it.of


def _fields(texts: "MadeTexts", of: ClassDef, is_all: bool) -> Iterator[str]:
    for base in reversed(texts.reader.ancestry(of)):
        for name, given in class_names(base).items():
            note = getattr(given[0].stmt, "annotation", None)
            is_shared = note is not None and "ClassVar" in ast.unparse(note)
            is_field = given[0].how == "annotated" and not is_shared
            if is_field and not name.startswith("_"):
                yield name
        if is_all:
            yield from (it for it in assigned_on_self(texts.reader, base) if it[0] != "_")


def _leaves_out(keyword: ast.keyword, name: str) -> bool:
    """Say whether ``model_dump(exclude={"status"})`` or an ``include`` leaves a field out."""
    told = [it.value for it in ast.walk(keyword.value) if isinstance(it, ast.Constant)]
    if keyword.arg == "exclude":
        return name in told
    return keyword.arg == "include" and bool(told) and name not in told
