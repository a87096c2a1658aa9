"""Look at the end of histories, without a cursor: nothing is written, and a standby will do."""

import random
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import psycopg
from psycopg import errors
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Identifier

from pginterlock import assets, audit, database
from pginterlock.audit import Entry, Wanted
from pginterlock.errors import EnvironmentFault
from pginterlock.names import cut
from pginterlock.outbox.order import merged
from pginterlock.template import fill

# How far back the first look goes, in ids, and how many gaps are remembered; most were rolled back.
_REACH = 100_000
_GAPS = 10_000
_Gap = tuple[int, int]


class Tail:
    """The entries of *machines* from now on, as they commit.

    Ids come in the order of writing, and appear in the order of committing; so those that are
    missing are looked for again, however many lie in a gap. 10,000 gaps are remembered: an entry is
    missed where so many newer ones come before it commits. Who may not miss one takes a cursor.
    """

    def __init__(self, connection: psycopg.Connection, machines: Sequence[str]) -> None:
        self._connection = connection
        self._after: dict[str, int] = {}
        self._missing: dict[str, list[_Gap]] = {}
        self._channels: list[str] = []
        with database.snapshot(connection):
            for machine in machines:
                rows = self._rows(machine, "tail_last.sql", {"reach": _REACH})
                self._after[machine] = rows[-1]["id"] if rows else 0
                gaps = [(row["low"], row["high"]) for row in rows if row["low"] <= row["high"]]
                self._missing[machine] = gaps[-_GAPS:]

    def last(self, lines: int | None, since: datetime | None) -> list[Entry]:
        """Return the newest *lines* entries, of transactions that began *since* then."""
        found = [
            [
                it
                for it in audit.entries(self._connection, machine, Wanted(since=since, limit=lines))
                if it.id <= after and not _is_within(it.id, self._missing[machine])
            ]
            for machine, after in self._after.items()
        ]
        ordered = merged(found, sum(map(len, found)))
        return ordered if lines is None else ordered[-lines:] if lines else []

    def new(self) -> list[Entry]:
        """Return what has been committed since the last look."""
        found = []
        with database.snapshot(self._connection):
            for machine, after in self._after.items():
                gaps = self._missing[machine]
                lows, highs = [low for low, _ in gaps], [high for _, high in gaps]
                values = {"after": after, "lows": lows, "highs": highs}
                rows = self._rows(machine, "tail_new.sql", values)
                found.append([audit.entry_of(machine, row) for row in rows])
                self._note(machine, [row["id"] for row in rows])
        return merged(found, sum(map(len, found)))

    def wait(self, seconds: float) -> None:
        """Wait so long, with jitter, or until somebody notifies."""
        seconds *= random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        if not self._channels:
            time.sleep(seconds)
            return
        for _ in self._connection.notifies(timeout=seconds, stop_after=1):
            pass

    def listen(self) -> None:
        """Be woken where the spec names a channel; a standby cannot be."""
        with database.faults():
            [place] = database.ask(self._connection, "outbox_place.sql")
            rows = (
                [] if place["is_standby"] else database.ask(self._connection, "outbox_machines.sql")
            )
            wanted = [it["channel"] for it in rows if it["machine_name"] in self._after]
            self._channels = list(dict.fromkeys(filter(None, wanted)))
            for channel in self._channels:
                self._connection.execute(SQL("listen {}").format(Identifier(channel)))

    def _note(self, machine: str, ids: Sequence[int]) -> None:
        """Note what has come: *ids* in order, each in a gap or after the last."""
        after = self._after[machine]
        gaps = list(self._missing[machine])
        last = max([after, *ids])
        if last > after:
            gaps.append((after + 1, last))
        self._after[machine] = last
        self._missing[machine] = _without(gaps, ids)[-_GAPS:]

    def _rows(self, machine: str, template: str, values: Mapping[str, object]) -> list[DictRow]:
        text = fill(
            assets.read("sql", "templates", template), {"audit_name": cut(f"{machine}_audit")}
        )
        try:
            with self._connection.cursor(row_factory=dict_row) as cursor:
                return cursor.execute(text.encode(), values).fetchall()
        except errors.InsufficientPrivilege as error:
            raise EnvironmentFault(
                f"the history of {machine} may not be read by this role",
                remedy=f"As its owner: grant select on interlock.{machine}_audit to ...;",
            ) from error
        except (errors.UndefinedTable, errors.UndefinedColumn) as error:
            raise EnvironmentFault(
                f"the history of {machine} is not as it was made: {error.diag.message_primary}",
                remedy="interlock verify says what was changed.",
            ) from error


def _is_within(entry_id: int, gaps: Sequence[_Gap]) -> bool:
    return any(low <= entry_id <= high for low, high in gaps)


def _without(gaps: Sequence[_Gap], ids: Sequence[int]) -> list[_Gap]:
    """Return what is left of *gaps* when *ids* have come; both are in order."""
    left = []
    at = 0
    for start, high in gaps:
        low = start
        while at < len(ids) and ids[at] <= high:
            if low < ids[at]:
                left.append((low, ids[at] - 1))
            low = max(low, ids[at] + 1)
            at += 1
        if low <= high:
            left.append((low, high))
    return left
