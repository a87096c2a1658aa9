"""The files below the paths of a scan: which they are, and their bytes. The shell of `scan`."""

import codecs
import io
import os
import stat
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pginterlock.scan.site import Unread

PYTHON_SUFFIXES = frozenset([".py"])
SQL_SUFFIXES = frozenset([".sql", ".psql", ".pgsql", ".ddl"])
# Of which kind of database a file is: `move.sql.postgres`.
_DIALECTS = frozenset([".postgres", ".postgresql", ".pg", ".sqlite", ".sqlite3"])
# A file above it is made by a machine; what it takes to read it is not worth what it may say.
LARGEST = 8_000_000
_SKIPPED = frozenset(["__pycache__", "node_modules", "venv", "site-packages", "build", "dist"])
_SUFFIXES = PYTHON_SUFFIXES | SQL_SUFFIXES
_COOKIE = b"coding"
_HEAD = 2_000  # bytes in which the first two lines end, as far as an encoding is looked for
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_FOLDER = "/"
_HERE = "./"


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
        for file in (
            _files(str(path).rstrip(_FOLDER) + _FOLDER, seen, found.unread)
            if path.is_dir()
            else [str(path)]
        ):
            _read(file, found)
    return found


def _files(folder: str, seen: set[tuple[int, int]], unread: list[Unread]) -> Iterator[str]:
    """Yield the files below a folder, as sorted names lead to them."""
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        if not path.endswith(_FOLDER):
            yield path.removeprefix(_HERE)
            continue
        try:
            status = os.stat(path)  # noqa: PTH116 - of very many folders
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(path) as entries:
                held = sorted(_wanted(entries), key=_bare, reverse=True)
        except OSError as error:
            shown = path.removeprefix(_HERE).rstrip(_FOLDER) or path[0]
            unread.append(Unread(shown, 1, f"cannot be read: {error.strerror}"))
            continue
        waiting += (path + name for name in held)


def _wanted(entries: Iterable["os.DirEntry[str]"]) -> Iterator[str]:
    """Yield the names of files of Python and SQL, and of folders, these with `_FOLDER`."""
    for entry in entries:
        name = entry.name
        if name.startswith("."):
            continue
        if _suffix(name) in _SUFFIXES:
            yield name + _FOLDER if _is_folder(entry) else name
        elif name not in _SKIPPED and _is_folder(entry):
            yield name + _FOLDER


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself: the reading of it tells so
        return _suffix(entry.name) not in _SUFFIXES


def _bare(name: str) -> str:
    return name.removesuffix(_FOLDER)


class _NotRead(Exception):
    """Why a file is not read, though it is there: in words, and at which line."""

    def __init__(self, told: str, line: int = 1) -> None:
        super().__init__(told)
        self.line = line


def _too_large(size: int) -> _NotRead:
    return _NotRead(f"not read: {size / 1e6:.0f} MB, and no more than {LARGEST / 1e6:.0f} are")


def _bytes(file: str) -> bytes:
    """Return what a file holds, in as few calls as can be: there may be very many files.

    Raises OSError where it cannot be read, _NotRead where it is too large, or a pipe or device.
    """
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise _NotRead("not read: no file, but a pipe or a device")
        size = status.st_size
        if size > LARGEST:
            raise _too_large(size)
        raw = os.read(handle, size + 1)
        while len(raw) <= LARGEST and (more := os.read(handle, LARGEST)):
            raw += more
    finally:
        os.close(handle)
    if len(raw) > LARGEST:
        raise _too_large(len(raw))
    return raw


def _text(raw: bytes, *, is_sql: bool) -> bytes:
    """Return *raw* with line feeds alone at the ends of lines, and SQL in UTF-8.

    Raises _NotRead for what no encoding of Python's allows.
    """
    if raw.startswith(_UTF_16):
        if not is_sql:
            raise _NotRead("not read: UTF-16, which Python does not read either")
        try:
            raw = raw.decode("utf-16").encode()
        except UnicodeError:
            raise _NotRead("not UTF-16 text, though it begins so") from None
    if (at := raw.find(b"\0")) >= 0:
        raise _NotRead("not text: null bytes", raw.count(b"\n", 0, at) + 1)
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return raw


def text(file: str) -> str:
    """Return the text of a file as it is scanned, in its encoding; empty where it cannot be read.

    What is no letter there stands as a mark.
    """
    try:
        raw = _text(_bytes(file), is_sql=_suffix(file) in SQL_SUFFIXES)
        decoded = None if _suffix(file) in SQL_SUFFIXES else _decoded(raw)
    except (OSError, _NotRead):
        return ""
    return raw.decode("utf-8-sig", "replace") if decoded is None else decoded


def _decoded(raw: bytes) -> str | None:
    """Return the text of Python that says its encoding, or has a mark; None of UTF-8.

    Raises _NotRead where it is not what it says.
    """
    first, _, more = raw[:_HEAD].partition(b"\n")
    if not raw.startswith(codecs.BOM_UTF8) and _COOKIE not in first + more.partition(b"\n")[0]:
        return None
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        return raw.decode(encoding)
    except (SyntaxError, LookupError, UnicodeDecodeError) as error:
        raise _NotRead(f"cannot be decoded: {error}") from None


def _suffix(file: str) -> str:
    bare, suffix = os.path.splitext(file)  # noqa: PTH122 - of very many files
    suffix = suffix.lower()
    if suffix in _DIALECTS and bare.lower().endswith(".sql"):
        return ".sql"
    return suffix


def _read(file: str, found: Texts) -> None:
    if file in found.python or file in found.sql:
        return
    is_sql = _suffix(file) in SQL_SUFFIXES
    try:
        raw = _text(_bytes(file), is_sql=is_sql)
        decoded = None if is_sql else _decoded(raw)
    except OSError as error:
        found.unread.append(Unread(file, 1, f"cannot be read: {error.strerror}"))
        return
    except _NotRead as error:
        found.unread.append(Unread(file, error.line, str(error)))
        return
    (found.sql if is_sql else found.python)[file] = raw
    if decoded is not None:
        found.decoded[file] = decoded
