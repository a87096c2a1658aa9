"""What is known of the files of a scan from the last one of the same folders. The shell of `scan`.

A result stays as it was where no file has changed; else the steps that made it do which the change
says nothing of. What is told of a file before it is parsed is kept by the digest of its text.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pginterlock.scan import cache
from pginterlock.scan.asked import Asked, Change
from pginterlock.scan.embedded_sql import may_embed
from pginterlock.scan.facts import Facts, facts_of, speaks_of
from pginterlock.scan.files import Texts
from pginterlock.scan.kept_steps import Names, as_data, asked_of, step_of
from pginterlock.scan.module_texts import hit_lines, patterns
from pginterlock.scan.site import Scanned, Target
from pginterlock.scan.steps import Done

WANTED = "wanted"  # the step that finds what is looked for: all others depend on it
# What is raised for a file that was kept, and is not what it should be.
_STRANGE = (KeyError, TypeError, ValueError, AttributeError, IndexError)


@dataclass(frozen=True, slots=True)
class Kept:
    """What still holds of the last scan.

    *steps* are those that would give the same again, *hits* tells which files may write, of those
    that have not changed, and *words* in which files what was asked for is.
    """

    steps: Mapping[str, Done] = field(default_factory=dict)
    hits: Mapping[str, bool] = field(default_factory=dict)
    words: Mapping[str, list[str]] = field(default_factory=dict)


class Memory:
    """What is kept in a folder; nothing without one."""

    def __init__(
        self, folder: Path | None, roots: Sequence[Path], texts: Texts, targets: Sequence[Target]
    ) -> None:
        self._folder, self._texts, self.targets = folder, texts, targets
        self._facts: dict[str, Facts] = {}
        self._digests: dict[str, str] = {}
        self._last: _Last | None = None
        if folder is None:
            return
        self._digests = {it: _digest(raw) for it, raw in (texts.python | texts.sql).items()}
        code, places = cache.code(), [str(Path.cwd()), *(str(it) for it in roots)]
        asked = [asdict(it) for it in targets]
        unread = [asdict(it) for it in texts.unread]
        self._key = _digest(json.dumps([code, asked, places, self._digests, unread]).encode())
        self._named = _digest(json.dumps([code, asked, places]).encode()) + ".last"
        self._known = _digest(json.dumps([code, places]).encode()) + ".facts"

    def digest(self, path: str) -> str:
        """Return what tells the text of a file from another; nothing where nothing is kept."""
        return self._digests.get(path, "")

    def facts(self, path: str) -> Facts:
        """Return what the text of a file tells."""
        digest = self._digests.get(path, path)
        if digest not in self._facts:
            self._facts[digest] = facts_of(self._texts.python[path])
        return self._facts[digest]

    def result(self) -> Scanned | None:
        """Return the result that is known; None where there is none, or it may have changed."""
        if self._folder is None:
            return None
        if known := cache.load(self._folder, self._key):
            return known
        self._facts = _read_facts(cache.load_checked(self._folder, self._known))
        with contextlib.suppress(*_STRANGE):
            data = cache.load_checked(self._folder, self._named)
            if data is not None:
                self._last = _Last(data, self._texts, self._digests, self._facts, self.facts)
        if self._last is not None and self._last.holds_whole:
            return self._as_now(self._folder, self._last)
        return None

    def kept(self, ground: str) -> Kept:
        """Return what still holds of the last scan, where that looked for the same: *ground*."""
        with contextlib.suppress(*_STRANGE):
            return self._last.kept(ground) if self._last is not None else Kept()
        return Kept()

    def store(
        self,
        found: Scanned,
        steps: Mapping[str, Done],
        words: Mapping[str, Sequence[str]],
        hits: Callable[[], Sequence[str]],
        looked: tuple[Sequence[str], Sequence[str]],
    ) -> None:
        """Keep a result, the steps that made it, and what is known of the files.

        *looked* are the names and the tables that were looked for, *hits* the files that hold some.
        """
        if self._folder is None:
            return
        cache.store(self._folder, self._key, found)
        names = Names([*self._digests])
        last = {
            "key": self._key,
            "digests": [*self._digests.values()],
            "unread": len(self._texts.unread),
            "names": list(looked[0]),
            "tables": list(looked[1]),
            "hits": names.numbers(set(hits())),
            "words": {word: names.numbers(set(them)) for word, them in words.items()},
            "steps": as_data(steps, names),
        }
        last["all"], last["python"] = names.known, len(self._texts.python)
        cache.store_checked(self._folder, self._named, last)
        self._store_facts(self._folder)

    def _store_facts(self, folder: Path) -> None:
        current = {it: self._facts[it] for it in self._digests.values() if it in self._facts}
        told = {it: [one.classes, one.called, one.leading_back] for it, one in current.items()}
        cache.store_checked(folder, self._known, told)

    def _as_now(self, folder: Path, last: "_Last") -> Scanned | None:
        known = cache.load(folder, last.data["key"])
        if known is None:
            return None
        told = [*self._texts.unread, *known.unread[last.data["unread"] :]]
        found = replace(known, lines=self._texts.lines, unread=told)
        cache.store(folder, self._key, found)
        now = {**last.data, "key": self._key, "unread": len(self._texts.unread)}
        now["digests"] = [self._digests[it] for it in last.paths]
        cache.store_checked(folder, self._named, now)
        for path in self._texts.python:
            self.facts(path)
        self._store_facts(folder)
        return found


class _Last:
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
        looked = patterns(self.data["names"])
        return not any(self._may_write(it, looked) for it in self._changed)

    def _may_write(self, path: str, looked: Mapping[bytes, Any]) -> bool:
        raw = self._texts.python[path]
        if hit_lines(raw, looked):
            return True
        if not speaks_of(raw.lower(), self.data["names"], self.data["tables"]):
            return False
        return bool(may_embed(self._texts.decoded.get(path) or raw.decode("utf-8-sig", "replace")))

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


def _digest(raw: bytes) -> str:
    import hashlib  # noqa: PLC0415 - of many a scan nothing is kept

    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def _read_facts(kept: Any) -> dict[str, Facts]:
    """Return the facts of a file that was kept; none where it has another shape."""
    try:
        return {
            digest: Facts(
                tuple((name, tuple(bases)) for name, bases in classes), tuple(called), tuple(back)
            )
            for digest, (classes, called, back) in (kept or {}).items()
        }
    except (AttributeError, TypeError, ValueError):
        return {}
