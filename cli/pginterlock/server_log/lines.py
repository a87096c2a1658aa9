"""One line of a server's log, and the refusal that it may tell of.

Pure: data in, data out.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pginterlock.errors import Refused
from pginterlock.refused import read

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) ([A-Za-z0-9+:/_-]+)\Z")
_OFFSET = re.compile(r"[+-]\d\d(?::?\d\d)?\Z")


class BrokenLine(Exception):
    """A line that is not as PostgreSQL writes it; *number* counts from 1."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(what)
        self.number = number


@dataclass(frozen=True, slots=True)
class Line:
    """What a line says, as far as refusals are concerned; *number* is where it ends."""

    number: int
    time: str
    user: str
    session: str
    session_line: str
    sqlstate: str
    message: str
    detail: str
    hint: str
    statement: str
    application: str


@dataclass(frozen=True, slots=True)
class LogRefusal:
    """A refused write, as the log tells of it.

    *digest* is that of the line: read twice, it is known again.
    """

    refused: Refused
    at: datetime
    user: str
    application: str
    statement: str | None
    digest: str

    @property
    def report(self) -> dict[str, object]:
        """The refusal as interlock.keep_refusal takes it."""
        return {
            "detail": json.dumps(self.refused.detail),
            "message": self.refused.message,
            "source": "log",
            "occurred_at": self.at.isoformat(),
            "statement": self.statement,
            "actor": None,
            "reason": None,
            "writer_role": self.user,
            "writer_application": self.application,
            "digest": self.digest,
        }


def refusal_of(line: Line) -> LogRefusal | None:
    """Return the refusal that *line* tells of; None where it tells of something else."""
    fields = {"message": line.message, "hint": line.hint, "sqlstate": line.sqlstate}
    found = read(line.detail, fields)
    if found is None:
        return None
    told = "\0".join((line.session, line.session_line, line.time, line.message))
    return LogRefusal(
        found,
        moment(line),
        line.user,
        line.application,
        line.statement or None,
        hashlib.sha256(told.encode()).hexdigest(),
    )


def moment(line: Line) -> datetime:
    """Return the moment that stands in *line*; raise BrokenLine where none does.

    A zone that is known by a short name alone is taken as Python knows it, else as the local one.
    """
    match = _MOMENT.match(line.time)
    if match is None:
        raise BrokenLine(line.number, f"{line.time!r} is no time of a log")
    try:
        read_at = datetime.fromisoformat(match[1])
    except ValueError:
        raise BrokenLine(line.number, f"{line.time!r} is no time of a log") from None
    zone = match[2]
    if zone in ("UTC", "GMT", "Z"):
        return read_at.replace(tzinfo=UTC)
    if _OFFSET.match(zone):
        return datetime.fromisoformat(f"{match[1]}{zone}")
    try:
        return read_at.replace(tzinfo=ZoneInfo(zone))
    except (ValueError, KeyError, OSError):
        return read_at.astimezone()
