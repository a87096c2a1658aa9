"""What is known of the files of a scan from the last one of the same folders. The shell of `scan`.

A result stays as it was where no file has changed; else the steps that made it do which the change
says nothing of. What is told of a file before it is parsed is kept by the digest of its text.
"""

import contextlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pginterlock.scan import cache
from pginterlock.scan.facts import Facts, facts_of
from pginterlock.scan.files import Texts
from pginterlock.scan.kept_steps import Names, as_data
from pginterlock.scan.last_scan import Kept, Last
from pginterlock.scan.site import Scanned, Target
from pginterlock.scan.steps import Done

# What is raised for a file that was kept, and is not what it should be.
_STRANGE = (KeyError, TypeError, ValueError, AttributeError, IndexError)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked for in all files: names of columns, of constants that are one, of tables."""

    names: Collection[str]
    constants: Collection[str]
    tables: Collection[str]


class Memory:
    """What is kept in a folder; nothing without one."""

    def __init__(
        self, folder: Path | None, roots: Sequence[Path], texts: Texts, targets: Sequence[Target]
    ) -> None:
        self._folder, self._texts, self.targets = folder, texts, targets
        self._facts: dict[str, Facts] = {}
        self._digests: dict[str, str] = {}
        self._last: Last | None = None
        if folder is None:
            return
        self._digests = {it: _digest(raw) for it, raw in (texts.python | texts.sql).items()}
        code, places = cache.code(), [str(Path.cwd()), *(str(it) for it in roots)]
        asked = [asdict(it) for it in targets]
        unread = [asdict(it) for it in texts.unread]
        self._key = _digest(json.dumps([code, asked, places, self._digests, unread]).encode())
        self._named = _digest(json.dumps([code, asked, places]).encode()) + ".last"
        self._known = _digest(json.dumps([code, places]).encode()) + ".facts"

    @property
    def keeps(self) -> bool:
        """Whether anything is kept for the next scan."""
        return self._folder is not None

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
                self._last = Last(data, self._texts, self._digests, self._facts, self.facts)
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
        hits: Sequence[str],
        looked: "Looked",
    ) -> None:
        """Keep a result, the steps that made it, and what is known of the files.

        *looked* is what was looked for, *hits* are the files that hold some of it.
        """
        if self._folder is None:
            return
        cache.store(self._folder, self._key, found)
        names = Names([*self._digests])
        last = {
            "key": self._key,
            "digests": [*self._digests.values()],
            "unread": len(self._texts.unread),
            "looked": [sorted(it) for it in (looked.names, looked.constants, looked.tables)],
            "hits": names.numbers(set(hits)),
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

    def _as_now(self, folder: Path, last: "Last") -> Scanned | None:
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
