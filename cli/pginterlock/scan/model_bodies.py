"""What the body of a class says by itself: that it is abstract, that it has fields. Pure."""

import ast

from pginterlock.scan.kinds import ClassDef
from pginterlock.scan.modules import class_names


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
