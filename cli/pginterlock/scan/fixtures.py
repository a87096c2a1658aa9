"""What fixtures of pytest give to the tests and fixtures that name them. Pure."""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pginterlock.scan.definitions import decorators, result
from pginterlock.scan.kinds import NOTHING, Callee, Class, Function, Kinds, items, union
from pginterlock.scan.modules import Module

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_FEW = 4  # files that define a fixture of a name: what more of them say is not told
_FACTORY = "Factory"
_REGISTERING = ("pytest_factoryboy", "register_fixture")


def given(reader: "Reader", function: Function, name: str) -> Kinds:
    """Return what a fixture gives to the parameter *name* of a test, or of another fixture."""
    if not (function.name.startswith("test") or _is_fixture(function)):
        return NOTHING
    for module in [function.module, *_conftests(reader, function.module)]:
        for it in module.functions_named(name):
            if _is_fixture(it) and it is not function:
                return _gives(reader, it)
    found = [it for it in _elsewhere(reader, name) if it is not function]
    return union(_gives(reader, it) for it in found) or _registered(reader, name)


def _is_fixture(function: Function) -> bool:
    return "fixture" in set(decorators(function))


def _gives(reader: "Reader", fixture: Function) -> Kinds:
    told = result(reader, Callee(fixture))
    is_generator = isinstance(fixture.node, (ast.FunctionDef, ast.AsyncFunctionDef)) and any(
        isinstance(it, ast.Yield) for it in ast.walk(fixture.node)
    )
    return items(told) if is_generator else told


def _conftests(reader: "Reader", module: Module) -> Iterator[Module]:
    """Yield the modules of fixtures in the folders above *module*, the nearest first."""
    folder = module.path
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        path = f"{folder}/conftest.py"
        if reader.project.has(path) and (found := reader.project.module(path)):
            yield found


def _elsewhere(reader: "Reader", name: str) -> Iterator[Function]:
    """Yield the fixtures of a name in plugins: modules that a conftest imports or names."""
    paths = reader.project.holding(f"def {name}(")
    for path in paths if len(paths) <= _FEW else ():
        module = reader.project.module(path)
        for it in module.functions_named(name) if module else ():
            if it.owner is None and _is_fixture(it):
                yield it


def _registered(reader: "Reader", name: str) -> Kinds:
    """Return what the factory of that name makes, where factories are registered as fixtures."""
    if not any(reader.project.holding(it) for it in _REGISTERING):
        return NOTHING
    made = name.removesuffix("_factory")
    found = reader.project.classes_named(f"{made.title().replace('_', '')}{_FACTORY}")
    if made != name:
        return frozenset(map(Class, found))
    return union(reader.models.made(it) for it in found)
