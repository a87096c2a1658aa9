"""How far each cursor of the outbox has come, and how much waits for it."""

from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import errors
from psycopg.rows import DictRow, dict_row

from pginterlock import assets, database
from pginterlock.errors import EnvironmentFault
from pginterlock.names import cut, ident
from pginterlock.outbox import position as positions
from pginterlock.outbox.position import Position
from pginterlock.outbox.snapshots import NOTHING, Snapshot
from pginterlock.template import fill

MOST = 10_000


@dataclass(frozen=True, slots=True)
class CursorStatus:
    """One cursor: *waiting* entries are committed and not delivered, the oldest written then.

    Counting stops at `MOST`. *waiting* is None where the history, or the position, cannot be read.
    """

    name: str
    role: str
    machines: tuple[str, ...]
    delivered: int
    waiting: int | None
    oldest_at: datetime | None
    created_at: datetime
    updated_at: datetime


def status(connection: psycopg.Connection) -> list[CursorStatus]:
    """Return the cursors that this role may see: its own, or as the owner of the schema all."""
    with database.faults(), connection.transaction():
        try:
            with connection.transaction():
                rows = database.ask(connection, "outbox_cursors.sql")
        except (errors.UndefinedTable, errors.InvalidSchemaName):
            raise EnvironmentFault(
                "schema interlock is not here, or without the tables of the outbox",
                remedy="interlock apply installs it, and brings it to the current version.",
            ) from None
        except errors.InsufficientPrivilege as error:
            [who] = database.rows(connection, "select current_user as role_name")
            raise EnvironmentFault(
                f"the cursors may not be read by role {who['role_name']}",
                remedy="As the owner of schema interlock: grant select on interlock.outbox_cursor"
                f" to {ident(who['role_name'])};",
            ) from error
        return [_status(connection, row) for row in rows]


def _status(connection: psycopg.Connection, row: DictRow) -> CursorStatus:
    waiting: int | None = 0
    oldest: list[datetime] = []
    try:
        position = positions.read(row["position"])
        now = Snapshot.read(row["snapshot"])
        with connection.transaction():
            for machine in row["machines"]:
                found = _waiting(connection, position, now, machine)
                waiting = min(MOST, (waiting or 0) + found["waiting"])
                oldest += [found["oldest_at"]] if found["oldest_at"] else []
    except (ValueError, errors.InsufficientPrivilege, errors.UndefinedTable):
        waiting, oldest = None, []
    return CursorStatus(
        row["cursor_name"],
        row["role_name"],
        tuple(row["machines"]),
        row["delivered_count"],
        waiting,
        min(oldest, default=None),
        row["created_at"],
        row["updated_at"],
    )


def _waiting(
    connection: psycopg.Connection, position: Position, now: Snapshot, machine: str
) -> DictRow:
    window = position.window
    text = fill(
        assets.read("sql", "templates", "outbox_waiting.sql"),
        {"audit_name": cut(f"{machine}_audit")},
    )
    values = {
        "floor": position.floor(now, machine),
        "seen": str(position.seen),
        "upto": str(window.upto if window else NOTHING),
        "after": window.after.get(machine, 0) if window else 0,
        "restored": position.restored.get(machine, 0),
        "row_limit": MOST,
    }
    with connection.cursor(row_factory=dict_row) as cursor:
        [row] = cursor.execute(text.encode(), values).fetchall()
    return row
