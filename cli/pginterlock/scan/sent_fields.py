"""Which fields a form or serializer validates. Pure."""

import ast
from collections.abc import Iterator

from pginterlock.scan.class_sites import is_computed, is_read_only
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef
from pginterlock.scan.modules import class_names
from pginterlock.scan.validated import is_serializer, is_under_own_name
from pginterlock.scan.wanted import Wanted, fits


def validates(reader: Reader, wanted: Wanted, of: ClassDef, name: str) -> bool:
    """Say whether the data that a form or serializer validates holds *name*."""
    is_of_api = is_serializer(reader, of)
    if not (is_of_api or _is_form(reader, of)) or is_read_only(reader, of, name):
        return False
    for base in reader.ancestry(of):
        if is_of_api and any(it == name for it in _sources(base)):
            return True
        for it in class_names(base).get(name, ()):
            if isinstance(it.value, ast.Call):
                return not is_computed(it.value) and (
                    not is_of_api or is_under_own_name(it.value, name)
                )
        if (told := lists(base, name)) is not None:
            return told and (_names(base, name) or fits(reader, wanted, reader.models.about(of)))
    return False


def _is_form(reader: Reader, of: ClassDef) -> bool:
    names = {it.name for it in reader.ancestry(of)} | reader.models.foreign(of)
    return any(it.endswith("Form") for it in names)


def _sources(of: ClassDef) -> Iterator[str]:
    """Yield what the fields of a serializer that have other names are of."""
    for bound in class_names(of).values():
        for it in bound:
            if isinstance(it.value, ast.Call) and not is_computed(it.value):
                told = [one.value for one in it.value.keywords if one.arg == "source"]
                yield from (str(one.value) for one in told if isinstance(one, ast.Constant))


def _meta(of: ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield what the ``Meta`` of a class says, by its names."""
    for stmt in of.node.body:
        for it in stmt.body if isinstance(stmt, ast.ClassDef) and stmt.name == "Meta" else ():
            match it:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    yield name, value


def lists(of: ClassDef, name: str) -> bool | None:
    """Say whether a class lists a field of its model; None where it lists none."""
    for key, value in _meta(of):
        texts = [it.value for it in ast.walk(value) if isinstance(it, ast.Constant)]
        if key == "fields":
            return name in texts or "__all__" in texts
        if key == "exclude":
            return name not in texts
    return None


def _names(of: ClassDef, name: str) -> bool:
    """Say whether a class lists a field by its name, not by saying that it has all."""
    return any(
        key == "fields" and any(isinstance(it, ast.Constant) and it.value == name for it in parts)
        for key, value in _meta(of)
        for parts in [[*ast.walk(value)]]
    )
