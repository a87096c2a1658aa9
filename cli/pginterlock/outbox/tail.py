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

# How many ids that are not there are looked for again: most were rolled back.
_REACH = 10_000


class Tail:
    """The entries of *machines* from now on, as they commit.

    Ids come in the order of writing, and appear in the order of committing; so those that are
    missing are looked for again. An entry is missed where 10,000 ids newer than its own are
    missing too before it commits: who may not miss one takes a cursor.
    """

    def __init__(self, connection: psycopg.Connection, machines: Sequence[str]) -> None:
        self._connection = connection
        self._after: dict[str, int] = {}
        self._missing: dict[str, set[int]] = {}
        self._channels: list[str] = []
        with database.snapshot(connection):
            for machine in machines:
                ids = [it["id"] for it in self._rows(machine, "tail_last.sql", {"reach": _REACH})]
                self._after[machine] = last = ids[-1] if ids else 0
                self._missing[machine] = set(range(max(1, last - _REACH + 1), last)) - set(ids)

    def last(self, lines: int | None, since: datetime | None) -> list[Entry]:
        """Return the newest *lines* entries, of transactions that began *since* then."""
        found = [
            [
                it
                for it in audit.entries(self._connection, machine, Wanted(since=since, limit=lines))
                if it.id <= after and it.id not in self._missing[machine]
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
                values = {"after": after, "missing": sorted(self._missing[machine])}
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
        after, missing = self._after[machine], self._missing[machine]
        last = max([after, *ids])
        missing |= set(range(max(after + 1, last - _REACH), last))
        missing -= set(ids)
        self._after[machine] = last
        self._missing[machine] = set(sorted(missing)[-_REACH:])

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
