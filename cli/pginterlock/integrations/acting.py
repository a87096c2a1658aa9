"""`with pginterlock.acting(...)`: who acts, and why, in one transaction of any connection.

Imports no driver: whoever hands in a connection has imported its own.
"""

import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from types import TracebackType
from typing import Any, TypeVar

from pginterlock.errors import UsageError
from pginterlock.integrations.actor_claim import OF_ASYNCPG, OF_PSYCOPG, READ, Claim

_IDLE = 0  # of libpq: no transaction is open
_SAVEPOINT = "interlock_acting"
Kind = tuple[str, str]
_T = TypeVar("_T")


class acting:  # noqa: N801 - it is used as a function is
    """Say who acts in a block, and why: what is written in it is recorded under *actor*.

    The block is a transaction of *connection* and ends with it: committed, or rolled back when it
    raises. Inside of one that is open it is a savepoint, and afterwards whoever acted before acts
    again. Nothing outlives the transaction, so it is safe behind a pooler of transactions.

    *connection* is of psycopg 3 or 2, or a Connection or Session of SQLAlchemy: ``with``. It is an
    asynchronous one of psycopg 3, SQLAlchemy or asyncpg: ``async with``. Raises UsageError for any
    other, and where SQLAlchemy is in autocommit, for a claim would be gone at once.
    """

    def __init__(self, actor: str | None, *, reason: str | None = None, connection: object) -> None:
        self._claim = Claim(actor, reason)
        self._connection = connection
        self._block: AbstractContextManager[None] | None = None
        self._async_block: AbstractAsyncContextManager[None] | None = None

    def __enter__(self) -> None:
        enter = _found(self._connection, _SYNC)
        if enter is None:
            raise _unknown(self._connection)
        self._block = enter(self._connection, self._claim)
        self._block.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        """End the transaction, or the savepoint."""
        assert self._block is not None  # noqa: S101 - for mypy
        return self._block.__exit__(kind, error, trace)

    async def __aenter__(self) -> None:
        enter = _found(self._connection, _ASYNC)
        if enter is None:
            raise _unknown(self._connection)
        self._async_block = enter(self._connection, self._claim)
        await self._async_block.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        """End the transaction, or the savepoint."""
        assert self._async_block is not None  # noqa: S101 - for mypy
        return await self._async_block.__aexit__(kind, error, trace)


def _found(connection: object, kinds: Mapping[Kind, _T]) -> _T | None:
    """Return what goes with the class of *connection*, of those that are imported already."""
    for (module, name), value in kinds.items():
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type) and isinstance(connection, kind):
            return value
    return None


def _unknown(connection: object) -> UsageError:
    kind = f"{type(connection).__module__}.{type(connection).__qualname__}"
    for word, kinds in (("with", _SYNC), ("async with", _ASYNC)):
        if _found(connection, kinds):
            return UsageError(f"acting: a {kind} is entered with `{word}`")
    return UsageError(
        f"acting: {kind} is no kind of connection that it knows",
        remedy="Run `select interlock.act_as('user:42', reason => '...')` as the first statement of"
        " the transaction.",
    )


@contextmanager
def _in_psycopg(connection: Any, claim: Claim) -> Iterator[None]:
    is_inner = connection.info.transaction_status != _IDLE
    with connection.transaction():
        before = Claim(*_row(connection, READ, [])) if is_inner else None
        _row(connection, OF_PSYCOPG, claim.values)
        yield
        if before:
            _row(connection, OF_PSYCOPG, before.values)


def _row(connection: Any, query: str, values: list[str]) -> list[Any]:
    with connection.cursor(row_factory=_plain_row) as cursor:
        found: list[Any] = cursor.execute(query, values).fetchone()
        return found


@contextmanager
def _in_psycopg2(connection: Any, claim: Claim) -> Iterator[None]:
    if connection.get_transaction_status() != _IDLE:
        with _psycopg2_savepoint(connection):
            before = Claim(*_psycopg2_row(connection, READ, []))
            _psycopg2_row(connection, OF_PSYCOPG, claim.values)
            yield
            _psycopg2_row(connection, OF_PSYCOPG, before.values)
        return
    was_autocommit, connection.autocommit = connection.autocommit, False
    try:
        _psycopg2_row(connection, OF_PSYCOPG, claim.values)
        yield
        connection.commit()
    finally:
        if not connection.closed:
            connection.rollback()  # after a commit there is nothing to roll back
            connection.autocommit = was_autocommit


