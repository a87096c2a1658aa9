"""Keep refused writes: a refusal takes its statement back, and every trace of it in the database.

A `Sink` hands refusals to ``interlock.keep_refusal`` over a connection of its own, outside of the
transaction that failed. What it keeps is a report of a client, and marked as one.
"""

import json
import logging
import os
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Protocol, Self

from pginterlock import assets
from pginterlock.errors import Refused
from pginterlock.refused import refusal

_LOG = logging.getLogger(__name__)
_CONNECT_TIMEOUT_S = 5
_STATEMENT_TIMEOUT = "-c statement_timeout=5s -c lock_timeout=5s"
_CAPACITY = 1000
_CLOSING_S = 5.0
_STATEMENT_LIMIT = 20_000  # the database keeps the two ends of it
_RESTING_S = 5.0  # after a failure, before the next attempt to connect


class _Session(Protocol):
    """A connection of any driver that takes ``%(name)s``: psycopg, psycopg2."""

    def cursor(self) -> Any: ...
    def commit(self) -> object: ...
    def close(self) -> object: ...


Connect = Callable[[], _Session]
Report = Mapping[str, object]


class Sink:
    """Keeps refusals; never raises into the caller's path, and logs what it could not keep.

    *connect* is a libpq string or URL, or a function that opens a connection which takes
    ``%(name)s``. By default refusals wait in a queue of *capacity*, and a thread hands them in: the
    caller never waits, and what is in the queue is lost when the process is killed; what does not
    fit is dropped and counted. With *synchronous* the caller waits for the hand-over. Thread-safe;
    after a fork the child begins anew. Close it, or use it in a ``with``.
    """

    def __init__(
        self,
        connect: str | Connect,
        *,
        synchronous: bool = False,
        capacity: int = _CAPACITY,
        application: str | None = None,
    ) -> None:
        self._connect = _opener(connect) if isinstance(connect, str) else connect
        self._synchronous = synchronous
        self._capacity = capacity
        self._application = application
        self.kept = 0
        self.dropped = 0
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._session: _Session | None = None
        self._rests_until = 0.0
        self._waiting: queue.Queue[Report | None] = queue.Queue(self._capacity)
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def keep(
        self,
        error: BaseException,
        *,
        statement: str | None = None,
        actor: str | None = None,
        reason: str | None = None,
        role: str | None = None,
    ) -> Refused | None:
        """Keep *error* if a machine refused it, with what the caller knows; return the refusal."""
        try:
            found = refusal(error)
            if found is not None:
                self._take(_report(found, statement, actor, reason, role, self._application))
        except Exception:
            self._drop("a refusal could not be kept")
            return None
        return found

    @contextmanager
    def watching(
        self, *, statement: str | None = None, actor: str | None = None, reason: str | None = None
    ) -> Iterator[None]:
        """Keep a refusal that leaves the block, and let it go on its way."""
        try:
            yield
        except Exception as error:
            self.keep(error, statement=statement, actor=actor, reason=reason)
            raise

    def close(self, timeout_s: float = _CLOSING_S) -> None:
        """Hand in what waits, for *timeout_s* at most, and close the connection."""
        if self._process != os.getpid() or self._is_closed:
            return
        self._is_closed = True
        if self._thread:
            end = time.monotonic() + timeout_s
            with suppress(queue.Full):
                self._waiting.put(None, timeout=timeout_s)
            self._thread.join(max(0.0, end - time.monotonic()))
            if left := self._waiting.qsize():
                self.dropped += left
                _LOG.warning("%d refusals were not kept: the sink was closed", left)
            if self._thread.is_alive():
                return
        self._hang_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _take(self, report: Report) -> None:
        if self._process != os.getpid():
            self._begin()
        if self._is_closed:
            self._drop("a refusal came after the sink was closed", exception=False)
            return
        if self._synchronous:
            with self._lock:
                self._hand_in(report)
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="refusals", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait(report)
        except queue.Full:
            self._drop("a refusal was dropped: too many wait to be kept", exception=False)

    def _run(self) -> None:
        while (report := self._waiting.get()) is not None:
            self._hand_in(report)

    def _hand_in(self, report: Report) -> None:
        """Store one report; on a connection that turns out to be dead, once more on a new one."""
        if self._session is None and time.monotonic() < self._rests_until:
            self.dropped += 1
            return
        had_session = self._session is not None
        try:
            self._store(report)
        except Exception:
            self._hang_up()
            if had_session:
                self._hand_in(report)
                return
            self._rests_until = time.monotonic() + _RESTING_S
            self._drop("a refusal could not be kept")

    def _store(self, report: Report) -> None:
        if self._session is None:
            self._session = self._connect()
        cursor = self._session.cursor()
        cursor.execute(assets.read("sql", "queries", "keep_refusal.sql"), report)
        self._session.commit()
        self.kept += 1

    def _hang_up(self) -> None:
        session, self._session = self._session, None
        try:
            if session is not None:
                session.close()
        except Exception:
            _LOG.debug("closing a connection failed", exc_info=True)

    def _drop(self, why: str, *, exception: bool = True) -> None:
        self.dropped += 1
        _LOG.warning(why, exc_info=exception)


def _opener(dsn: str) -> Connect:
    def connect() -> _Session:
        import psycopg  # noqa: PLC0415 - an application may use this with another driver

        return psycopg.connect(
            dsn,
            autocommit=True,
            connect_timeout=_CONNECT_TIMEOUT_S,
            prepare_threshold=None,
            fallback_application_name="interlock refusals",
            options=_STATEMENT_TIMEOUT,
        )

    return connect


def _report(
    found: Refused,
    statement: str | None,
    actor: str | None,
    reason: str | None,
    role: str | None,
    application: str | None,
) -> Report:
    return {
        "detail": json.dumps(found.detail),
        "message": found.message,
        "source": "client",
        "occurred_at": datetime.now(UTC).isoformat(),
        "statement": statement and _ends(statement),
        "actor": actor,
        "reason": reason,
        "writer_role": role,
        "writer_application": application,
        "digest": uuid.uuid4().hex,
    }


def _ends(statement: str) -> str:
    if len(statement) <= _STATEMENT_LIMIT:
        return statement
    half = _STATEMENT_LIMIT // 2
    return f"{statement[:half]} ... {statement[-half:]}"
