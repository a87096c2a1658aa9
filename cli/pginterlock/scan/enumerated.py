"""Enums that one model's column alone is declared with: a member tells whose row it is. Pure."""

import ast
from collections.abc import Iterator

from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Class, ClassDef, Instance
from pginterlock.scan.members import assigned_on_self
from pginterlock.scan.modules import Binding, Module, class_names
from pginterlock.scan.wanted import Wanted, fits

_FEW = 60  # files: what more of them speak of says nothing


def is_of_column(
    reader: Reader, wanted: Wanted, name: str, value: ast.AST | None, module: Module, at: ast.AST
) -> bool:
    """Say whether *value* is a member of an enum of the column *name*, and of no other class's."""
    enums = list(_enums(reader, value, module, at))
    return bool(enums) and all(_is_its_own(reader, wanted, name, it) for it in enums)


def _enums(
    reader: Reader, value: ast.AST | None, module: Module, at: ast.AST
) -> Iterator[ClassDef]:
    """Yield the classes of the project that a value, or each of its branches, is a member of."""
    match value:
        case ast.IfExp(body=one, orelse=other):
            yield from _enums(reader, one, module, at)
            yield from _enums(reader, other, module, at)
        case ast.Attribute(value=ast.Attribute() as inner, attr="value" | "name"):
            yield from _enums(reader, inner, module, at)
        case ast.Attribute(value=owner):
            for kind in reader.expression(owner, module, at):
                if isinstance(kind, Class) and not reader.models.is_model(kind.of):
                    yield kind.of


def _is_its_own(reader: Reader, wanted: Wanted, name: str, enum: ClassDef) -> bool:
    """Say whether only the models that are wanted have an attribute declared with an enum."""
    project, found = reader.project, False
    paths = project.holding(enum.name)
    if len(paths) > _FEW:
        return False
    for path in paths:
        other = project.module(path)
        for it in other.classes_about(enum.name) if other else ():
            if it is enum or not _has(reader, it, name, enum):
                continue
            if not fits(reader, wanted, frozenset([Instance(it)])):
                return False
            found = True
    return found


def _has(reader: Reader, of: ClassDef, name: str, enum: ClassDef) -> bool:
    """Say whether the objects of a class have an attribute that takes the members of an enum.

    Fields of a form or a schema are of their class alone.
    """
    declared = class_names(of).get(name, ())
    if not reader.models.is_model(of):
        declared = [it for it in declared if it.how == "annotated"]
    given = (it.value for it in assigned_on_self(reader, of).get(name, ()))
    return any(_declares(it, enum) for it in declared) or any(_names(it, enum) for it in given)


def _declares(given: Binding, enum: ClassDef) -> bool:
    """Say whether a statement declares an attribute with an enum, by its type or its choices."""
    note = given.stmt.annotation if isinstance(given.stmt, ast.AnnAssign) else None
    called = given.value if isinstance(given.value, ast.Call) else None
    return _names(note, enum) or _names(called, enum)


def _names(part: ast.AST | None, enum: ClassDef) -> bool:
    """Say whether an expression speaks of an enum."""
    return part is not None and any(
        (isinstance(it, ast.Name) and it.id == enum.name)
        or (isinstance(it, ast.Attribute) and it.attr == enum.name)
        or (isinstance(it, ast.Constant) and it.value == enum.name)
        for it in ast.walk(part)
    )
