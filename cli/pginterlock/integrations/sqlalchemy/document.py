"""Machines on mapped classes as one document of a spec: module, class and key are its places."""

from collections.abc import Mapping, Sequence

from pginterlock.integrations.sqlalchemy.machine import Declared
from pginterlock.integrations.sqlalchemy.plain import plain_machine
from pginterlock.model import Position, SpecPath
from pginterlock.spec_text import is_storable


class ClassDocument:
    """What a spec file is to its reader, of *declared* machines with different names."""

    def __init__(self, declared: Sequence[Declared]) -> None:
        machines: dict[str, object] = {}
        self.positions: dict[SpecPath, Position] = {(): Position("mapped classes", 0, 0)}
        self._texts: list[tuple[SpecPath, str]] = []
        for it in declared:
            machines[it.name] = plain_machine(it)
            self._note(("machines", it.name), machines[it.name], it.place, "")
        self.positions["machines",] = Position("mapped classes", 0, 0)
        self.data: object = {"interlock": 1, "machines": machines}

    def locate(self, path: SpecPath) -> Position:
        """Return where *path* stands, or its nearest parent."""
        while path not in self.positions:
            path = path[:-1]
        return self.positions[path]

    def inside(self, path: SpecPath, offset: int) -> Position:
        """Return where *path* stands; a text in Python has no lines of ours."""
        del offset
        return self.locate(path)

    def unstorable(self) -> list[SpecPath]:
        """Return where text stands that PostgreSQL cannot store."""
        return [path for path, text in self._texts if not is_storable(text)]

    def _note(self, path: SpecPath, value: object, place: str, key: str) -> None:
        """Note where *path* and all below it stands."""
        number = len(self.positions)  # so that problems are told in order
        self.positions[path] = Position(f"{place} {key}" if key else place, 0, number)
        self._texts += [(path, it) for it in (path[-1], value) if isinstance(it, str)]
        if isinstance(value, Mapping):
            for name, it in value.items():
                below = f"{key}.{name}" if key else str(name)
                self._note((*path, str(name)), it, place, below)
        elif isinstance(value, list):
            for number, it in enumerate(value):
                self._note((*path, number), it, place, key)
