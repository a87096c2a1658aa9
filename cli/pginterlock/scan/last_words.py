"""A row that is called by the last word of its class: ``event`` of a ``BounceEvent``. Pure."""

import ast
from collections.abc import Iterator

from pginterlock.scan.definitions import last_name
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef
from pginterlock.scan.modules import Module, class_names
from pginterlock.scan.wanted import Wanted

_SHORT = 3  # letters: a word of so few says nothing
_FRAMEWORKS = frozenset(
    ["client", "error", "exception", "form", "parser", "request", "response", "session", "view"]
)


def is_last_word(reader: Reader, wanted: Wanted, name: str, attribute: str, module: Module) -> bool:
    """Say whether *name* is the last word of a class that is wanted, and of no other with that.

    The module has to know the class, and no other class of the project whose name ends in the same
    word may have the *attribute*.
    """
    word = name.lower().strip("_")
    if len(word) <= _SHORT or word in _FRAMEWORKS:
        return False
    if not any(it.endswith("_" + word) for it in wanted.variables):
        return False
    if not any(module.names(it.name) for it in wanted.classes):
        return False
    end, promised = word.replace("_", ""), {name for it in wanted.classes for name in _told(it)}
    return all(
        it in wanted.classes or not _has(reader, it, attribute)
        for one in reader.project.class_names()
        if one.lower().endswith(end) and one not in promised
        for it in reader.project.classes_named(one)
    )


def _told(of: ClassDef) -> Iterator[str]:
    """Yield the interfaces that a class says it has: ``@implementer(IBounceEvent)``."""
    for it in of.node.decorator_list:
        if isinstance(it, ast.Call):
            yield from filter(None, map(last_name, it.args))


def _has(reader: Reader, of: ClassDef, attribute: str) -> bool:
    return any(attribute in class_names(it) for it in reader.ancestry(of))
