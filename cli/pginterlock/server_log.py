"""Refusals in the log of a server: csvlog and jsonlog, as PostgreSQL writes them.

Pure but for the stream that is read: lines in, refusals out, nothing is kept in memory.
"""

import csv
import hashlib
import itertools
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pginterlock.errors import UsageError

_SQLSTATES = ("23514", "23505", "23P01")
# The columns of csvlog that are read, by their place; later versions add to the end.
_CSV = {
    "timestamp": 0, "user": 1, "session_id": 5, "line_num": 6, "state_code": 12, "message": 13,
    "detail": 14, "hint": 15, "statement": 19, "application_name": 22,
}  # fmt: skip
_CSV_FIELDS = 23
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_REMEDY = "Accepted are csvlog and jsonlog (log_destination), plain or gzipped."


@dataclass(frozen=True, slots=True)
class LoggedRefusal:
    """One refusal, as the log tells of it; *at* is the server's text, with its zone."""

    at: str
    role: str
    application: str
    message: str
    detail: Mapping[str, object]
    statement: str
    identity: str


@dataclass(slots=True)
class Lines:
    """What could not be read: how many lines, and the number of the first (0: none)."""

    broken: int = 0
    first: int = 0
    read: int = 0

    def miss(self, number: int) -> None:
        """Count a line that could not be read."""
        self.broken += 1
        self.first = self.first or number


def refusals(lines: Iterable[str], name: str, missed: Lines) -> Iterator[LoggedRefusal]:
    """Yield the refusals in the *lines* of the log *name*; count in *missed* what is unreadable.

    Raises UsageError where it is a log of another format.
    """
    source = iter(lines)
    first = next((line for line in source if line.strip()), "")
    if not first:
        return
    rest = itertools.chain([first], source)
    if first.lstrip().startswith("{"):
        records = _json_records(rest, missed)
    elif _is_csv(first):
        records = _csv_records(rest, missed)
    else:
        raise UsageError(
            f"{name}:1: neither csvlog nor jsonlog: {first.strip()[:60]!r}", remedy=_REMEDY
        )
    for record in records:
        missed.read += 1
        if found := _refusal(record):
            yield found
    if missed.broken and not missed.read:
        raise UsageError(f"{name}:{missed.first}: no line of it can be read", remedy=_REMEDY)


def _is_csv(first: str) -> bool:
    return bool(_TIME.match(first.lstrip('"'))) and first.count(",") >= 10  # noqa: PLR2004


def _json_records(lines: Iterable[str], missed: Lines) -> Iterator[Mapping[str, str]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        # Most lines are none of ours, and reading JSON is dear.
        if not any(state in line for state in _SQLSTATES) and line.rstrip().endswith("}"):
            missed.read += 1
            continue
        try:
            record = json.loads(line)
        except ValueError:
            missed.miss(number)
            continue
        if isinstance(record, dict):
            yield {str(key): str(value) for key, value in record.items() if value is not None}
        else:
            missed.miss(number)


def _csv_records(lines: Iterable[str], missed: Lines) -> Iterator[Mapping[str, str]]:
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(line.replace("\0", "") for line in lines)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            missed.miss(reader.line_num)
            continue
        if len(row) < _CSV_FIELDS or not _TIME.match(row[0]):
            if row:
                missed.miss(reader.line_num)
            continue
        yield {name: row[place] for name, place in _CSV.items()}


def _refusal(record: Mapping[str, str]) -> LoggedRefusal | None:
    if record.get("state_code") not in _SQLSTATES or not record.get("detail", "").startswith("{"):
        return None
    try:
        detail = json.loads(record["detail"])
    except ValueError:
        return None
    if not (isinstance(detail, dict) and "machine" in detail and "code" in detail):
        return None
    parts = [record.get(name, "") for name in ("timestamp", "session_id", "line_num", "detail")]
    return LoggedRefusal(
        at=record.get("timestamp", ""),
        role=record.get("user", ""),
        application=record.get("application_name", ""),
        message=record.get("message", ""),
        detail=detail,
        statement=record.get("statement", ""),
        identity=hashlib.sha256("\n".join(parts).encode()).hexdigest(),
    )