@contextmanager
def _psycopg2_savepoint(connection: Any) -> Iterator[None]:
    """Run the block in a savepoint; one within another may have the same name."""
    with connection.cursor() as cursor:
        cursor.execute(f"savepoint {_SAVEPOINT}")
        try:
            yield
        except BaseException:
            if not connection.closed:
                cursor.execute(f"rollback to {_SAVEPOINT}; release {_SAVEPOINT}")
            raise
        cursor.execute(f"release {_SAVEPOINT}")


def _psycopg2_row(connection: Any, query: str, values: list[str]) -> Any:
    plain = sys.modules["psycopg2.extensions"].cursor  # whatever the cursors of the connection are
    with connection.cursor(cursor_factory=plain) as cursor:
        cursor.execute(query, values)
        return cursor.fetchone()


@asynccontextmanager
async def _in_async_psycopg(connection: Any, claim: Claim) -> AsyncIterator[None]:
    is_inner = connection.info.transaction_status != _IDLE
    async with connection.transaction():
        before = Claim(*await _async_row(connection, READ, [])) if is_inner else None
        await _async_row(connection, OF_PSYCOPG, claim.values)
        yield
        if before:
            await _async_row(connection, OF_PSYCOPG, before.values)


async def _async_row(connection: Any, query: str, values: list[str]) -> list[Any]:
    async with connection.cursor(row_factory=_plain_row) as cursor:
        await cursor.execute(query, values)
        found: list[Any] = await cursor.fetchone()
        return found


def _plain_row(cursor: object) -> Callable[..., Any]:
    """Make rows lists, whatever the rows of the connection are."""
    del cursor
    return list


@asynccontextmanager
async def _in_asyncpg(connection: Any, claim: Claim) -> AsyncIterator[None]:
    is_inner = connection.is_in_transaction()
    async with connection.transaction():
        before = Claim(*await connection.fetchrow(READ)) if is_inner else None
        await connection.fetchrow(OF_ASYNCPG, *claim.values)
        yield
        if before:
            await connection.fetchrow(OF_ASYNCPG, *before.values)


def _in_connection(connection: Any, claim: Claim) -> AbstractContextManager[None]:
    from pginterlock.integrations.sqlalchemy import claiming  # noqa: PLC0415 - it imports much

    return claiming.in_connection(connection, claim)


def _in_session(session: Any, claim: Claim) -> AbstractContextManager[None]:
    from pginterlock.integrations.sqlalchemy import claiming  # noqa: PLC0415 - it imports much

    return claiming.in_session(session, claim)


def _in_scoped_session(session: Any, claim: Claim) -> AbstractContextManager[None]:
    return _in_session(session(), claim)


@asynccontextmanager
async def _in_async_connection(connection: Any, claim: Claim) -> AsyncIterator[None]:
    async with _across(connection.run_sync, lambda sync: _in_connection(sync, claim)):
        yield


@asynccontextmanager
async def _in_async_session(session: Any, claim: Claim) -> AsyncIterator[None]:
    async with _across(session.run_sync, lambda sync: _in_session(sync, claim)):
        yield


@asynccontextmanager
async def _across(
    run_sync: Callable[..., Any], make: Callable[[Any], AbstractContextManager[None]]
) -> AsyncIterator[None]:
    """Enter and leave a synchronous block of SQLAlchemy from asynchronous code."""
    block: list[AbstractContextManager[None]] = []

    def enter(sync: object) -> None:
        block.append(make(sync))
        block[0].__enter__()

    await run_sync(enter)
    try:
        yield
    except BaseException as error:
        caught = error
        await run_sync(lambda _: block[0].__exit__(type(caught), caught, caught.__traceback__))
        raise
    await run_sync(lambda _: block[0].__exit__(None, None, None))


_SYNC: Mapping[Kind, Callable[[Any, Claim], AbstractContextManager[None]]] = {
    ("psycopg", "Connection"): _in_psycopg,
    ("psycopg2.extensions", "connection"): _in_psycopg2,
    ("sqlalchemy.engine", "Connection"): _in_connection,
    ("sqlalchemy.orm", "Session"): _in_session,
    ("sqlalchemy.orm", "scoped_session"): _in_scoped_session,
}
_ASYNC: Mapping[Kind, Callable[[Any, Claim], AbstractAsyncContextManager[None]]] = {
    ("psycopg", "AsyncConnection"): _in_async_psycopg,
    ("asyncpg", "Connection"): _in_asyncpg,
    ("asyncpg.pool", "PoolConnectionProxy"): _in_asyncpg,
    ("sqlalchemy.ext.asyncio", "AsyncConnection"): _in_async_connection,
    ("sqlalchemy.ext.asyncio", "AsyncSession"): _in_async_session,
}
