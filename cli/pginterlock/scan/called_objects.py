"""Calls of objects, whose class has a ``__call__``: ``Update()(row)``. Pure."""

import ast
from collections.abc import Iterator

from pginterlock.scan.kinds import ClassDef
from pginterlock.scan.modules import Module, function_of, statements
from pginterlock.scan.project import Project, calls_of


def called_objects(
    project: Project, owner: ClassDef
) -> Iterator[tuple[Module, ast.Call, ast.stmt]]:
    """Yield the calls of what a class makes: at once, or by the name it is given."""
    for module, made, stmt in project.calls(owner.name):
        yield from ((module, it, stmt) for it in calls_of(module, stmt) if it.func is made)
        function = function_of(module, stmt)
        match stmt:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if (
                value is made and function and not isinstance(function.node, ast.Lambda)
            ):
                yield from _by_name(module, name, statements(function.node.body))


def _by_name(
    module: Module, name: str, body: Iterator[ast.AST]
) -> Iterator[tuple[Module, ast.Call, ast.stmt]]:
    for stmt in body:
        if isinstance(stmt, ast.stmt):
            for it in calls_of(module, stmt):
                if isinstance(it.func, ast.Name) and it.func.id == name:
                    yield module, it, stmt
