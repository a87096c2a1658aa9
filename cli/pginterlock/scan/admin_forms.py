"""Forms that nothing but Django's admin uses, and the columns that it leaves out of them. Pure."""

import ast
import re
from collections.abc import Iterator, Sequence

from pginterlock.scan.bindings import own_expressions, walk
from pginterlock.scan.definitions import last_name
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef
from pginterlock.scan.modules import Module, class_names, scope_of, statements_at

# Attributes of an admin that name a form, and those that tell which fields this has there.
_SHOWING = {"form": ("fieldsets", "fields"), "add_form": ("add_fieldsets",)}
_BARRING = ("readonly_fields", "exclude")
_CHOOSING = ("get_fieldsets", "get_fields")
_ADMINS = ("Admin", "Inline")
_MOST = 30  # files that speak of a form

_Use = tuple[ClassDef, str]  # an admin, and the attribute under which it names the form


def leaves_out(reader: Reader, form: ClassDef, name: str) -> bool:
    """Say whether admins alone use a form, and each says that it has no such field there."""
    paths = reader.project.holding(form.name)
    uses = [*_uses(reader, form, paths)] if len(paths) <= _MOST else []
    return bool(uses) and all(it is not None and _lacks(reader, *it, name) for it in uses)


def _uses(reader: Reader, form: ClassDef, paths: Sequence[str]) -> Iterator[_Use | None]:
    """Yield the admins that use a form; None for whatever else does."""
    looked = re.compile(rb"\b%s\b" % form.name.encode())
    for path in paths:
        raw = reader.project.text(path)
        lines = [raw.count(b"\n", 0, it.start()) + 1 for it in looked.finditer(raw)]
        if not lines or (module := reader.project.module(path)) is None:
            continue
        module.parse_at(lines)
        for stmt in dict.fromkeys(stmt for line in lines for stmt in statements_at(module, line)):
            if not _is_within(module, stmt, form):
                yield from _used(form, stmt, module)


def _used(form: ClassDef, stmt: ast.stmt, module: Module) -> Iterator[_Use | None]:
    match stmt:
        case ast.Assign(targets=[ast.Name(id=key)], value=ast.Name() | ast.Attribute() as value):
            owner = scope_of(module, stmt)
            if key in _SHOWING and last_name(value) == form.name and isinstance(owner, ClassDef):
                yield owner, key
                return
    for part in own_expressions(stmt):
        if any(last_name(it) == form.name for it in walk(part)):
            yield None


def _is_within(module: Module, stmt: ast.AST, form: ClassDef) -> bool:
    node: ast.AST | None = stmt
    while node is not None and node is not form.node:
        node = module.up.get(node)
    return node is not None


def _lacks(reader: Reader, admin: ClassDef, key: str, name: str) -> bool:
    """Say whether the body of an admin tells that its form has no such field, or shows it only."""
    above = reader.ancestry(admin)
    names = reader.models.foreign(admin) | {it.name for it in above}
    if not any(it.endswith(_ADMINS) for it in names) or reader.models.below(admin):
        return False
    if any(_speaks_of(it, name) for attribute in _BARRING for it in _given(above, attribute)):
        return True
    if any(one in class_names(it) for it in above for one in _CHOOSING):
        return False
    for attribute in _SHOWING[key]:
        if given := _given(above, attribute):
            return all(_is_plain(it) and not _speaks_of(it, name) for it in given)
    return False


def _given(above: Sequence[ClassDef], name: str) -> list[ast.AST]:
    """Return what the first class that does so gives a name."""
    for it in above:
        if bound := class_names(it).get(name):
            return [one.value for one in bound if one.value is not None]
    return []


def _speaks_of(node: ast.AST, name: str) -> bool:
    return any(isinstance(it, ast.Constant) and it.value == name for it in walk(node))


def _is_plain(node: ast.AST) -> bool:
    """Say whether all that an expression holds is written down, but for translated titles."""
    match node:
        case ast.Call(args=[ast.Constant(value=str())], keywords=[]):
            return True
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            return all(map(_is_plain, elts))
        case ast.Dict(keys=keys, values=values):
            return all(it is not None and _is_plain(it) for it in (*keys, *values))
    return isinstance(node, ast.Constant)
