"""The repairs of a machine, from the spec to the model.

Pure: data in, data out.
"""

from collections.abc import Callable, Mapping

from pginterlock.elements import Expression, Repair
from pginterlock.model import SpecPath
from pginterlock.spec_format import RepairPart


def read_repairs(
    parts: Mapping[str, RepairPart],
    read: Callable[[SpecPath, str], Expression],
    add: Callable[[SpecPath, str], None],
) -> tuple[Repair, ...]:
    """Return the repairs in the order of the spec; what is wrong with them goes to *add*."""
    found = []
    for name, part in parts.items():
        path: SpecPath = ("repairs", name)
        if not name.strip():
            add(path, "a repair needs a name")
        if not part.set_:
            add((*path, "set"), "a repair sets one column at least")
        when = read((*path, "when"), part.when)
        sets = [(column, read((*path, "set", column), text)) for column, text in part.set_.items()]
        found.append(Repair(name, when, tuple(sets)))
    return tuple(found)
