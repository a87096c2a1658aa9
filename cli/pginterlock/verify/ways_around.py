"""Bypasses: those that are open, those that were, and those that nobody opened as one must."""

from collections.abc import Iterator

import psycopg

from pginterlock import bypasses, database
from pginterlock.bypasses import Bypass
from pginterlock.findings import Finding, Severity
from pginterlock.survey import MachineSurvey

_SHOWN = 5
_TABLE = "interlock.bypass"


def is_possible(connection: psycopg.Connection) -> bool:
    """Whether bypasses and journal may be read; true where the schema is older than they are."""
    return bool(database.ask(connection, "bypass_is_readable.sql")[0]["is_readable"])


def found(connection: psycopg.Connection, it: MachineSurvey) -> Iterator[Finding]:
    """Yield what is open of *it* now, and what stands in only one of table and journal."""
    if not bypasses.are_known(connection):
        return
    name = it.machine.name
    for one in bypasses.of(connection, name):
        if one.is_open:
            yield Finding(
                "bypass-open",
                f"{_title(one)} is open for {one.whom} until {one.until_at:%Y-%m-%d %H:%M:%S%z}:"
                f" {_because(one)}",
                name,
                str(it.table.name),
                Severity.WARNING,
                hint=f"It ends by itself; interlock bypass close {name} ends it now",
            )
    for row in database.ask(connection, "bypass_journal.sql", {"machine": name}):
        where = {
            (True, False): "is in no journal: it was not opened by interlock.open_bypass",
            (False, True): "is in the journal, and its row is gone",
        }.get((row["is_there"], row["is_told"]), "is not as the journal tells of it")
        yield Finding(
            "bypass-unrecorded",
            f"bypass {row['bypass_id']} {where}",
            name,
            _TABLE,
            hint="Rows of interlock.bypass or interlock.journal were changed behind their triggers",
        )


def past(connection: psycopg.Connection, it: MachineSurvey) -> Iterator[str]:
    """Yield a note on each of the latest bypasses of *it* that are over."""
    over = [one for one in bypasses.of(connection, it.machine.name) if not one.is_open]
    if len(over) > _SHOWN:
        yield f"{it.machine.name}: {len(over)} bypasses are over; interlock bypass list --all"
    for one in over[-_SHOWN:]:
        ended = f"closed by {one.closed_by}" if one.closed_by else "ended by itself"
        at = one.closed_at or one.until_at
        yield (
            f"{it.machine.name}: {_title(one)} for {one.whom}, {ended} at"
            f" {at:%Y-%m-%d %H:%M:%S%z}: {_because(one)}"
        )


def _title(it: Bypass) -> str:
    return f"bypass {it.bypass_id} ({it.kind})"


def _because(it: Bypass) -> str:
    return f"{it.reason!r} ({it.opened_by})"
