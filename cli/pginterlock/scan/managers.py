"""Which rows managers and querysets of Django hold, by who makes them. Pure."""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pginterlock.scan.definitions import annotation
from pginterlock.scan.kinds import NOTHING, ClassDef, Instance, Kinds, Many, items
from pginterlock.scan.module_texts import lines_with
from pginterlock.scan.modules import class_names

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader
    from pginterlock.scan.project import Project

_MADE = re.compile(rb"(?m)^(\w+)\s*=.*\.from_queryset\(\s*(?:\w+\.)*(\w+)")
_MAKING = ("as_manager", "from_queryset")


def managed(reader: "Reader", of: ClassDef) -> Iterator[Kinds]:
    """Yield the rows that a manager's or queryset's class holds."""
    asked = [of, *reader.models.below(of)]
    names = {it.name for it in asked}
    found: Kinds = NOTHING
    for name in sorted(names | {one for it in names for one in _other_names(reader, it)}):
        found |= _of_models(reader, name)
    for name in sorted(names):
        found |= _of_managers(reader, name, asked)
    for base in of.node.bases:
        if isinstance(base, ast.Subscript):
            found |= annotation(reader, base.slice, of.module, of.node)
    yield frozenset([Many(found, is_query=True, via=of)])


def _of_models(reader: "Reader", name: str) -> Kinds:
    """Return the rows of the models that have a manager or queryset of that name."""
    project, raw = reader.project, name.encode()
    pattern = re.compile(rb"[ \t]+\w+\s*(?::[^=\n]+)?=.*\b%s\b" % re.escape(raw))
    found: Kinds = NOTHING
    for path in _making(project, name, raw):
        lines = lines_with(project.text(path), raw)
        if not any(map(pattern.match, lines)) or not (module := project.module(path)):
            continue
        for it in module.classes_about(name):
            values = (one.value for bound in class_names(it).values() for one in bound)
            is_its = any(isinstance(one, ast.Call) and _mentions(one, name) for one in values)
            if is_its and not reader.models.is_managing(it):
                found |= frozenset(map(Instance, reader.models.concrete(it)))
    return found


def _making(project: "Project", name: str, raw: bytes) -> Iterator[str]:
    """Yield the files that may make one: they call it, or what makes a manager of it."""
    own = project.files_calling(name)
    yield from own
    others = dict.fromkeys(it for one in _MAKING for it in project.files_calling(one))
    yield from (it for it in others if it not in own and raw in project.text(it))


def _mentions(call: ast.Call, name: str) -> bool:
    return any(
        (isinstance(it, ast.Name) and it.id == name)
        or (isinstance(it, ast.Attribute) and it.attr == name)
        for it in ast.walk(call)
    )


def _of_managers(reader: "Reader", name: str, asked: Sequence[ClassDef]) -> Kinds:
    """Return the rows of the managers that make such querysets: ``Orders(self.model)``."""
    project, models = reader.project, reader.models
    speaking = {*project.files_calling(name)}
    made = re.compile(rf"\b{name}\(\s*(?:model\s*=\s*)?self\.model\b")
    found: Kinds = NOTHING
    for path in project.holding("self.model"):
        module = project.module(path) if path in speaking else None
        lines = module.text.split("\n") if module else []
        for it in module.classes_about(name) if module else ():
            body = "\n".join(lines[it.node.lineno - 1 : it.node.end_lineno])
            if it not in asked and made.search(body) and models.is_managing(it):
                found |= items(models.as_manager(it))
    return found


def _other_names(reader: "Reader", name: str) -> Sequence[str]:
    """Return the names of managers' classes made of a queryset's: ``X = M.from_queryset(Q)``."""
    return reader.models.made_of_querysets.get(name, ())


def made_of_querysets(reader: "Reader") -> dict[str, list[str]]:
    """Return the names of managers' classes that are made of querysets, by the name of these."""
    found: dict[str, list[str]] = {}
    for path in reader.project.holding(".from_queryset("):
        for name, of in _MADE.findall(reader.project.text(path)):
            found.setdefault(of.decode(), []).append(name.decode())
    return found
