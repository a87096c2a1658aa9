"""The files below the paths of a scan: which they are, and their bytes. The shell of `scan`."""

import codecs
import io
import os
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pginterlock.scan.site import Unread
from pginterlock.scan.sql_files import SUFFIXES as SQL_SUFFIXES

PYTHON_SUFFIXES = frozenset([".py"])
# A file above it is made by a machine; what it takes to read it is not worth what it may say.
LARGEST = 8_000_000
_SKIPPED = frozenset(["__pycache__", "node_modules", "venv", "site-packages", "build", "dist"])
_COOKIE = b"coding"


@dataclass(slots=True)
class Texts:
    """What was read: *python* and *sql* by path, *decoded* those that are no UTF-8."""

    python: dict[str, bytes] = field(default_factory=dict)
    sql: dict[str, bytes] = field(default_factory=dict)
    decoded: dict[str, str] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """How many lines all of them have."""
        every = (*self.python.values(), *self.sql.values())
        return sum(it.count(b"\n") + (not it.endswith(b"\n") and bool(it)) for it in every)


def read(paths: Sequence[Path]) -> Texts:
    """Return the files of Python and SQL at and below *paths*, each once.

    Folders that are hidden, or of installed packages, are passed over; links are followed, each
    folder once. What cannot be read, or is larger than `LARGEST` bytes, is told of.
    """
    found = Texts()
    seen: set[tuple[int, int]] = set()
    for path in paths:
        for file in _files(path, seen, found.unread) if path.is_dir() else [str(path)]:
            _read(file, found)
    return found


def _files(folder: Path, seen: set[tuple[int, int]], unread: list[Unread]) -> Iterator[str]:
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in seen:
            return
        seen.add((status.st_dev, status.st_ino))
        entries = sorted(os.scandir(folder), key=lambda it: it.name)
    except OSError as error:
        unread.append(Unread(str(folder), 1, f"cannot be read: {error.strerror}"))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122 - of very many files
        if suffix in PYTHON_SUFFIXES or suffix in SQL_SUFFIXES:
            if not entry.is_dir():
                yield entry.path
        elif entry.name not in _SKIPPED and entry.is_dir():
            yield from _files(Path(entry.path), seen, unread)


def _read(file: str, found: Texts) -> None:
    path = Path(file)
    if file in found.python or file in found.sql:
        return
    try:
        size = path.stat().st_size
        if size > LARGEST:
            told = f"not read: {size / 1e6:.0f} MB, and no more than {LARGEST / 1e6:.0f} are"
            found.unread.append(Unread(file, 1, told))
            return
        raw = path.read_bytes()
    except OSError as error:
        found.unread.append(Unread(file, 1, f"cannot be read: {error.strerror}"))
        return
    if path.suffix.lower() in SQL_SUFFIXES:
        found.sql[file] = raw
        return
    if raw.startswith(codecs.BOM_UTF8) or _COOKIE in raw[:200]:
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
            found.decoded[file] = raw.decode(encoding)
        except (SyntaxError, LookupError, UnicodeDecodeError) as error:
            found.unread.append(Unread(file, 1, f"cannot be decoded: {error}"))
            return
    found.python[file] = raw
