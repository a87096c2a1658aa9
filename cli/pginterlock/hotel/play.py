"""Play writes of the application against a server, alone or two sessions against each other."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from pginterlock.errors import EnvironmentFault
from pginterlock.hotel.script import Block
from pginterlock.refused import refusal as read

_WAIT_S = 10.0
_POLL_S = 0.005


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a write: stored, refused (then *sqlstate* is set), or neither."""

    stored: bool
    sqlstate: str | None = None
    message: str = ""
    constraint: str = ""
    hint: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether the server raised an error."""
        return self.sqlstate is not None

    @property
    def code(self) -> str | None:
        """The code of the rule that refused it; none for an error that is not ours."""
        code = self.detail.get("code")
        return code if isinstance(code, str) else None


def play(connection: psycopg.Connection, block: Block, *, actor: str | None = None) -> Outcome:
    """Run *block* in a transaction, look whether its wrong is stored, and roll back."""
    try:
        with connection.transaction(force_rollback=True):
            _act(connection, actor, block.title)
            run(connection, block.statements)
            return Outcome(stored=holds(connection, block.proof))
    except psycopg.Error as error:
        return refusal(error)


def commit(
    connection: psycopg.Connection, block: Block, *, actor: str | None, reason: str
) -> Outcome:
    """Run *block* in a transaction of its own and commit it."""
    try:
        with connection.transaction():
            _act(connection, actor, reason)
            run(connection, block.statements)
    except psycopg.Error as error:
        return refusal(error)
    return Outcome(stored=True)


def race(
    first: psycopg.Connection,
    second: psycopg.Connection,
    watcher: psycopg.Connection,
    block: Block,
    *,
    actor: str | None = None,
) -> Outcome:
    """Let *second* wait behind an open write of *first*, which then commits; return its outcome."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        with first.transaction():
            _act(first, actor, "came first")
            run(first, block.parts["first"])
            waiting = pool.submit(_second, second, block, actor)
            _await_lock(watcher, second.info.backend_pid, waiting)
        outcome = waiting.result(timeout=_WAIT_S)
    return outcome or Outcome(stored=holds(watcher, block.proof))


def _second(connection: psycopg.Connection, block: Block, actor: str | None) -> Outcome | None:
    try:
        with connection.transaction():
            _act(connection, actor, "came second")
            run(connection, block.parts["second"])
    except psycopg.Error as error:
        return refusal(error)
    return None


def _await_lock(
    watcher: psycopg.Connection, backend_pid: int, waiting: "Future[Outcome | None]"
) -> None:
    query = "select cardinality(pg_catalog.pg_blocking_pids(%s)) > 0"
    end = time.monotonic() + _WAIT_S
    while time.monotonic() < end and not waiting.done():
        row = watcher.execute(query, (backend_pid,)).fetchone()
        if row and row[0]:
            return
        time.sleep(_POLL_S)
    if not waiting.done():
        raise EnvironmentFault("the second session of a race did not reach its lock in time")


def run(connection: psycopg.Connection, statements: Sequence[str]) -> None:
    """Run *statements*, one by one."""
    for statement in statements:
        connection.execute(statement.encode())


def holds(connection: psycopg.Connection, query: str) -> bool:
    """Return whether *query* yields one row that says true."""
    return connection.execute(query.encode()).fetchone() == (True,)


def refusal(error: psycopg.Error) -> Outcome:
    """Return what a server's error says."""
    diag, refused = error.diag, read(error)
    return Outcome(
        stored=False,
        sqlstate=diag.sqlstate or "?????",
        message=diag.message_primary or str(error),
        constraint=diag.constraint_name or "",
        hint=diag.message_hint or "",
        detail=refused.detail if refused else {},
    )


def _act(connection: psycopg.Connection, actor: str | None, reason: str) -> None:
    if actor:
        connection.execute("select interlock.act_as(%s, reason => %s)", (actor, reason))


@contextmanager
def sessions(dsn: str, count: int) -> Iterator[list[psycopg.Connection]]:
    """Open *count* sessions of the application."""
    opened: list[psycopg.Connection] = []
    try:
        opened.extend(psycopg.connect(dsn, autocommit=True) for _ in range(count))
        yield opened
    finally:
        for connection in opened:
            connection.close()
