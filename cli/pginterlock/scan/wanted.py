"""What a scan looks for, as the code has it: classes, tables, names of attributes. Pure."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pginterlock.scan import orm
from pginterlock.scan.attribute_names import attributes_of
from pginterlock.scan.definitions import last_name
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Class, ClassDef, Instance, Kind, Kinds, Many, Table
from pginterlock.scan.made_classes import made_of
from pginterlock.scan.made_properties import Property, properties_of
from pginterlock.scan.model_tables import (
    classes_of,
    is_mapped_class,
    mapped_to,
    snake,
    tables_of,
)
from pginterlock.scan.modules import class_names
from pginterlock.scan.site import Target


@dataclass(eq=False, slots=True)
class Wanted:
    """A target: *names* leads from an attribute of the code to the column that it writes.

    So do *properties*, which are no columns: nothing but an assignment writes by them.
    """

    target: Target
    names: Mapping[str, str]
    classes: frozenset[ClassDef] = frozenset()
    tables: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    is_mapped: bool = False  # by SQLAlchemy
    shown: str = ""
    properties: Mapping[str, Property] = field(default_factory=dict)
    kin: dict[ClassDef, bool] = field(default_factory=dict)
    flows: dict[object, list[Any]] = field(default_factory=dict)


def wanted(reader: Reader, target: Target) -> Wanted:
    """Return what *target* is in the code."""
    found = list(_classes(reader, target))
    tables = {it for it in (target.table, target.model) if it and (it == target.table or not found)}
    names: dict[str, str] = {}
    for column in target.fields:
        names[column] = column
        if column.endswith("_id"):
            names.setdefault(column.removesuffix("_id"), column)
    for it in found:
        tables |= set(tables_of(reader, it))
        names |= dict(attributes_of(reader, it, target.fields))
        names |= {f"{one}_id": one for one in target.fields if _leads_to_one(reader, it, one)}
    properties: dict[str, Property] = {}
    for it in found:
        properties |= properties_of(reader, it, target.fields)
    shown = target.model or (found[0].name if found else target.table or "")
    variables = {snake(it.name) for it in found} | {snake(shown.rpartition(".")[2])}
    is_mapped = any(is_mapped_class(reader, it) or any(mapped_to(reader, it)) for it in found)
    return Wanted(
        target,
        names,
        frozenset(found),
        frozenset(map(str.lower, tables)),
        frozenset(variables),
        is_mapped,
        shown.rpartition(".")[2],
        {name: it for name, it in properties.items() if name not in names},
    )


def _classes(reader: Reader, target: Target) -> Iterator[ClassDef]:
    if target.model:
        app, _, name = target.model.rpartition(".")
        found = list(reader.project.classes_named(name) or made_of(reader, name))
        if app:
            found = [it for it in found if _is_of_app(reader, it, app)]
        models = [
            it for it in found if reader.models.is_model(it) and not reader.models.is_abstract(it)
        ]
        yield from models or found
        return
    yield from classes_of(reader, target.table or "")


def _leads_to_one(reader: Reader, of: ClassDef, name: str) -> bool:
    """Say whether a field of Django leads to a row: its key is an attribute of another name."""
    return any(
        isinstance(it.value, ast.Call) and last_name(it.value.func) in orm.TO_ONE
        for base in reader.models.ancestry(of)
        for it in class_names(base).get(name, ())
    )


def _is_of_app(reader: Reader, of: ClassDef, app: str) -> bool:
    """Say whether a class is in a package or module, or in an app of Django, of that name."""
    path = f"/{reader.project.whole(of.module.path)}"
    inner = app.replace(".", "/")
    if f"/{inner}/" in path or path.endswith(f"/{inner}.py") or _told_app(of) == app:
        return True
    return any(
        label == app and f"/{of.module.path}".startswith(f"/{config}".rpartition("/")[0] + "/")
        for config, label in _apps(reader)
    )


def _told_app(of: ClassDef) -> str:
    """Return the app that a class of Django names itself."""
    for stmt in of.node.body:
        if isinstance(stmt, ast.ClassDef) and stmt.name == "Meta":
            return _text_of(stmt, "app_label")
    return ""


def _apps(reader: Reader) -> Iterator[tuple[str, str]]:
    """Yield the files that give an app of Django a label of its own, and the label."""
    for path, name in reader.project.heirs("AppConfig"):
        module = reader.project.module(path)
        for it in module.classes_named(name) if module else ():
            if label := _text_of(it.node, "label"):
                yield path, label


def _text_of(node: ast.ClassDef, name: str) -> str:
    """Return the text that the body of a class gives *name*; else an empty one."""
    for stmt in node.body:
        match stmt:
            case ast.Assign(targets=[ast.Name(id=it)], value=ast.Constant(value=str(text))):
                if it == name:
                    return text
    return ""


def column_of(wanted: Wanted, name: str) -> str:
    """Return the column that an attribute, or a property, writes."""
    told = wanted.properties.get(name)
    return told.column if told else wanted.names[name]


def fits(reader: Reader, wanted: Wanted, kinds: Kinds) -> bool:
    """Say whether a row of what is wanted may be among *kinds*."""
    return any(_fits(reader, wanted, it) for it in kinds)


def _fits(reader: Reader, wanted: Wanted, kind: Kind) -> bool:
    match kind:
        case Instance(of=of) | Class(of=of) | Table(of=ClassDef() as of):
            if of not in wanted.kin:
                wanted.kin[of] = _is_kin(reader, wanted, of)
            return wanted.kin[of]
        case Many(item=item):
            return fits(reader, wanted, item)
        case Table(name=name):
            return is_table(wanted, name)
    return False


def is_table(wanted: Wanted, name: str) -> bool:
    """Say whether a table of that name, with or without its schema, is the one that is wanted."""
    low = name.lower()
    bare = low.rpartition(".")[2]
    return any(
        low == it or (bare == it.rpartition(".")[2] and ("." not in low or "." not in it))
        for it in wanted.tables
    )


def _is_kin(reader: Reader, wanted: Wanted, of: ClassDef) -> bool:
    if of in wanted.classes:
        return True
    above = reader.models.ancestry(of)
    if any(it in wanted.classes for it in above):
        return True
    heirs = (one for it in wanted.classes for one in (it, *reader.models.below(it)))
    for it in heirs:
        if of in reader.models.ancestry(it):
            return (
                reader.models.is_abstract(of)
                or not reader.models.is_model(of)
                or not _has_table(reader, of)
            )
    return False


def _has_table(reader: Reader, of: ClassDef) -> bool:
    if is_mapped_class(reader, of):
        return any(True for _ in tables_of(reader, of, is_told=True))
    return not reader.models.is_abstract(of)


def words_of(every: Sequence[Wanted]) -> frozenset[str]:
    """Return the bare names of the tables that are wanted, in small letters."""
    return frozenset(name.rpartition(".")[2].lower() for it in every for name in it.tables)


def tables_by_class(every: Sequence[Wanted]) -> dict[str, str]:
    """Return the table of each class that is wanted, by the shortest of the names that it has."""
    return {
        one.name: min(it.tables, key=lambda name: (len(name), name))
        for it in every
        if it.tables
        for one in it.classes
    }


def by_table(it: Wanted) -> Iterator[Target]:
    """Yield the target once for each name that its table may have."""
    seen: set[str] = set()
    for name in sorted(it.tables, key=lambda one: (one != it.target.table, len(one), one)):
        bare = name.rpartition(".")[2]
        if bare not in seen:
            seen.add(bare)
            yield replace(it.target, table=name, model=it.shown)
