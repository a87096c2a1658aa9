"""Steps of a scan as data of JSON, and back. Pure.

A path or name stands in one list, and is told by its number elsewhere: most are in many steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pginterlock.scan import cache
from pginterlock.scan.asked import Asked
from pginterlock.scan.site import Unread
from pginterlock.scan.steps import Done


class Names:
    """Names by their numbers: *known* are those that have one."""

    def __init__(self, known: Sequence[str] = ()) -> None:
        self.known = list(known)
        self._numbers = {it: at for at, it in enumerate(self.known)}

    def number(self, name: str) -> int:
        """Return the number of a name; a new one gets the next."""
        if (found := self._numbers.get(name)) is None:
            found = self._numbers[name] = len(self.known)
            self.known.append(name)
        return found

    def numbers(self, names: "set[str]") -> list[int]:
        """Return the numbers of names, in order."""
        return sorted(map(self.number, names))

    def names(self, numbers: Sequence[int]) -> set[str]:
        """Return the names that have those numbers."""
        known = self.known
        return {known[it] for it in numbers}


def as_data(steps: Mapping[str, Done], names: Names) -> dict[str, Any]:
    """Return steps as they are kept."""
    return {
        name: {
            "given": it.given,
            "asked": [names.numbers(one) for one in it.asked.sets],
            "sites": [asdict(one) for one in it.sites],
            "defaults": [asdict(one) for one in it.defaults],
            "unread": [asdict(one) for one in it.unread],
            "broken": it.broken,
            "drafts": it.drafts,
            "names": it.names,
            "called": sorted(it.called),
        }
        for name, it in steps.items()
    }


def asked_of(data: Mapping[str, Any], names: Names) -> Asked:
    """Return what a step asked for that is kept so."""
    return Asked(*map(names.names, data["asked"]))


def step_of(data: Mapping[str, Any], asked: Asked) -> Done:
    """Return the step that is kept so.

    Raises KeyError, TypeError or ValueError where it is none.
    """
    return Done(
        data["given"],
        asked,
        [cache.site(one) for one in data["sites"]],
        [cache.site(one) for one in data["defaults"]],
        [Unread(**one) for one in data["unread"]],
        {path: (line, told) for path, (line, told) in data["broken"].items()},
        dict(data["drafts"]),
        list(data["names"]),
        {(path, line, column) for path, line, column in data["called"]},
    )
