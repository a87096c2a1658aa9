"""Writes by the place of an argument: ``Order(customer, "new")``. Pure.

Such a call need not name the column: the calls of the class are looked for.
"""

import ast
from collections.abc import Iterator, Mapping

from pginterlock.scan.candidates import Candidate
from pginterlock.scan.definitions import last_name
from pginterlock.scan.drafts import Draft, drafted
from pginterlock.scan.frames import initializer
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Class, ClassDef, Function, Instance
from pginterlock.scan.members import assigned_on_self
from pginterlock.scan.modules import Module, class_names
from pginterlock.scan.wanted import Wanted, fits

_DATA_CLASSES = frozenset(["MappedAsDataclass", "MappedAsDataClass"])
_DECORATORS = frozenset(["dataclass", "mapped_as_dataclass", "define", "s", "attrs", "mutable"])
_MOST = 60  # files that call a class
_HEIRS = 12


def of_class(reader: Reader, wanted: Wanted, of: ClassDef) -> Iterator[Draft]:
    """Yield the calls of a class and of its heirs that hand over the column by its place."""
    below = reader.models.below(of)
    for one in (of, *(below if len(below) <= _HEIRS else ())):
        if places := _places(reader, wanted, one):
            yield from _calls(reader, wanted, one, places)


def _calls(
    reader: Reader, wanted: Wanted, of: ClassDef, places: Mapping[int, str]
) -> Iterator[Draft]:
    for module, call, stmt in reader.project.calls(of.name, _MOST):
        if Class(of) not in reader.expression(call.func, module, stmt):
            continue
        for number, value in enumerate(call.args):
            if isinstance(value, ast.Starred):
                break
            if name := places.get(number):
                yield _draft(reader, wanted, name, value, call, stmt, module)


def _draft(
    reader: Reader,
    wanted: Wanted,
    name: str,
    value: ast.expr,
    call: ast.Call,
    stmt: ast.stmt,
    module: Module,
) -> Draft:
    it = Candidate("keyword", name, value, stmt, call.func, value, call)
    told = f"an argument of {wanted.shown}, by its place"
    return drafted(
        reader, wanted, it, module, "positional_ctor", is_new=True, call=call, reason=told
    )


def _places(reader: Reader, wanted: Wanted, of: ClassDef) -> dict[int, str]:
    """Return which of the first arguments of a class are columns that are wanted."""
    if not fits(reader, wanted, frozenset([Instance(of)])):
        return {}
    init = initializer(reader, of)
    if init is not None:
        return _of_initializer(reader, wanted, init)
    if not _is_data_class(reader, of):
        return {}
    fields = list(dict.fromkeys(it for base in _upwards(reader, of) for it in _fields(base)))
    return {n: it for n, it in enumerate(fields) if it in wanted.names}


def _of_initializer(reader: Reader, wanted: Wanted, init: Function) -> dict[int, str]:
    """Return the parameters of an ``__init__`` that it assigns to columns, by their places."""
    args, owner = init.node.args, init.owner
    names = [it.arg for it in (*args.posonlyargs, *args.args)][1:]
    if owner is None:
        return {}
    found: dict[int, str] = {}
    for column, assigned in assigned_on_self(reader, owner).items():
        given = [it.value.id for it in assigned if isinstance(it.value, ast.Name)]
        if column in wanted.names:
            found |= {n: column for n, name in enumerate(names) if name in given}
    return found


def _is_data_class(reader: Reader, of: ClassDef) -> bool:
    decorated = {last_name(it) for it in of.node.decorator_list}
    return bool(
        decorated & _DECORATORS
        or any(reader.models.foreign(it) & _DATA_CLASSES for it in reader.ancestry(of))
    )


def _upwards(reader: Reader, of: ClassDef) -> list[ClassDef]:
    """Return a class and those above it, the one whose fields come first before the others."""
    return list(reversed(reader.ancestry(of)))


def _fields(of: ClassDef) -> Iterator[str]:
    """Yield the fields of a data class that may be handed over by their place."""
    for name, bound in class_names(of).items():
        given = bound[0]
        if given.how == "annotated" and isinstance(given.stmt, ast.AnnAssign):
            is_class_own = last_name(given.stmt.annotation) in ("ClassVar", "KW_ONLY")
            if not is_class_own and not _is_left_out(given.value):
                yield name


def _is_left_out(value: ast.AST | None) -> bool:
    """Say whether a field is none of ``__init__``, or handed over by its name alone."""
    return isinstance(value, ast.Call) and any(
        isinstance(it.value, ast.Constant)
        and ((it.arg == "init" and not it.value.value) or (it.arg == "kw_only" and it.value.value))
        for it in value.keywords
    )
