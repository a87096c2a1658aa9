"""What a scan found, kept for the next one of the same texts. The shell of `scan`."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pginterlock.scan.files import Texts
from pginterlock.scan.site import (
    Beside,
    Callers,
    Confidence,
    Label,
    Scanned,
    Site,
    Target,
    Transaction,
    Unread,
)

_KEPT = 64  # results in a folder; the oldest go


def key(texts: Texts, targets: Sequence[Target]) -> str:
    """Return what the result depends on: the version, what is looked for, each path and text."""
    made = hashlib.blake2b(digest_size=20)
    made.update(json.dumps([_code(), [asdict(it) for it in targets]]).encode())
    for kind in (texts.python, texts.sql):
        for path in sorted(kind):
            made.update(
                b"\0".join([path.encode(errors="replace"), b"%d" % len(kind[path]), kind[path]])
            )
    made.update(json.dumps([asdict(it) for it in texts.unread]).encode())
    return made.hexdigest()


def _code() -> str:
    """Return what tells this scanner from another: its version and its own text."""
    made = hashlib.blake2b(digest_size=8)
    for it in sorted(Path(__file__).parent.glob("*.py")):
        made.update(it.read_bytes())
    return version("pginterlock") + made.hexdigest()


def load(folder: Path, name: str) -> Scanned | None:
    """Return what was kept; None where nothing was, or it cannot be read."""
    try:
        return _scanned(json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def store(folder: Path, name: str, found: Scanned) -> None:
    """Keep *found*; where that cannot be done it is not kept, and nobody is told."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=folder, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(found), file)
        Path(made).replace(folder / f"{name}.json")
        every = sorted(folder.glob("*.json"), key=lambda it: it.stat().st_mtime)
        for it in every[:-_KEPT]:
            it.unlink(missing_ok=True)


def _scanned(it: Mapping[str, Any]) -> Scanned:
    return Scanned(
        [_site(one) for one in it["sites"]],
        [Unread(**one) for one in it["unread"]],
        it["files"],
        it["lines"],
        list(it["missing"]),
        [_site(one) for one in it["defaults"]],
        list(it["models"]),
    )


def _site(it: Mapping[str, Any]) -> Site:
    more = {
        "transaction": Transaction(it["transaction"]),
        "callers": Callers(it["callers"]),
        "confidence": Confidence(it["confidence"]),
        "label": Label(it["label"]),
        "values": tuple(it["values"]),
        "sources": tuple(it["sources"]),
        "beside": tuple(
            Beside(one["field"], one["line"], tuple(one["values"])) for one in it["beside"]
        ),
    }
    return Site(**{**it, **more})
