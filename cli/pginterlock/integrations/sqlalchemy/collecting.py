"""The spec of all mapped classes; what their tables and a spec do not agree in."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Enum, MetaData, Table

from pginterlock import spec
from pginterlock.errors import SpecError, UsageError
from pginterlock.fit import fit
from pginterlock.integrations.sqlalchemy.document import ClassDocument
from pginterlock.integrations.sqlalchemy.machine import Declared, declared_in
from pginterlock.integrations.sqlalchemy.tables import as_ours, found_in
from pginterlock.model import Machine, Spec

_REMEDY = "Classes and spec have to say the same: change one of them."


def spec_of(target: Any, file: Spec | None = None) -> Spec:
    """Return the machines on the mapped classes of *target*, and those of *file* beside them.

    *target* is a declarative base, a registry, a `MetaData`, a mapped class (all of its registry),
    or several of these. Raises SpecError with all that is wrong: each with module, class and key,
    or the line of *file*; machines that are declared in both places, and not alike; and machines
    of either that do not agree with the columns and enums of the classes.
    """
    metadatas = list(metadatas_of(target))
    declared = [it for metadata in metadatas for it in declared_in(metadata)]
    problems = [*_given(declared), *_twice(declared)]
    if problems:
        raise SpecError(tuple(problems))
    of_classes = spec.read(ClassDocument(declared)) if declared else Spec(())
    found = spec.beside(file or Spec(()), of_classes)
    if told := disagreements(found, metadatas):
        raise SpecError(tuple(told), remedy=_REMEDY)
    return found


def disagreements(found: Spec, metadatas: Iterable[MetaData]) -> list[str]:
    """Return what of *found* does not agree with tables of *metadatas*, each with its place."""
    tables = {name: it for metadata in metadatas for name, it in found_in(metadata).items()}
    told = []
    for machine in found.machines:
        table = tables.get(machine.table)
        if table is None:
            continue
        unfit = fit(machine, as_ours(table, tables))
        told += [f"{found.locate(it.path)}: {it.message}" for it in unfit]
        told += [
            f"{found.locate(('machines', machine.name, 'state'))}: {it}"
            for it in _other_states(machine, table)
        ]
    return list(dict.fromkeys(told))


def _other_states(machine: Machine, table: Table) -> Iterator[str]:
    """Yield the values of the enum that are no states."""
    column = table.columns.get(machine.state)
    kind = column.type if column is not None else None
    if isinstance(kind, Enum):
        for label in kind.enums:
            if label not in machine.states and label not in [it.was for it in machine.renames]:
                close = get_close_matches(label, machine.states, n=1)
                meant = f"; did you mean {close[0]!r}?" if close else ""
                yield (
                    f"column {machine.state!r} may be {label!r}, and machine {machine.name!r} has"
                    f" no such state{meant}"
                )


def _given(declared: list[Declared]) -> Iterator[str]:
    for it in declared:
        if "table" in it.machine.keys:
            yield f"{it.place} table: the table is that of the class: leave it away"


def _twice(declared: list[Declared]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for it in declared:
        if it.name in seen:
            yield (
                f"{it.place}: machine {it.name!r} is declared at {seen[it.name]} already; give it"
                " a name: Machine('name', ...)"
            )
        seen.setdefault(it.name, it.place)


def metadatas_of(target: Any) -> Iterator[MetaData]:
    """Yield the collections of tables of *target*; see `spec_of`."""
    if isinstance(target, MetaData):
        yield target
    elif isinstance(target, list | tuple):
        seen: list[MetaData] = []
        for it in target:
            seen += [one for one in metadatas_of(it) if one not in seen]
        yield from seen
    elif registry := getattr(target, "registry", None):
        yield from _of_registry(registry)
    elif hasattr(target, "mappers") and hasattr(target, "metadata"):
        yield from _of_registry(target)
    else:
        raise UsageError(
            f"{target!r} is no declarative base, registry, mapped class or MetaData",
            remedy="Name what your classes inherit from: shop.models:Base",
        )


def _of_registry(registry: Any) -> Iterator[MetaData]:
    found = [registry.metadata]
    for mapper in registry.mappers:
        table = mapper.local_table
        if isinstance(table, Table) and table.metadata not in found:
            found.append(table.metadata)
    yield from found
