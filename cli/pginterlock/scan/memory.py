"""What is known of the files of a scan from the last one of the same folders. The shell of `scan`.

A result stays as it was where no file has changed, or only files that it does not depend on.
What is told of a file before it is parsed is kept by the digest of its text.
"""

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pginterlock.scan import cache
from pginterlock.scan.facts import Facts, Trace, facts_of
from pginterlock.scan.files import Texts
from pginterlock.scan.site import Scanned, Target


class Memory:
    """What is kept in a folder; nothing without one."""

    def __init__(
        self, folder: Path | None, roots: Sequence[Path], texts: Texts, targets: Sequence[Target]
    ) -> None:
        self._folder, self._texts = folder, texts
        self._facts: dict[str, Facts] = {}
        self._digests: dict[str, str] = {}
        if folder is None:
            return
        self._digests = {it: _digest(raw) for it, raw in (texts.python | texts.sql).items()}
        code, places = cache.code(), [str(Path.cwd()), *(str(it) for it in roots)]
        asked = [asdict(it) for it in targets]
        unread = [asdict(it) for it in texts.unread]
        self._key = _digest(json.dumps([code, asked, places, self._digests, unread]).encode())
        self._last = _digest(json.dumps([code, asked, places]).encode()) + ".last"
        self._known = _digest(json.dumps([code, places]).encode()) + ".facts"
        self._facts = _read_facts(cache.load_checked(folder, self._known))

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
        return cache.load(self._folder, self._key) or self._unchanged(self._folder)

    def store(self, found: Scanned, trace: Trace) -> None:
        """Keep a result, what it depends on, and what is known of the files."""
        if self._folder is None:
            return
        cache.store(self._folder, self._key, found)
        last = {
            "key": self._key,
            "digests": self._digests,
            "unread": len(self._texts.unread),
            "used": sorted(trace.used),
            "calls": sorted(trace.calls),
            "relations": sorted(trace.relations),
            "words": {word: sorted(them) for word, them in trace.words.items()},
            "names": trace.names,
            "tables": trace.tables,
            "unhanded": sorted(trace.unhanded),
        }
        cache.store_checked(self._folder, self._last, last)
        current = {it: self._facts[it] for it in self._digests.values() if it in self._facts}
        told = {it: [one.classes, one.called, one.leading_back] for it, one in current.items()}
        cache.store_checked(self._folder, self._known, told)

    def _unchanged(self, folder: Path) -> Scanned | None:
        """Return the last result where what has changed since does not matter to it."""
        with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
            last = cache.load_checked(folder, self._last)
            if last is None or last["digests"].keys() != self._digests.keys():
                return None
            trace = Trace(
                frozenset(last["used"]),
                frozenset(last["calls"]),
                frozenset(last["relations"]),
                {word: frozenset(them) for word, them in last["words"].items()},
                tuple(last["names"]),
                tuple(last["tables"]),
                frozenset(last["unhanded"]),
            )
            if all(self._leaves(trace, *it) for it in self._changed(last["digests"])):
                return self._as_now(cache.load(folder, last["key"]), last["unread"], trace)
        return None

    def _changed(self, before: Mapping[str, str]) -> list[tuple[str, str]]:
        return [(it, before[it]) for it, digest in self._digests.items() if before[it] != digest]

    def _leaves(self, trace: Trace, path: str, digest: str) -> bool:
        raw, before = self._texts.python.get(path), self._facts.get(digest)
        if raw is None or before is None:
            return False
        return trace.leaves(path, raw, self._texts.decoded.get(path), before, self.facts(path))

    def _as_now(self, known: Scanned | None, unread: int, trace: Trace) -> Scanned | None:
        if known is None:
            return None
        told = [*self._texts.unread, *known.unread[unread:]]
        found = replace(known, lines=self._texts.lines, unread=told)
        for path in self._texts.python:
            self.facts(path)
        self.store(found, trace)
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
