"""Bypasses: open, close and read the deliberate, recorded ways around a machine."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import psycopg
from psycopg import errors

from pginterlock import database
from pginterlock.errors import EnvironmentFault, UsageError

_DURATION = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LOCK_TIMEOUT = "set local lock_timeout = '2s'"


class Kind(StrEnum):
    """What is let through: moves by the way, or a load of past rows."""

    MOVES = "moves"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Bypass:
    """One bypass; *is_group* says that members of *role* are meant, and not a login."""

    bypass_id: int
    machine: str
    kind: str
    role: str
    is_group: bool
    reason: str
    opened_at: datetime
    opened_by: str
    until_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    is_open: bool

    @property
    def whom(self) -> str:
        """For whom it is, as people read it."""
        return f"members of {self.role}" if self.is_group else self.role


@dataclass(frozen=True, slots=True)
class Wish:
    """What to open: *role* is None for whoever is logged in."""

    machine: str
    reason: str
    duration: timedelta
    role: str | None = None
    kind: Kind = Kind.MOVES
    is_long: bool = False


def duration(text: str) -> timedelta:
    """Read ``30m``, ``2h``, ``1d``; raise UsageError for anything else."""
    found = _DURATION.fullmatch(text.strip())
    if not found or not int(found[1]):
        raise UsageError(
            f"{text!r} is no duration", remedy="A number and s, m, h or d: 30m, 2h, 1d."
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def open_one(connection: psycopg.Connection, wish: Wish) -> Bypass:
    """Open a bypass and return it.

    Raises UsageError for what cannot be, EnvironmentFault without the right or on a standby.
    """
    with _owned(connection):
        values = {
            "machine": wish.machine,
            "reason": wish.reason,
            "duration": wish.duration,
            "role": wish.role,
            "kind": wish.kind.value,
            "is_long": wish.is_long,
        }
        made = database.ask(connection, "bypass_open.sql", values)[0]["bypass_id"]
        return next(it for it in _all(connection, wish.machine) if it.bypass_id == made)


def close(connection: psycopg.Connection, machine: str, role: str | None = None) -> list[Bypass]:
    """Close what is open on *machine* (for *role* only, where it is given); return what it was.

    Raises UsageError where nothing is open.
    """
    with _owned(connection):
        there = [it for it in _all(connection, machine) if it.is_open and role in (None, it.role)]
        closed = [
            it
            for it in there
            if database.ask(connection, "bypass_close.sql", {"bypass_id": it.bypass_id})[0][
                "is_closed"
            ]
        ]
    if not closed:
        whom = f" for {role}" if role else ""
        raise UsageError(
            f"no bypass of {machine} is open{whom}", remedy="interlock bypass list --all"
        )
    return closed


def listed(connection: psycopg.Connection, machine: str | None = None) -> list[Bypass]:
    """Return all bypasses, the oldest first; raise EnvironmentFault without the right."""
    with _owned(connection):
        return _all(connection, machine)


def of(connection: psycopg.Connection, machine: str) -> list[Bypass]:
    """Return the bypasses of *machine*; none where the schema is older than they are."""
    return _all(connection, machine) if are_known(connection) else []


def all_of(connection: psycopg.Connection) -> list[Bypass]:
    """Return the bypasses of all machines."""
    return _all(connection, None)


def are_known(connection: psycopg.Connection) -> bool:
    """Whether this schema interlock has bypasses."""
    return connection.execute("select to_regclass('interlock.bypass')").fetchone() != (None,)


def _all(connection: psycopg.Connection, machine: str | None) -> list[Bypass]:
    return [Bypass(**row) for row in database.ask(connection, "bypasses.sql", {"machine": machine})]


@contextmanager
def _owned(connection: psycopg.Connection) -> Iterator[None]:
    """Tell in our words who may, and where nothing is installed."""
    with database.faults():
        try:
            with connection.transaction():
                database.run(connection, _LOCK_TIMEOUT)
                yield
        except (errors.InvalidParameterValue, errors.ObjectNotInPrerequisiteState) as error:
            raise UsageError(
                error.diag.message_primary or str(error), remedy=error.diag.message_hint
            ) from None
        except errors.InsufficientPrivilege as error:
            raise EnvironmentFault(
                "bypasses are for members of the owner of schema interlock alone",
                remedy="Connect as a superuser or a member of interlock_owner.",
            ) from error
        except (errors.UndefinedTable, errors.UndefinedFunction, errors.InvalidSchemaName) as error:
            raise EnvironmentFault(
                "there is no interlock.bypass in this database",
                remedy="interlock apply installs schema interlock, and brings it up to date.",
            ) from error
