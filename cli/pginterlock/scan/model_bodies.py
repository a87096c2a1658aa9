"""What the body of a class says by itself: that it is abstract, that it has fields. Pure."""

import ast

from pginterlock.scan.kinds import ClassDef
from pginterlock.scan.modules import Module, class_names, scope_of


def is_abstract(of: ClassDef) -> bool:
    """Say whether a class is a part of models only: ``abstract = True``."""
    for stmt in of.node.body:
        match stmt:
            case ast.ClassDef(name="Meta", body=body):
                for it in body:
                    match it:
                        case ast.Assign(
                            targets=[ast.Name(id="abstract")], value=ast.Constant(value=True)
                        ):
                            return True
            case ast.Assign(targets=[ast.Name(id="__abstract__")], value=ast.Constant(value=True)):
                return True
    return False


def has_fields(of: ClassDef) -> bool:
    """Say whether a class has fields of Django: ``name = models.TextField()``."""
    for bound in class_names(of).values():
        for it in bound:
            match it.value:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="models"))):
                    return True
    return False


def holder_of(module: Module, stmt: ast.stmt) -> ClassDef | None:
    """Return the class that a statement in its body, or in that of its ``Meta``, says fields of."""
    owner = scope_of(module, stmt)
    if isinstance(owner, ClassDef) and owner.name in ("Meta", "_Meta"):
        owner = scope_of(module, owner.node)
    return owner if isinstance(owner, ClassDef) else None
