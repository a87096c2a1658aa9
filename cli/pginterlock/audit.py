"""Read the history of one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import errors, sql
from psycopg.rows import DictRow, dict_row

from pginterlock import assets, database
from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.names import cut
from pginterlock.template import fill


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a history; *changed* holds the old and new value of audit columns.

    *actor* and *reason* are what the writer claimed; the rest cannot be claimed.
    """

    id: int
    at: datetime
    kind: str
    event: str | None
    from_state: str | None
    to_state: str | None
    changed: Mapping[str, tuple[object, object]]
    actor: str | None
    reason: str | None
    session_role: str
    set_role: str | None
    application_name: str
    client_address: str | None
    backend_pid: int
    transaction_id: int
    statement: str


def history(connection: psycopg.Connection, machine: str, key: Sequence[str]) -> list[Entry]:
    """Return the entries of the row with *key* (its values as text), oldest first.

    Raises UsageError for a machine or key that cannot be, EnvironmentFault where it may not be
    read.
    """
    with database.faults():
        columns = _key_columns(connection, machine)
        if len(columns) != len(key):
            parts = "1 part" if len(columns) == 1 else f"{len(columns)} parts"
            raise UsageError(
                f"the key of {machine} has {parts} ({', '.join(columns)}), and"
                f" {len(key)} were given",
                remedy=f"interlock history {machine} {' '.join(c.upper() for c in columns)}",
            )
        query = fill(
            assets.read("sql", "templates", "history.sql"),
            {"audit_name": cut(f"{machine}_audit"), "key_match": _match(columns)},
        )
        with connection.cursor(row_factory=dict_row) as cursor:
            try:
                rows = cursor.execute(query.encode(), dict(zip(_slots(columns), key, strict=True)))
                return [_entry(row) for row in rows]
            except errors.DataError as error:
                raise UsageError(
                    f"{'/'.join(key)} is no key of {machine}: {error.diag.message_primary}"
                ) from None
            except errors.InsufficientPrivilege as error:
                raise EnvironmentFault(
                    f"the history of {machine} may not be read by this role",
                    remedy=f"As its owner: grant select on interlock.{machine}_audit to ...;",
                ) from error


def _key_columns(connection: psycopg.Connection, machine: str) -> list[str]:
    there = connection.execute("select to_regclass('interlock.machine')").fetchone()
    rows = database.ask(connection, "machine_keys.sql") if there != (None,) else []
    known = {row["machine_name"]: list(row["key_columns"]) for row in rows}
    if machine not in known:
        listed = ", ".join(known) or "none"
        raise UsageError(
            f"no machine {machine!r} is installed here; installed: {listed}",
            remedy="interlock apply installs the machines of a spec.",
        )
    return known[machine]


def _slots(columns: Sequence[str]) -> list[str]:
    return [f"key_{number}" for number in range(len(columns))]


def _match(columns: Sequence[str]) -> str:
    return " and ".join(
        f"a.{sql.Identifier('key_' + column).as_string()} = %({slot})s"
        for column, slot in zip(columns, _slots(columns), strict=True)
    )


def _entry(row: DictRow) -> Entry:
    old = {name[4:]: value for name, value in row.items() if name.startswith("old_")}
    changed = {
        name: (value, row[f"new_{name}"])
        for name, value in old.items()
        if value != row.get(f"new_{name}")
    }
    client = row["client_address"]
    return Entry(
        id=row["id"],
        at=row["at"],
        kind=row["kind"],
        event=row["event"],
        from_state=row["from_state"],
        to_state=row["to_state"],
        changed=changed,
        actor=row["actor"],
        reason=row["reason"],
        session_role=row["session_role"],
        set_role=row["set_role"],
        application_name=row["application_name"],
        client_address=str(client) if client else None,
        backend_pid=row["backend_pid"],
        transaction_id=int(row["transaction_id"]),
        statement=row["statement"],
    )
