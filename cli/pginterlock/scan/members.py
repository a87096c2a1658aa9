"""What the members of a class are: its methods, fields, and what it assigns on itself. Pure."""

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pginterlock.scan.definitions import annotation, defined
from pginterlock.scan.kinds import NOTHING, Class, ClassDef, Function, Instance, Kinds, union
from pginterlock.scan.modules import Binding, class_names, statements

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

# A statement, the value that it assigns, and its annotation.
Assigned = tuple[ast.stmt, ast.AST | None, ast.AST | None]


def own_member(reader: "Reader", kind: Instance | Class, base: ClassDef, name: str) -> Kinds | None:
    """Return what the class *base* itself says of a member; None where it says nothing."""
    bound = class_names(base).get(name)
    found: Kinds | None = None
    if bound:
        found = union(_member(reader, kind, base, it) for it in bound)
    for stmt, value, note in assigned_on_self(reader, base).get(name, ()):
        said = annotation(reader, note, base.module, stmt) if note is not None else NOTHING
        found = (found or NOTHING) | (said or reader.expression(value, base.module, stmt))
    return found


def _member(reader: "Reader", kind: Instance | Class, base: ClassDef, it: Binding) -> Kinds:
    module = base.module
    match it.how:
        case "def":
            function = module.scopes[it.stmt]
            return defined(reader, function, kind) if isinstance(function, Function) else NOTHING
        case "assign" | "annotated":
            return _assigned(reader, kind, base, it)
    return reader.bound([it], module)


def _assigned(reader: "Reader", kind: Instance | Class, base: ClassDef, it: Binding) -> Kinds:
    """Return what a field of a class is, or another value in its body."""
    value, stmt = it.value, it.stmt
    said: Kinds = NOTHING
    if isinstance(value, ast.Call):
        said = reader.models.field(value, base, stmt, kind)
    if not said and it.how == "annotated" and isinstance(stmt, ast.AnnAssign):
        said = annotation(reader, stmt.annotation, base.module, stmt)
    return said or reader.expression(value, base.module, stmt)


def assigned_on_self(reader: "Reader", of: ClassDef) -> dict[str, Sequence[Assigned]]:
    """Return what the methods of a class assign to attributes of ``self``."""
    found = reader.models.self_assignments.get(of)
    if found is None:
        made: dict[str, list[Assigned]] = {}
        for method in of.node.body:
            if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) and method.args.args:
                _of_method(method, method.args.args[0].arg, made)
        found = reader.models.self_assignments[of] = dict(made)
    return found


def _of_method(
    method: ast.FunctionDef | ast.AsyncFunctionDef,
    me: str,
    made: dict[str, list[Assigned]],
) -> None:
    for stmt in statements(method.body):
        match stmt:
            case ast.Assign(targets=targets, value=value):
                for it in targets:
                    match it:
                        case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == me:
                            made.setdefault(attr, []).append((stmt, value, None))
            case ast.AnnAssign(
                target=ast.Attribute(value=ast.Name(id=name), attr=attr), annotation=note
            ) if name == me:
                made.setdefault(attr, []).append((stmt, stmt.value, note))
