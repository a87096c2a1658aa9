"""What was asked of the files of a scan, and what they say otherwise than before. Pure.

A step of a scan gives the same again where nothing is said otherwise of what it asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pginterlock.scan.facts import Facts
from pginterlock.scan.module_texts import names_handed_in

EVERY = "*"  # among the names of classes: all of them
_PACKAGE = "__init__"


@dataclass(slots=True)
class Asked:
    """Files that were looked into, and names: of what they are tells the field."""

    files: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    relations: set[str] = field(default_factory=set)  # from their other side
    words: set[str] = field(default_factory=set)  # which files hold them
    unhanded: set[str] = field(default_factory=set)  # that no file hands over
    classes: set[str] = field(default_factory=set)
    lowers: set[str] = field(default_factory=set)  # of classes, in small letters
    heirs: set[str] = field(default_factory=set)  # of bases
    modules: set[str] = field(default_factory=set)  # the last part

    def meets(self, other: "Asked") -> bool:
        """Say whether anything is in both."""
        return any(not a.isdisjoint(b) for a, b in zip(self.sets, other.sets, strict=True))

    def add(self, other: "Asked") -> None:
        """Add all that is in another one."""
        for mine, theirs in zip(self.sets, other.sets, strict=True):
            mine.update(theirs)

    @property
    def sets(self) -> tuple[set[str], ...]:
        """All of it, in the order of the fields."""
        return (
            self.files, self.called, self.relations, self.words, self.unhanded, self.classes,
            self.lowers, self.heirs, self.modules,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """A file with other text than before: *before* is None for a new one, *now* for one less.

    *raw* is its text, empty where it has none any more.
    """

    path: str
    raw: bytes
    before: Facts | None
    now: Facts | None

    def otherwise(self, words: Mapping[str, Iterable[str]]) -> Asked:
        """Return what is said otherwise now; *words* are in the files that they were in before."""
        one, other = self.before or _NOTHING, self.now or _NOTHING
        path, raw = self.path, self.raw
        found = Asked({path})
        found.called = set(one.called) ^ set(other.called)
        found.relations = set(one.leading_back) ^ set(other.leading_back)
        found.words = {it for it, them in words.items() if (it.encode() in raw) != (path in them)}
        found.unhanded = names_handed_in(raw)
        if one.classes != other.classes:
            found.classes = _differing(_by_name(one), _by_name(other)) | {EVERY}
            found.lowers = {it.lower() for it in found.classes}
            found.heirs = _differing(_by_base(one), _by_base(other))
        if self.before is None or self.now is None:
            found.modules = {PurePosixPath(path).stem}
        return found

    @property
    def is_of_package(self) -> bool:
        """Whether the file makes a folder a package, or no longer: others have new names then."""
        is_less_or_more = self.before is None or self.now is None
        return is_less_or_more and PurePosixPath(self.path).stem == _PACKAGE


_NOTHING = Facts((), (), ())
_Told = Mapping[str, list[tuple[str, ...]]]


def _by_name(it: Facts) -> _Told:
    found: dict[str, list[tuple[str, ...]]] = {}
    for name, bases in it.classes:
        found.setdefault(name, []).append(bases)
    return found


def _by_base(it: Facts) -> _Told:
    found: dict[str, list[tuple[str, ...]]] = {}
    for name, bases in it.classes:
        for base in bases:
            found.setdefault(base, []).append((name,))
    return found


def _differing(one: _Told, other: _Told) -> set[str]:
    return {it for it in one.keys() | other.keys() if one.get(it) != other.get(it)}
