"""Drive the core of the outbox over a connection: one driver waits, the other awaits."""

import asyncio
import time
from types import TracebackType
from typing import Self

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Identifier

from pginterlock import database
from pginterlock.audit import Entry
from pginterlock.errors import UsageError
from pginterlock.outbox.requests import Answer, Ask, Begin, Core, End, Hand, Request, Wait


class _Core:
    """The core, and what it waits for: errors of the server become ours, whoever drives."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._answer: Answer = None
        self._is_handing = False
        self.is_over = False

    def begin(self, status: TransactionStatus, *, is_enough: bool = False) -> None:
        """Come back from the caller, whose entry is done with."""
        if not self._is_handing:
            if not self.is_over and status != TransactionStatus.IDLE:
                raise UsageError(
                    "a transaction is open on the connection of the consumer",
                    remedy="Commit it first: each batch is a transaction of its own.",
                )
            return
        if status != TransactionStatus.INTRANS:
            self.is_over = True
            raise UsageError(
                "the transaction of the batch has failed, or was ended by somebody else",
                remedy="Leave commit and rollback to the consumer; what fails in a batch belongs"
                " in a savepoint (connection.transaction()).",
            )
        self._answer, self._is_handing = is_enough, False

    def step(self, error: Exception | None = None) -> Request | None:
        """Return the next request, or None at the end."""
        try:
            with database.faults():
                if error is not None:
                    request = self._core.throw(error)
                else:
                    request = self._core.send(self._answer)
        except StopIteration:
            self.is_over = True
            return None
        except BaseException:
            self.is_over = True
            raise
        self._answer = None
        self._is_handing = isinstance(request, Hand)
        return request

    def answer(self, answer: Answer) -> None:
        """Keep the answer for the next step."""
        self._answer = answer

    @property
    def has_entry_out(self) -> bool:
        """Whether the caller has an entry that is not kept yet."""
        return self._is_handing and not self.is_over

    def stop(self) -> None:
        """Take no further step."""
        self.is_over = True
        self._core.close()


def _is_last(request: Request, *, is_commit: bool) -> bool:
    """Whether to stop at *request*: at an entry, or where what was handed out is kept."""
    return isinstance(request, Hand) or (is_commit and isinstance(request, End))


class Consumer:
    """Entries of a cursor, in order; see `consume`."""

    def __init__(self, connection: psycopg.Connection, core: Core) -> None:
        self._connection = connection
        self._core = _Core(core)
        self._channels: tuple[str, ...] = ()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Entry:
        """Keep what was handed out before, once a batch is through, and return the next entry."""
        request = self._run()
        if isinstance(request, Hand):
            return request.entry
        raise StopIteration

    def commit(self) -> None:
        """Keep what was handed out so far: the cursor moves past it, and all is committed."""
        if self._core.has_entry_out:
            self._run(is_commit=True)

    def close(self) -> None:
        """Roll back what is not kept, and stop."""
        if not self._core.is_over:
            self._core.stop()
        self._undo()
        if not self._connection.closed:
            for channel in self._channels:
                self._connection.execute(SQL("unlisten {}").format(Identifier(channel)))
            self._connection.commit()
            self._channels = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep what was handed out, unless the block has failed."""
        try:
            if kind is None:
                self.commit()
        finally:
            self.close()

    def _run(self, *, is_commit: bool = False) -> Request | None:
        self._core.begin(self._connection.info.transaction_status, is_enough=is_commit)
        failure: Exception | None = None
        while not self._core.is_over:
            try:
                request = self._core.step(failure)
            except BaseException:
                self._undo()
                raise
            failure = None
            if request is None:
                break
            try:
                self._core.answer(self._do(request))
            except psycopg.Error as error:
                failure = error
            if failure is None and _is_last(request, is_commit=is_commit):
                return request
        return None

    def _do(self, request: Request) -> list[DictRow] | None:
        match request:
            case Ask(text, values):
                with self._connection.cursor(row_factory=dict_row) as cursor:
                    cursor.execute(text.encode(), values, prepare=False)
                    return cursor.fetchall() if cursor.description else []
            case Begin():
                if self._connection.autocommit:
                    self._connection.execute("begin")
            case End(is_commit):
                self._connection.commit() if is_commit else self._connection.rollback()
            case Wait(seconds, channels):
                self._wait(seconds, channels)
        return None

    def _wait(self, seconds: float, channels: tuple[str, ...]) -> None:
        if not channels:
            time.sleep(seconds)
            return
        if channels != self._channels:
            for channel in channels:
                self._connection.execute(SQL("listen {}").format(Identifier(channel)))
            self._connection.commit()
            self._channels = channels
            return  # something may have come before we listened
        for _ in self._connection.notifies(timeout=seconds, stop_after=1):
            pass

    def _undo(self) -> None:
        database.close_amid_statement(self._connection)
        if not self._connection.closed:
            self._connection.rollback()


class AsyncConsumer:
    """Entries of a cursor, in order; see `consume_async`."""

    def __init__(self, connection: psycopg.AsyncConnection, core: Core) -> None:
        self._connection = connection
        self._core = _Core(core)
        self._channels: tuple[str, ...] = ()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Entry:
        """Keep what was handed out before, once a batch is through, and return the next entry."""
        request = await self._run()
        if isinstance(request, Hand):
            return request.entry
        raise StopAsyncIteration

    async def commit(self) -> None:
        """Keep what was handed out so far: the cursor moves past it, and all is committed."""
        if self._core.has_entry_out:
            await self._run(is_commit=True)

    async def close(self) -> None:
        """Roll back what is not kept, and stop."""
        if not self._core.is_over:
            self._core.stop()
        await self._undo()
        if not self._connection.closed:
            for channel in self._channels:
                await self._connection.execute(SQL("unlisten {}").format(Identifier(channel)))
            await self._connection.commit()
            self._channels = ()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep what was handed out, unless the block has failed."""
        try:
            if kind is None:
                await self.commit()
        finally:
            await self.close()

    async def _run(self, *, is_commit: bool = False) -> Request | None:
        self._core.begin(self._connection.info.transaction_status, is_enough=is_commit)
        failure: Exception | None = None
        while not self._core.is_over:
            try:
                request = self._core.step(failure)
            except BaseException:
                await self._undo()
                raise
            failure = None
            if request is None:
                break
            try:
                self._core.answer(await self._do(request))
            except psycopg.Error as error:
                failure = error
            if failure is None and _is_last(request, is_commit=is_commit):
                return request
        return None

    async def _do(self, request: Request) -> list[DictRow] | None:
        match request:
            case Ask(text, values):
                async with self._connection.cursor(row_factory=dict_row) as cursor:
                    await cursor.execute(text.encode(), values, prepare=False)
                    return await cursor.fetchall() if cursor.description else []
            case Begin():
                if self._connection.autocommit:
                    await self._connection.execute("begin")
            case End(is_commit):
                await (self._connection.commit() if is_commit else self._connection.rollback())
            case Wait(seconds, channels):
                await self._wait(seconds, channels)
        return None

    async def _wait(self, seconds: float, channels: tuple[str, ...]) -> None:
        if not channels:
            await asyncio.sleep(seconds)
            return
        if channels != self._channels:
            for channel in channels:
                await self._connection.execute(SQL("listen {}").format(Identifier(channel)))
            await self._connection.commit()
            self._channels = channels
            return  # something may have come before we listened
        async for _ in self._connection.notifies(timeout=seconds, stop_after=1):
            pass

    async def _undo(self) -> None:
        await database.close_amid_statement_async(self._connection)
        if not self._connection.closed:
            await self._connection.rollback()
