"""What a scan found, kept for the next one of the same texts. The shell of `scan`."""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pginterlock.scan.site import (
    Beside,
    Callers,
    Confidence,
    Label,
    Scanned,
    Site,
    Transaction,
    Unread,
)

_KEPT = 64  # files of a kind in a folder; the oldest go


def code() -> str:
    """Return what tells this scanner from another: its version and its own text."""
    import hashlib  # noqa: PLC0415 - of many a scan nothing is kept
    from importlib.metadata import version  # noqa: PLC0415 - it imports much

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
    _write(folder, f"{name}.json", json.dumps(asdict(found)))


def load_checked(folder: Path, name: str) -> Any:
    """Return what `store_checked` kept; None where nothing was, or it is not whole."""
    try:
        told, _, text = (folder / name).read_text(encoding="utf-8").partition("\n")
        return json.loads(text) if told == _checksum(text) else None
    except (OSError, ValueError):
        return None


def store_checked(folder: Path, name: str, data: object) -> None:
    """Keep *data*, with a sum that tells whether it is whole, as `store` does."""
    text = json.dumps(data, separators=(",", ":"))
    _write(folder, name, f"{_checksum(text)}\n{text}")


def _checksum(text: str) -> str:
    import hashlib  # noqa: PLC0415

    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _write(folder: Path, name: str, text: str) -> None:
    import tempfile  # noqa: PLC0415

    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=folder, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(made).replace(folder / name)
        every = sorted(folder.glob(f"*{Path(name).suffix}"), key=lambda it: it.stat().st_mtime)
        for it in every[:-_KEPT]:
            it.unlink(missing_ok=True)


def _scanned(it: Mapping[str, Any]) -> Scanned:
    return Scanned(
        [site(one) for one in it["sites"]],
        [Unread(**one) for one in it["unread"]],
        it["files"],
        it["lines"],
        list(it["missing"]),
        [site(one) for one in it["defaults"]],
        list(it["models"]),
    )


def site(it: Mapping[str, Any]) -> Site:
    """Return the site that is kept so. Raises KeyError or ValueError where it is none."""
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
