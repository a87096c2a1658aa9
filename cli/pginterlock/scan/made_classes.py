"""Models that a call makes of others: ``Order = model_factory(AbstractOrder)``. Pure."""

import ast
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pginterlock.scan.kinds import Class, ClassDef

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_FEW = 6  # files that give a name a value


def made_of(reader: "Reader", name: str) -> Sequence[ClassDef]:
    """Return the classes of which a call makes the model of a name that no class has."""
    project = reader.project
    made = re.compile(rb"(?m)^%s = [\w.]+\(\s*[\w.]*\b[A-Z]" % name.encode(errors="replace"))
    paths = [it for it in project.holding(f"\n{name} = ") if made.search(project.text(it))]
    found: dict[ClassDef, None] = {}
    for path in paths if len(paths) <= _FEW else ():
        module = project.module(path)
        for it in module.names(name) if module else ():
            if module is None or it.how != "assign" or not isinstance(it.value, ast.Call):
                continue
            kinds = reader.expression(it.value, module, it.stmt)
            for kind in kinds:
                if isinstance(kind, Class) and reader.models.is_abstract(kind.of):
                    found[kind.of] = None
    return list(found)
