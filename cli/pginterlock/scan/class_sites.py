"""Writes that the body of a class stands for: defaults, factories, forms, serializers. Pure."""

import ast
from collections.abc import Iterator

from pginterlock.scan import admin_forms, constants, validated
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.definitions import last_name
from pginterlock.scan.drafts import Draft, drafted
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef, Instance
from pginterlock.scan.model_bodies import holder_of
from pginterlock.scan.modules import Module, class_names, scope_of
from pginterlock.scan.site import Label
from pginterlock.scan.wanted import Wanted, fits

_READ_ONLY = frozenset(["read_only_fields", "extra_kwargs"])


def of_member(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield the default of a column, and what a factory gives it."""
    owner = scope_of(module, it.stmt)
    if not isinstance(owner, ClassDef):
        return
    if fits(reader, wanted, frozenset([Instance(owner)])):
        if isinstance(it.value, ast.Call):
            for keyword in it.value.keywords:
                if keyword.arg in ("default", "server_default", "insert_default"):
                    said = constants.values(reader, keyword.value, module, it.stmt)
                    yield Draft(
                        wanted,
                        wanted.names[it.name],
                        "column_default",
                        module,
                        it.node,
                        it.stmt,
                        said,
                        is_new=True,
                        label=Label.DEFAULT,
                        reason="the value of a row that names none",
                    )
        return
    if _is_factory(reader, wanted, owner):
        yield _of_factory(reader, wanted, it, module)
    elif not _is_computed(it.value):
        yield from validated.of_declared(reader, wanted, it, owner)


def of_trait(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Draft | None:
    """Return ``paid = Trait(status="paid")`` in the ``Params`` of a factory of what is wanted."""
    inner = scope_of(module, it.stmt)
    owner = scope_of(module, inner.node) if isinstance(inner, ClassDef) else None
    if isinstance(owner, ClassDef) and _is_factory(reader, wanted, owner):
        return _of_factory(reader, wanted, it, module)
    return None


def _is_factory(reader: Reader, wanted: Wanted, owner: ClassDef) -> bool:
    made = reader.models.made(owner)
    rows = frozenset(k for k in made if isinstance(k, Instance))
    return made != frozenset([Instance(owner)]) and fits(reader, wanted, rows)


def _of_factory(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Draft:
    told = f"a factory of {wanted.shown}"
    return drafted(reader, wanted, it, module, "factory_attr", is_new=True, reason=told)


def of_listed(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield a field that a form, serializer, view or admin saves."""
    holder = holder_of(module, it.stmt)
    if holder is None or not fits(reader, wanted, reader.models.about(holder)):
        return
    names = {one.name for one in reader.models.ancestry(holder)} | reader.models.foreign(holder)
    declared = class_names(holder).get(it.name)
    if declared and isinstance(declared[0].stmt, ast.stmt):
        stmt = declared[0].stmt
        it = Candidate("listed", it.name, stmt, stmt, None, None)
    is_list = isinstance(it.stmt, ast.Assign) and last_name(it.stmt.targets[0]) == "list_editable"
    if is_list:
        yield drafted(
            reader,
            wanted,
            it,
            module,
            "admin_list_editable",
            reason=f"the admin of {wanted.shown} edits it",
        )
    elif any(one.endswith("Form") for one in names):
        if any(_is_computed(one.value) for one in declared or ()):
            return
        if admin_forms.leaves_out(reader, holder, it.name):
            return
        yield drafted(
            reader,
            wanted,
            it,
            module,
            "modelform_field",
            is_new=None,
            reason=f"a form of {wanted.shown} saves it",
        )
    elif any(one.endswith("Serializer") for one in names) and not _is_read_only(holder, it.name):
        yield drafted(
            reader,
            wanted,
            it,
            module,
            "serializer_field",
            is_new=None,
            reason=f"a serializer of {wanted.shown} saves it",
        )
        yield from validated.of_field(reader, wanted, it, holder)
    elif any(one in ("UpdateView", "CreateView") for one in names):
        yield drafted(
            reader,
            wanted,
            it,
            module,
            "view_field",
            is_new=None,
            reason=f"the form of a view of {wanted.shown} saves it",
        )


def _is_read_only(holder: ClassDef, name: str) -> bool:
    """Say whether a field of a serializer is shown, and never saved."""
    return any(_is_computed(it.value) for it in class_names(holder).get(name, ())) or any(
        _names_read_only(stmt, name)
        for meta in holder.node.body
        if isinstance(meta, ast.ClassDef) and meta.name == "Meta"
        for stmt in meta.body
    )


def _is_computed(field: ast.AST | None) -> bool:
    """Say whether a field is declared as one that is not written."""
    if not isinstance(field, ast.Call):
        return False
    return "Method" in last_name(field.func) or any(
        it.arg in ("read_only", "disabled")
        and isinstance(it.value, ast.Constant)
        and bool(it.value.value)
        for it in field.keywords
    )


def _names_read_only(stmt: ast.stmt, name: str) -> bool:
    """Say whether a statement of a ``Meta`` names a field among those that are not written."""
    if not isinstance(stmt, ast.Assign) or last_name(stmt.targets[0]) not in _READ_ONLY:
        return False
    return f"'{name}'" in ast.unparse(stmt.value) or (
        isinstance(stmt.value, ast.Name) and stmt.value.id == "fields"
    )
