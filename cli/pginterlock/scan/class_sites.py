"""Writes that the body of a class stands for: defaults, factories, forms, serializers. Pure."""

import ast
from collections.abc import Iterator

from pginterlock.scan import admin_forms, constants, validated
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.definitions import decorators, last_name
from pginterlock.scan.drafts import Draft, drafted
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef, Function, Instance
from pginterlock.scan.model_bodies import holder_of
from pginterlock.scan.modules import Module, class_names, scope_of
from pginterlock.scan.shown_only import is_shown_only
from pginterlock.scan.site import Label
from pginterlock.scan.wanted import Wanted, fits

_COMPUTED = frozenset(["ReadOnlyField", "StringRelatedField", "HyperlinkedIdentityField"])


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
        if not _leaves_out(owner, it.name):
            yield _of_factory(reader, wanted, it, module)
    elif not is_computed(it.value):
        yield from validated.of_declared(reader, wanted, it, owner)


def of_method(reader: Reader, wanted: Wanted, method: Function, name: str) -> Draft | None:
    """Return what a factory has a method of that name for, which computes the value."""
    if method.owner is None or not _is_factory(reader, wanted, method.owner):
        return None
    node = method.node
    if isinstance(node, ast.Lambda) or not any("lazy" in one for one in decorators(method)):
        return None
    it = Candidate("member", name, node, node)
    return _of_factory(reader, wanted, it, method.module)


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


def _leaves_out(owner: ClassDef, name: str) -> bool:
    """Say whether the ``Meta`` of a factory keeps a value from the rows: ``exclude``."""
    for meta in owner.node.body:
        for stmt in meta.body if isinstance(meta, ast.ClassDef) and meta.name == "Meta" else ():
            match stmt:
                case ast.Assign(targets=[ast.Name(id="exclude")], value=value):
                    return f"'{name}'" in ast.unparse(value)
    return False


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
        computed = any(is_computed(one.value) for one in declared or ())
        if computed or admin_forms.leaves_out(reader, holder, it.name):
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
    elif any(one.endswith("Serializer") for one in names):
        own = declared[0].value if declared else None
        if isinstance(own, ast.Call) and not validated.is_under_own_name(own, it.name):
            return
        if is_read_only(reader, holder, it.name) or is_shown_only(reader, holder):
            return
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


def is_read_only(reader: Reader, holder: ClassDef, name: str) -> bool:
    """Say whether a field of a serializer, one that it inherits too, is shown and never saved."""
    above = reader.models.ancestry(holder)
    declared = next((them for it in above if (them := class_names(it).get(name))), ())
    if any(is_computed(it.value) for it in declared):
        return True
    for base in above:
        for meta in base.node.body:
            if isinstance(meta, ast.ClassDef) and meta.name == "Meta":
                if any(_names_read_only(stmt, name) for stmt in meta.body):
                    return True
                if not meta.bases:  # it is none of those above
                    return False
    return False


def is_computed(field: ast.AST | None) -> bool:
    """Say whether a field is declared as one that is not written."""
    if not isinstance(field, ast.Call):
        return False
    name = last_name(field.func)
    return (
        "Method" in name
        or name in _COMPUTED
        or any(
            it.arg in ("read_only", "disabled")
            and isinstance(it.value, ast.Constant)
            and bool(it.value.value)
            for it in field.keywords
        )
    )


def _names_read_only(stmt: ast.stmt, name: str) -> bool:
    """Say whether a statement of a ``Meta`` names a field among those that are not written."""
    match stmt:
        case ast.Assign(targets=[ast.Name(id="read_only_fields")], value=value):
            return f"'{name}'" in ast.unparse(value) or (
                isinstance(value, ast.Name) and value.id == "fields"
            )
        case ast.Assign(targets=[ast.Name(id="extra_kwargs")], value=ast.Dict() as told):
            for key, value in zip(told.keys, told.values, strict=True):
                match key, value:
                    case ast.Constant(value=named), ast.Dict(keys=keys, values=values):
                        if named == name and any(map(_is_read_only, keys, values)):
                            return True
    return False


def _is_read_only(key: ast.expr | None, value: ast.expr) -> bool:
    match key, value:
        case ast.Constant(value="read_only"), ast.Constant(value=told):
            return bool(told)
    return False
