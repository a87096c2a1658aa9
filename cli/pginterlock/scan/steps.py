"""The steps of a scan: each knows nothing of those before it, so that it may be left out.

What a step gives depends on what it asked of the files, and on what it is given; where both are as
they were, it is kept from the last scan. Pure.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from zlib import crc32

from pginterlock.scan.asked import Asked
from pginterlock.scan.called_sites import once_called
from pginterlock.scan.drafts import Draft
from pginterlock.scan.project import Project
from pginterlock.scan.site import Label, Scanned, Site, Unread

_FILES, _MOST = 64, 128  # in one step, more or less, and at the most: their trees are all held
_PLACE = ("lineno", "col_offset", "end_lineno", "end_col_offset")


@dataclass(slots=True)
class Done:
    """What a step asked for and was *given*, and what it gave.

    *drafts* tells of those that it found, by their files; *called* are the places of calls of
    helpers that write any table.
    """

    given: str
    asked: Asked = field(default_factory=Asked)
    sites: list[Site] = field(default_factory=list)
    defaults: list[Site] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    broken: dict[str, tuple[int, str]] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    called: set[tuple[str, int, int]] = field(default_factory=set)

    def add(self, site: Site) -> None:
        """Add a site: to those that write, or what a row has when nobody does."""
        (self.defaults if site.label is Label.DEFAULT else self.sites).append(site)


Work = Callable[[Done], None]


def shares(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield *paths* in shares; they begin at the same files where there are others besides."""
    starts = [at for at, it in enumerate(paths) if at and crc32(os.fsencode(it)) % _FILES == 0]
    for start, end in pairwise([0, *starts, len(paths)]):
        for at in range(start, end, _MOST):
            yield paths[at : min(at + _MOST, end)]


def digest(told: object) -> str:
    """Return what tells one thing from another by how it is written."""
    return blake2b(repr(told).encode(errors="surrogatepass"), digest_size=16).hexdigest()


class Steps:
    """The steps of one scan: *kept* are those of the last one that still hold, by their names."""

    def __init__(self, project: Project, forget: Callable[[], None]) -> None:
        self.project, self.forget = project, forget
        self.kept: Mapping[str, Done] = {}
        self.done: dict[str, Done] = {}

    def has(self, name: str, given: str) -> bool:
        """Say whether a step is kept."""
        known = self.kept.get(name)
        return known is not None and known.given == given

    def take(self, name: str, given: str, work: Work) -> Done:
        """Return what a step gives: as it is kept, or else made by *work*."""
        known = self.kept[name] if self.has(name, given) else self.make(given, work)
        self.done[name] = known
        return known

    def make(self, given: str, work: Work) -> Done:
        """Return what *work* makes of a step."""
        self.forget()
        made = Done(given)
        self.project.begin(made.asked, made.broken)
        work(made)
        return made

    def found(self, found: Scanned) -> None:
        """Add what all steps gave, in their order; sites in that of their places."""
        broken: dict[str, tuple[int, str]] = {}
        called: set[tuple[str, int, int]] = set()
        for it in self.done.values():
            found.sites += it.sites
            found.defaults += it.defaults
            found.unread += it.unread
            broken |= it.broken
            called |= it.called
        found.sites = once_called(found.sites, called)
        found.sites.sort(key=lambda it: (it.file, it.line, it.column, it.field))
        found.defaults.sort(key=lambda it: it.file)
        found.unread += [Unread(path, *told) for path, told in sorted(broken.items())]


def told_of(drafts: Sequence[Draft], wanted: Sequence[object]) -> dict[str, str]:
    """Return what tells *drafts* from others, by their files."""
    by_file: dict[str, list[object]] = {}
    nodes: dict[tuple[str, int], int] = {}
    for it in drafts:
        number = next(at for at, one in enumerate(wanted) if one is it.wanted)
        mine = by_file.setdefault(it.module.path, [])
        mine.append(
            (
                number, it.field, it.construct,
                nodes.setdefault((it.module.path, id(it.node)), len(mine)),
                _place(it.node), _place(it.stmt), it.values, it.sources, it.is_new, it.confidence,
                it.reason, it.label, it.row, _place(it.call),
                it.inside and (it.inside[0].path, _place(it.inside[1])),
            )
        )  # fmt: skip
    return {path: digest(them) for path, them in by_file.items()}


def _place(node: object) -> tuple[object, ...]:
    return type(node).__name__, *(getattr(node, it, 0) for it in _PLACE)
