"""The figures of a write map: every table is computed from one list, so its parts sum to its total.

Pure: data in, data out.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pginterlock.scan.judged import Code, Judged, Kind, Protection
from pginterlock.scan.outcomes import Verdict
from pginterlock.scan.places import Role
from pginterlock.scan.site import Label

if TYPE_CHECKING:
    from pginterlock.model import Machine


@dataclass(frozen=True, slots=True)
class Group:
    """Some sites under one heading."""

    name: str
    sites: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """How many sites there are, by kind of column and by protection.

    *kinds* and *protections* hold every word of theirs, so each of them sums to *total*.
    """

    name: str
    total: int
    kinds: dict[Kind, int]
    protections: dict[Protection, int]

    @property
    def protected(self) -> int:
        """How many a transaction protects."""
        return self.protections[Protection.PROTECTED]

    @property
    def running(self) -> int:
        """How many there are without those where nothing runs: what the percentage is of."""
        return self.total - self.protections[Protection.NOTHING_RUNS]

    @property
    def percent(self) -> int | None:
        """How many in a hundred are protected; None of none. Never 100 while one is not."""
        if not self.running:
            return None
        return 100 * self.protected // self.running

    @property
    def share(self) -> str:
        """The protected share as people read it: ``58 % (10 of 17)``."""
        told = f"{self.protected} of {self.running}"
        return f"{self.percent} % ({told})" if self.running else "-"

    @property
    def word(self) -> str:
        """The protection of all of them in one word."""
        if not self.running:
            return "nothing runs"
        if self.protected == self.running:
            return "full"
        names = [it for it, count in self.protections.items() if count and it in _OPEN]
        if self.protected or len(names) > 1:
            return "in part"
        return "none" if names == [Protection.UNPROTECTED] else names[0].value


_OPEN = (Protection.UNPROTECTED, Protection.CALLER, Protection.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a report. *production* are the sites that count; the rest stands apart."""

    all_sites: tuple[Judged, ...]
    production: tuple[Judged, ...]
    tests: tuple[Judged, ...]
    migrations: tuple[Judged, ...]
    defaults: tuple[Judged, ...]

    @property
    def total(self) -> Row:
        """The last line of the table of modules."""
        return row("TOTALS", self.production)

    @property
    def fields(self) -> list[Group]:
        """The sites by field: states first, then stamps, then what else there is, each by name."""
        groups = _grouped(self.production, lambda it: it.subject)
        return sorted(groups, key=lambda group: (_RANK[group.sites[0].kind], group.name))

    @property
    def modules(self) -> list[Row]:
        """A line for each module."""
        return [row(group.name, group.sites) for group in self.by_module]

    @property
    def by_module(self) -> list[Group]:
        """The sites by module."""
        return _grouped(self.production, lambda it: it.module)

    @property
    def protections(self) -> list[Group]:
        """The sites by protection, every word once, also where there are none."""
        return [
            Group(word.value, tuple(it for it in self.production if it.protection is word))
            for word in Protection
        ]

    @property
    def verdicts(self) -> dict[Verdict, int]:
        """How many sites have which verdict, every word of theirs."""
        found = Counter(it.judgement.verdict for it in self.production)
        return {word: found[word] for word in Verdict}

    @property
    def inside(self) -> list[Judged]:
        """The sites that stand in a service, of machines of which some stand elsewhere."""
        names = {it.site.machine for it in self.production if it.is_elsewhere}
        return [it for it in self.production if it.site.machine in names and not it.is_elsewhere]

    def unmade(self, machine: "Machine") -> list[str]:
        """Return the events of *machine* that none of its sites makes; none where it has none."""
        sites = [it for it in self.production if it.site.machine == machine.name]
        if not sites:
            return []
        made = {event for it in sites for event in it.judgement.event.split(", ")}
        events = dict.fromkeys(it.event for it in machine.transitions if it.event)
        return [it for it in events if it not in made]

    def found(self, code: Code) -> list[tuple[Judged, str]]:
        """Return the sites where *code* was found, and what is said of it there."""
        return [
            (it, one.message) for it in self.production for one in it.remarks if one.code is code
        ]

    @property
    def findings(self) -> Counter[Code]:
        """How often each thing was found."""
        return Counter(one.code for it in self.production for one in it.remarks)

    @property
    def accepted(self) -> list[Judged]:
        """The production sites that a comment accepts."""
        return [it for it in self.production if it.accepted is not None]


_RANK = {Kind.STATE: 0, Kind.STAMP: 1, Kind.OTHER: 2}


def figures(sites: Iterable[Judged]) -> Figures:
    """Return the figures of *sites*; each of them is in exactly one part."""
    every = tuple(sites)
    return Figures(
        every,
        tuple(it for it in every if it.is_counted),
        tuple(it for it in every if it.role is Role.TEST),
        tuple(it for it in every if it.role is Role.MIGRATION),
        tuple(
            it for it in every if it.role is Role.PRODUCTION and it.site.label is not Label.WRITE
        ),
    )


def row(name: str, sites: Sequence[Judged]) -> Row:
    """Return the line that counts *sites*."""
    kinds = Counter(it.kind for it in sites)
    protections = Counter(it.protection for it in sites)
    return Row(
        name,
        len(sites),
        {it: kinds[it] for it in Kind},
        {it: protections[it] for it in Protection},
    )


def _grouped(sites: Iterable[Judged], name: Callable[[Judged], str]) -> list[Group]:
    found: dict[str, list[Judged]] = {}
    for it in sites:
        found.setdefault(name(it), []).append(it)
    return [Group(title, tuple(some)) for title, some in found.items()]
