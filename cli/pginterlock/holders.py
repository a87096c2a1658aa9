"""Who holds the lock that a session waits for: seen from a second session, while it waits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import psycopg
from psycopg import conninfo
from psycopg.rows import DictRow

from pginterlock import database
from pginterlock.errors import EnvironmentFault

_EVERY_S = 0.02
_SHOWN = 5
_QUERY_CHARS = 120
_WRAPAROUND = "to prevent wraparound"


class Watch:
    """A thread that looks, as long as it is told to, who blocks *connection*.

    Its own connection is opened when it is first needed: mostly it never is.
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        info = connection.info
        self._dsn = conninfo.make_conninfo(info.dsn, password=info.password or None)
        self._pid = info.backend_pid
        self._seen: list[DictRow] = []
        self._trouble = ""
        self._is_looking = threading.Event()
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._is_looking.set()
        if self._thread:
            self._thread.join()

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look while the block runs."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._look, daemon=True)
            self._thread.start()
        self._is_looking.set()
        try:
            yield
        finally:
            self._is_looking.clear()

    def told(self) -> list[str]:
        """Return who was seen last, a line each."""
        if self._seen:
            lines = [_line(row) for row in self._seen[:_SHOWN]]
            more = len(self._seen) - len(lines)
            return lines + ([f"and {more} more"] if more > 0 else [])
        return [self._trouble] if self._trouble else ["nobody was seen to hold it: try again"]

    def _look(self) -> None:
        try:
            with database.connect(self._dsn) as second:
                while not self._is_over.wait(_EVERY_S):
                    self._is_looking.wait()
                    if found := database.ask(second, "lock_holders.sql", {"pid": self._pid}):
                        self._seen = found
        except (EnvironmentFault, psycopg.Error) as error:
            said = " ".join(database.hide(str(error)).split())
            self._trouble = f"who holds it could not be looked up: {said}"


def _line(row: DictRow) -> str:
    age = f"its transaction is {row['age_s']:.0f} s old" if row["age_s"] is not None else ""
    if row["gid"] is not None:
        return (
            f"held by the prepared transaction {row['gid']!r} of {row['user_name']}, {age}:"
            " commit prepared or rollback prepared ends it"
        )
    if row["is_hidden"]:
        return (
            f"held by pid {row['pid']}, user {row['user_name'] or 'unknown'}; what it does is"
            " hidden from this role (grant pg_read_all_stats shows it)"
        )
    query = " ".join((row["query"] or "").split())
    if row["backend_type"] == "autovacuum worker":
        gives_way = "does not give way" if _WRAPAROUND in query else "gives way to longer tries"
        return f"held by pid {row['pid']}, an autovacuum, which {gives_way}: {query}"
    facts = [f"user {row['user_name']}", row["application_name"], row["state"], age]
    shown = query if len(query) <= _QUERY_CHARS else f"{query[:_QUERY_CHARS]}..."
    return f"held by pid {row['pid']}, {', '.join(it for it in facts if it)}: {shown}"
