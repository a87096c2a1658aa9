"""A hotel that is running: its application over HTTP, and its database behind the scenes."""

import itertools
import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from urllib.parse import urlsplit

import psycopg
import pytest

_TIMEOUT_S = 30
_POLL_S = 0.005
_STEPS = {
    "PENDING": [],
    "PENDING_APPROVAL": ["PENDING_APPROVAL"],
    "CONFIRMED": ["CONFIRMED"],
    "CHECKED_IN": ["CONFIRMED", "CHECKED_IN"],
    "CHECKED_OUT": ["CONFIRMED", "CHECKED_IN", "CHECKED_OUT"],
    "CANCELLED": ["CANCELLED"],
    "NO_SHOW": ["CONFIRMED", "NO_SHOW"],
}
_STAMPS = {
    "CHECKED_IN": ", checked_in_at = now()",
    "CHECKED_OUT": ", checked_out_at = now()",
    "CANCELLED": ", cancelled_at = now()",
}
_BORN = (
    "insert into hotel.room_booking"
    " (hotel_id, status, room_type, check_in, check_out, nightly_rate)"
    " values (1, 'PENDING', 'A', current_date, current_date + 3, 95) returning id"
)
_ROOM = "insert into hotel.room (id, hotel_id, number, room_type) values (%s, 1, %s, 'A')"
_WAITS = "select from pg_locks where locktype = 'advisory' and objid = %s and not granted"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client is told."""

    status: int
    body: dict[str, object]


def post(url: str, path: str, headers: dict[str, str], form: dict[str, object]) -> Answer:
    """Post *form* as JSON, and return the answer."""
    where = urlsplit(url)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", path, json.dumps(form), headers)
        response = connection.getresponse()
        text = response.read()
    finally:
        connection.close()
    is_json = response.headers.get_content_type() == "application/json"
    return Answer(response.status, json.loads(text) if is_json else {})


@dataclass(slots=True)
class Hotel:
    """One application on its own database; *admin* is a superuser's session in autocommit."""

    url: str
    dsn: str
    admin: psycopg.Connection
    _rooms: Iterator[int] = field(default_factory=lambda: itertools.count(201))
    _locks: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def post(self, path: str, *, headers: dict[str, str] | None = None, **form: object) -> Answer:
        """Post *form* to *path*, as a member of the staff with a reason, and return the answer."""
        said = {"X-User": "staff:7", "X-Reason": "the guest phoned", **(headers or {})}
        return post(self.url, path, said, form)

    def room(self) -> int:
        """Make a room that nobody holds."""
        number = next(self._rooms)
        self.admin.execute(_ROOM, [number, str(number)])
        return number

    def booking(self, state: str, *, is_paid: bool = False, room: int | None = None) -> int:
        """Make a booking, and move it to *state* the honest way."""
        with self.admin.transaction():
            (booking,) = self.admin.execute(_BORN).fetchone() or (0,)
            if _protected(self.admin):
                self.admin.execute("select interlock.act_as('test', reason => 'to begin with')")
            for step in _STEPS[state]:
                self._move(booking, step, is_paid=is_paid or "CONFIRMED" in _STEPS[state])
                if step == "CONFIRMED" and room:
                    self._set(booking, f"assigned_room_id = {room}")
            if is_paid and state == "PENDING":
                self._set(booking, "payment_captured_at = now()")
        if state == "CHECKED_IN":
            query = "update hotel.room set is_occupied = true where id = %s and not is_occupied"
            self.admin.execute(query, [room])
        return booking

    def _move(self, booking: int, state: str, *, is_paid: bool) -> None:
        paid = ", payment_captured_at = coalesce(payment_captured_at, now())" if is_paid else ""
        self._set(booking, f"status = '{state}'{_STAMPS.get(state, '')}{paid}")

    def _set(self, booking: int, what: str) -> None:
        query = f"update hotel.room_booking set {what} where id = %s"
        self.admin.execute(query.encode(), [booking])

    def holds(self, booking: int, condition: str) -> bool:
        """Whether *condition* is true of a stored booking *b*; its room is *r*."""
        query = f"""
            select ({condition}) is true
            from hotel.room_booking as b left join hotel.room as r on b.assigned_room_id = r.id
            where b.id = %s
        """
        return self.admin.execute(query.encode(), [booking]).fetchone() == (True,)

    def is_occupied(self, room: int) -> bool:
        """Whether the room is marked so."""
        query = "select is_occupied from hotel.room where id = %s"
        return self.admin.execute(query, [room]).fetchone() == (True,)

    def stored(self, booking: int) -> str:
        """Return the whole row, as text."""
        query = "select b::text from hotel.room_booking as b where b.id = %s"
        (text,) = self.admin.execute(query, [booking]).fetchone() or ("",)
        return str(text)

    @contextmanager
    def paused(self, path: str, *, before_save: int = 1, **form: object) -> Iterator["Paused"]:
        """Post *form*, and stop the request before its first save (or the second, ...)."""
        lock = next(self._locks)
        headers = {"X-Pause-Before-Save": str(before_save), "X-Pause-Lock": str(lock)}
        with psycopg.connect(self.dsn, autocommit=True) as gate, ThreadPoolExecutor(1) as pool:
            gate.execute("select pg_advisory_lock(%s)", [lock])
            answer = pool.submit(self.post, path, headers=headers, **form)
            self._wait(lock, answer)
            yield Paused(gate, answer)

    def _wait(self, lock: int, answer: "Future[Answer]") -> None:
        end = time.monotonic() + _TIMEOUT_S
        while not self.admin.execute(_WAITS, [lock]).rowcount:
            if answer.done() or time.monotonic() > end:
                pytest.fail(f"the request never came to its save: {answer.result(timeout=1)}")
            time.sleep(_POLL_S)


@dataclass(frozen=True, slots=True)
class Paused:
    """A request that waits before a save."""

    gate: psycopg.Connection
    answer: "Future[Answer]"

    def go_on(self) -> Answer:
        """Let it go on to its end, and return its answer."""
        self.gate.execute("select pg_advisory_unlock_all()")
        return self.answer.result(timeout=_TIMEOUT_S)


def _protected(admin: psycopg.Connection) -> bool:
    query = "select to_regprocedure('interlock.act_as(text, text)') is not null"
    return admin.execute(query).fetchone() == (True,)
