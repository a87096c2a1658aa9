"""Read the refusals out of a server's log: csvlog or jsonlog, also gzipped, as long as it may be.

A refusal takes its statement back; in the log it stays, with message, DETAIL and statement.
"""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from pginterlock.errors import UsageError
from pginterlock.server_log import csvlog, jsonlog
from pginterlock.server_log.lines import BrokenLine, Line, LogRefusal, refusal_of

__all__ = ["LogRefusal", "refusals"]

ACCEPTED = (
    "A csvlog or jsonlog of PostgreSQL is read (log_destination = 'csvlog' or 'jsonlog'), plain or"
    " gzipped."
)
_GZIP = b"\x1f\x8b"
_HEAD = 65_536


def refusals(path: Path) -> Iterator[LogRefusal]:
    """Yield the refusals that the log *path* tells of, in its order.

    Raises UsageError where it is no log that we read, or broken; the line is named.
    """
    with _opened(path) as text:
        try:
            for line in _lines(path, text):
                if (found := refusal_of(line)) is not None:
                    yield found
        except BrokenLine as error:
            raise UsageError(f"{path}, line {error.number}: {error}", remedy=ACCEPTED) from None


def _lines(path: Path, text: TextIO) -> Iterator[Line]:
    head = text.read(_HEAD)
    text.seek(0)
    if not head.strip():
        return iter(())
    if jsonlog.is_one(head):
        return jsonlog.read(text)
    if csvlog.is_one(head):
        return csvlog.read(text)
    raise UsageError(f"{path}, line 1: this is neither a csvlog nor a jsonlog", remedy=ACCEPTED)


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with path.open("rb") as raw:
            is_zipped = raw.read(2) == _GZIP
        opener = gzip.open if is_zipped else open
        with opener(path, "rt", encoding="utf-8", errors="replace", newline="") as text:
            yield cast("TextIO", text)
    except (OSError, EOFError, zlib.error) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"{path} cannot be read: {said}", remedy=ACCEPTED) from None
