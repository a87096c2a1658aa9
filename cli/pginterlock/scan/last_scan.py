"""The last scan of the same question: what of it would be the same now. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pginterlock.scan.asked import Asked, Change
from pginterlock.scan.facts import Facts
from pginterlock.scan.files import Texts
from pginterlock.scan.hits import Hits
from pginterlock.scan.kept_steps import Names, asked_of, step_of
from pginterlock.scan.steps import Done

WANTED = "wanted"  # the step that finds what is looked for: all others depend on it


@dataclass(frozen=True, slots=True)
class Kept:
    """What still holds of the last scan.

    *steps* are those that would give the same again, *hits* tells which files may write, of those
    that have not changed, and *words* in which files what was asked for is.
    """

    steps: Mapping[str, Done] = field(default_factory=dict)
    hits: Mapping[str, bool] = field(default_factory=dict)
    words: Mapping[str, list[str]] = field(default_factory=dict)


class Last:
    """The last scan of the same question, as far as it is not as it would be now."""

    def __init__(
        self,
        data: Mapping[str, Any],
        texts: Texts,
        digests: Mapping[str, str],
        known: Mapping[str, Facts],
        facts: Callable[[str], Facts],
    ) -> None:
        self.data, self._texts, self._digests = data, texts, digests
        self._names = Names(data["all"])
        self.paths: list[str] = data["all"][: len(data["digests"])]
        self._python = self.paths[: data["python"]]
        self._before = dict(zip(self.paths, data["digests"], strict=True))
        self._places = {it: at for at, it in enumerate(texts.python)}
        self._words = {it: self._names.names(them) for it, them in data["words"].items()}
        self._asked = {it: asked_of(one, self._names) for it, one in data["steps"].items()}
        changes = [*self._changes(known, facts)]
        self._changed = {it.path for it in changes}
        self._is_lost = any(it.is_of_package for it in changes)
        self._otherwise = Asked()
        for it in changes:
            self._otherwise.add(it.otherwise(self._words))
        self._stale = {name for name, it in self._asked.items() if it.meets(self._otherwise)}

    def _changes(
        self, known: Mapping[str, Facts], facts: Callable[[str], Facts]
    ) -> Iterator[Change]:
        """Yield the files of Python that have changed. Raises KeyError where one is not known."""
        now, before = self._texts.python, self._before
        for path in self._python:
            if path not in now:
                yield Change(path, b"", known[before[path]], None)
        for path, raw in now.items():
            if path not in before:
                yield Change(path, raw, None, facts(path))
            elif before[path] != self._digests[path]:
                yield Change(path, raw, known[before[path]], facts(path))

    @property
    def holds_whole(self) -> bool:
        """Whether the result is as it was: only the number of lines may be another one."""
        same = [it for it in self._digests if self._before.get(it) == self._digests[it]]
        is_same_files = self._before.keys() == self._digests.keys()
        is_python_alone = len(same) + len(self._changed) == len(self._digests)
        if not (is_same_files and is_python_alone) or self._stale or self._is_lost:
            return False
        hits = Hits(self._texts, *self.data["looked"])
        return not any(map(hits.has, self._changed))

    def kept(self, ground: str) -> Kept:
        """Return what still holds where *ground* is what is looked for."""
        data = self.data["steps"]
        if self._is_lost or WANTED in self._stale or data[WANTED]["given"] != ground:
            return Kept()
        steps = {
            name: step_of(it, self._asked[name])
            for name, it in data.items()
            if name not in self._stale and not it["unread"]  # too much for it: maybe by chance
        }
        hits = self._names.names(self.data["hits"])
        changed = [it for it in self._texts.python if it in self._changed]
        return Kept(
            steps,
            {it: it in hits for it in self._texts.python if it not in self._changed},
            {word: self._holding(word, them, changed) for word, them in self._words.items()},
        )

    def _holding(self, word: str, before: set[str], changed: Sequence[str]) -> list[str]:
        raw, python = word.encode(), self._texts.python
        now = (before - self._changed) | {it for it in changed if raw in python[it]}
        return sorted(now, key=self._places.__getitem__)
