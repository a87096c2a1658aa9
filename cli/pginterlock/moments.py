"""Moments as people write them: what PostgreSQL takes, and in which zone when none is named."""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import errors

from pginterlock import database
from pginterlock.errors import UsageError

_ASK = "select %s::timestamptz"
_ZONES = ("Etc/GMT+11", "Etc/GMT-11")


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time; *assumed_zone* is the zone that was taken where the text names none."""

    at: datetime
    assumed_zone: str | None


def moment(connection: psycopg.Connection, text: str) -> Moment:
    """Return the moment that *text* says, in any form that PostgreSQL reads.

    Without a zone it is one of the session's ``TimeZone``. Raises UsageError where it is none.
    """
    with database.faults():
        zone = connection.execute("select current_setting('TimeZone')").fetchone()
        try:
            with database.trial(connection):
                read = []
                for name in _ZONES:
                    connection.execute("select set_config('TimeZone', %s, true)", [name])
                    read.append(_read(connection, text))
            at = _read(connection, text)
        except (errors.DataError, errors.InvalidDatetimeFormat) as error:
            raise UsageError(
                f"{text!r} is no point in time: {error.diag.message_primary}",
                remedy="For example: 2026-03-01 12:00+01, 2026-03-01T11:00:00Z, yesterday.",
            ) from None
    return Moment(at, None if read[0] == read[1] else str(zone and zone[0]))


def _read(connection: psycopg.Connection, text: str) -> datetime:
    row = connection.execute(_ASK, [text]).fetchone()
    at = row[0] if row else None
    if not isinstance(at, datetime):
        raise UsageError(f"{text!r} is no point in time")
    return at
