"""Move rows by events from Python: `interlock.fire` over a connection, with typed refusals.

Imports no driver: a connection is of psycopg 3 or 2, or Django's or SQLAlchemy's around one.
"""

import json
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import TracebackType
from typing import Protocol, Self, cast
from uuid import UUID

from pginterlock.errors import Refused
from pginterlock.refused import read, refusal

# Serialization failure and deadlock: the transaction is as if it had never been; make it anew.
_RETRIED = ("40001", "40P01")
_MOST_S = 2.0
Key = object


class Cursor(Protocol):
    """What we ask of a cursor of DB-API."""

    def execute(self, query: str, values: list[object], /) -> object:
        """Run *query*."""

    def fetchone(self) -> tuple[object, ...] | None:
        """Return the next row."""

    def close(self) -> object:
        """Close it."""


class Connection(Protocol):
    """What we ask of a connection of DB-API."""

    def commit(self) -> object:
        """Commit."""

    def rollback(self) -> object:
        """Roll back."""


@dataclass(frozen=True, slots=True)
class Fired:
    """What a call of `Machine.fire` did, or in a dry run would do; *refusal* says why not."""

    machine: str
    key: object
    event: str
    from_state: str | None
    to_state: str | None
    is_dry_run: bool = False
    refusal: Exception | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """An event of the state that a row is in; *missing* and *needs* say what it lacks."""

    event: str
    to_state: str
    is_possible: bool
    missing: tuple[str, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Approved:
    """What a call of `Machine.approve` did: how many approvals stand now, and how many lack."""

    machine: str
    key: object
    event: str
    from_state: str
    approvals: int
    missing: int


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine called *name* in a database."""

    name: str

    def fire(
        self,
        connection: object,
        key: Key,
        event: str,
        *,
        set: Mapping[str, object] | None = None,  # noqa: A002 - the word of the SQL function
        expect: str | None = None,
        reason: str | None = None,
        actor: str | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Fired:
        """Move the row *key* by *event*, in the transaction of *connection*.

        *key* is a value, or for several columns a mapping. Raises `Refused` (`StaleState`,
        `GuardFailed`, ...) where the machine refuses, and the driver's exception for the rest; in
        a dry run a refusal is in the result.
        """
        named = "set => %s::jsonb, expect => %s, reason => %s, actor => %s"
        rest = "idempotency_key => %s, dry_run => %s"
        values: list[object] = [
            self.name,
            _key(key),
            event,
            None if set is None else _json(set),
            expect,
            reason,
            actor,
            idempotency_key,
            dry_run,
        ]
        query = f"select interlock.fire(%s, %s::text, %s, {named}, {rest})::text"
        rows = _rows(connection, query, values)
        return _fired(json.loads(str(rows[0][0])))

    def approve(
        self, connection: object, key: Key, event: str, *, reason: str | None = None
    ) -> Approved:
        """Approve of *event* for the row *key*, as whoever this session is.

        Where approvals must be of different persons, a second one of the same changes nothing.
        Raises `NotAuthorised` where the role may not approve, and otherwise what `fire` raises.
        """
        query = "select interlock.approve(%s, %s::text, %s, reason => %s)::text"
        rows = _rows(connection, query, [self.name, _key(key), event, reason])
        told = json.loads(str(rows[0][0]))
        return Approved(
            self.name, told["key"], event, told["from"], told["approvals"], told["missing"]
        )

    def withdraw(self, connection: object, key: Key, event: str) -> int:
        """Withdraw what this session has approved of *event*; return how many approvals it was."""
        query = "select interlock.withdraw(%s, %s::text, %s)::text"
        rows = _rows(connection, query, [self.name, _key(key), event])
        return int(json.loads(str(rows[0][0]))["withdrawn"])

    def allowed(self, connection: object, key: Key) -> list[Allowed]:
        """Return the events of the state that the row *key* is in, and what each one lacks."""
        query = "select to_json(a)::text from interlock.allowed(%s, %s::text) as a"
        told = [json.loads(str(row[0])) for row in _rows(connection, query, [self.name, _key(key)])]
        return [
            Allowed(
                it["event"],
                it["to_state"],
                it["possible"],
                tuple(it["missing"]),
                tuple(it["needs"]),
            )
            for it in told
        ]


def machine(name: str) -> Machine:
    """Return the machine called *name*; the database is asked when it is used."""
    return Machine(name)


class Attempt:
    """One try of a transaction: a block that commits, or is made again."""

    def __init__(self, connection: Connection, pause_s: float | None) -> None:
        self._connection = connection
        self._pause_s = pause_s
        self.is_done = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Commit; on a conflict of transactions roll back, pause, and let the next try begin."""
        caught = error
        if caught is None:
            try:
                self._connection.commit()
            except Exception as failure:
                if not self._may_go_on(failure):
                    raise
                caught = failure
            else:
                self.is_done = True
                return False
        self._connection.rollback()
        if not self._may_go_on(caught):
            return False
        time.sleep((self._pause_s or 0) * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        return True

    def _may_go_on(self, error: BaseException) -> bool:
        return self._pause_s is not None and _is_conflict(error)


def retrying(
    connection: Connection, *, attempts: int = 5, pause_s: float = 0.02
) -> Iterator[Attempt]:
    """Yield tries of one transaction until one commits: ``for attempt in ...: with attempt: ...``.

    Another try begins after a serialization failure (40001) or a deadlock (40P01), the whole
    transaction anew, after a pause that grows and is never the same; the last failure is raised.
    *connection* must not be in autocommit, nor in a transaction that was begun before.
    """
    for number in range(attempts):
        is_last = number == attempts - 1
        attempt = Attempt(connection, None if is_last else min(pause_s * 2**number, _MOST_S))
        yield attempt
        if attempt.is_done:
            return


def _is_conflict(error: BaseException) -> bool:
    """Whether *error*, or what it wraps or came from, is a conflict of transactions."""
    for it in (error, getattr(error, "orig", None), error.__cause__):
        for name in ("sqlstate", "pgcode"):
            if getattr(it, name, None) in _RETRIED:
                return True
    return False


def _rows(connection: object, query: str, values: list[object]) -> list[tuple[object, ...]]:
    """Run *query* on whatever kind of *connection*, and return its rows; raise typed refusals."""
    try:
        if run := getattr(connection, "exec_driver_sql", None):  # of SQLAlchemy
            return list(run(query, tuple(values)).fetchall())
        cursor = cast("Cursor", connection.cursor())  # type: ignore[attr-defined]
        try:
            cursor.execute(query, values)
            rows = []
            while (row := cursor.fetchone()) is not None:
                rows.append(tuple(row.values()) if isinstance(row, Mapping) else row)
            return rows
        finally:
            cursor.close()
    except Exception as error:
        if told := refusal(error):
            raise told from error
        raise


def _key(key: Key) -> str:
    return _json(key) if isinstance(key, Mapping) else str(key)


def _json(value: object) -> str:
    return json.dumps(value, default=_plain)


def _plain(value: object) -> str:
    """Return a value that JSON does not know as PostgreSQL reads it."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    raise TypeError(f"{type(value).__name__} is nothing that JSON can say: give it as text")


def _fired(told: dict[str, object]) -> Fired:
    lacking = told.get("refusal")
    return Fired(
        machine=str(told["machine"]),
        key=told["key"],
        event=str(told["event"]),
        from_state=cast("str | None", told.get("from")),
        to_state=cast("str | None", told.get("to")),
        is_dry_run=bool(told.get("dry_run", False)),
        refusal=_refusal(lacking) if isinstance(lacking, dict) else None,
    )


def _refusal(told: dict[str, object]) -> Exception:
    """Return the refusal of a dry run: typed where it is ours."""
    detail = told["detail"]
    fields = {name: str(told[name]) for name in ("message", "hint", "sqlstate") if told[name]}
    if isinstance(detail, dict) and isinstance(detail.get("machine"), str):
        fields["constraint"] = f"{detail['machine']}.{detail.get('rule')}"
        found = read(json.dumps(detail), fields)
        if isinstance(found, Refused):
            return found
    return RuntimeError(fields["message"])
