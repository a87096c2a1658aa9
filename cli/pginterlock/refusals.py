"""Keep refused attempts: their statement is rolled back, so a second connection tells of them."""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import psycopg

from pginterlock import assets
from pginterlock.errors import Refused
from pginterlock.translation import refusal

_LOG = logging.getLogger(__name__)

Connect = Callable[[], psycopg.Connection]


class Sink:
    """Hand refusals to ``interlock.refusal`` over a connection of its own.

    Every call waits for the database, some milliseconds, after the statement of the caller has
    failed anyway. Whatever goes wrong here is logged and never raised: the caller gets its own
    error. Safe to share between threads.
    """

    def __init__(self, connect: str | Connect) -> None:
        self._connect = connect if callable(connect) else lambda: psycopg.connect(connect)
        self._connection: psycopg.Connection | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next refusal opens another."""
        with self._lock:
            self._drop()

    def keep(
        self,
        error: BaseException,
        *,
        statement: str | None = None,
        actor: str | None = None,
        reason: str | None = None,
    ) -> bool:
        """Keep *error* where it is a refusal, and say whether it was kept."""
        told = refusal(error)
        if told is None:
            return False
        with self._lock:
            try:
                self._send(told, {"statement": statement, "actor": actor, "reason": reason})
            except Exception:  # the caller's own error must come through, whatever happens here
                _LOG.warning("a refusal could not be kept", exc_info=True)
                self._drop()
                return False
        return True

    @contextmanager
    def watching(
        self, *, statement: str | None = None, actor: str | None = None, reason: str | None = None
    ) -> Iterator[None]:
        """Keep the refusal that leaves the block, and let it go on."""
        try:
            yield
        except BaseException as error:
            self.keep(error, statement=statement, actor=actor, reason=reason)
            raise

    def attach(self, engine: Any) -> None:
        """Keep every refusal that goes through *engine*, with its statement."""
        from sqlalchemy import event  # noqa: PLC0415 - only who has it calls this

        @event.listens_for(engine, "handle_error")
        def keep(context: Any) -> None:
            self.keep(context.original_exception, statement=context.statement)

    def _send(self, told: Refused, words: Mapping[str, str | None]) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
            self._connection.autocommit = True
        self._connection.execute(
            assets.read("sql", "queries", "keep_refusal.sql").encode(),
            {"detail": json.dumps(told.detail), "message": told.message, **words},
        )

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
