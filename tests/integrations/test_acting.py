"""Who acts, in a block of any connection, and in every transaction of a session."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from typing import Any

import asyncpg
import psycopg
import psycopg2
import pytest
import sqlalchemy as sa
from psycopg.rows import dict_row
from psycopg2.extras import RealDictCursor
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from tests import actor_parcels, pooler
from tests.conftest import Build
from tests.integrations.refusing_stays import address, url
from tests.servers import TestServer

import pginterlock
from pginterlock.errors import Unattributed, UsageError
from pginterlock.sqlalchemy import act_as, install

SEND = "update parcel set status = 'SENT' where id = {}"
Write = Callable[[Any, int], Any]


@pytest.fixture
def parcels(make_database: Callable[[str, Build], str]) -> str:
    """A hundred parcels whose machine asks who acts."""
    return make_database("actor_parcels", actor_parcels.build)


@pytest.fixture
def engine(parcels: str) -> Iterator[sa.Engine]:
    """An engine on it."""
    made = sa.create_engine(url(parcels, "psycopg"))
    yield made
    made.dispose()


def recorded(dsn: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as session:
        return [(key, actor, reason) for key, _, actor, reason in actor_parcels.entries(session)]


@contextmanager
def a_psycopg(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn, row_factory=dict_row, autocommit=True) as connection:
        yield connection


@contextmanager
def a_psycopg2(dsn: str) -> Iterator[Any]:
    with closing(psycopg2.connect(dsn, cursor_factory=RealDictCursor)) as connection:
        yield connection


@contextmanager
def a_psycopg2_in_autocommit(dsn: str) -> Iterator[Any]:
    with a_psycopg2(dsn) as connection:
        connection.autocommit = True
        yield connection
        assert connection.autocommit


@contextmanager
def a_connection(dsn: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url(dsn, "psycopg2"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


@contextmanager
def a_session(dsn: str) -> Iterator[Session]:
    engine = sa.create_engine(url(dsn, "psycopg"), poolclass=sa.NullPool)
    with Session(engine) as session:
        yield session


@asynccontextmanager
async def an_async_psycopg(dsn: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    opened = await psycopg.AsyncConnection.connect(dsn, row_factory=dict_row, autocommit=True)
    async with opened as connection:
        yield connection


@asynccontextmanager
async def an_asyncpg(dsn: str) -> AsyncIterator[Any]:
    async with asyncpg.create_pool(address(dsn), min_size=1) as pool, pool.acquire() as connection:
        yield connection


@asynccontextmanager
async def an_async_connection(dsn: str) -> AsyncIterator[Any]:
    engine = create_async_engine(url(dsn, "asyncpg"), poolclass=sa.NullPool)
    async with engine.connect() as connection:
        yield connection


@asynccontextmanager
async def an_async_session(dsn: str) -> AsyncIterator[AsyncSession]:
    engine = create_async_engine(url(dsn, "psycopg"), poolclass=sa.NullPool)
    async with AsyncSession(engine) as session:
        yield session


def write(connection: Any, number: int) -> Any:
    sql = SEND.format(number)
    if isinstance(connection, psycopg2.extensions.connection):
        return connection.cursor().execute(sql)
    is_ours = type(connection).__module__.startswith("sqlalchemy.")
    return connection.execute(sa.text(sql) if is_ours else sql)


@pytest.mark.parametrize(
    "opened", [a_psycopg, a_psycopg2, a_psycopg2_in_autocommit, a_connection, a_session]
)
def test_a_block_acts_and_what_is_around_it_acts_again(parcels: str, opened: Any) -> None:
    with opened(parcels) as connection:
        with pginterlock.acting("user:1", reason="asked", connection=connection):
            write(connection, 1)
            with pginterlock.acting("user:2", connection=connection):
                write(connection, 2)
            write(connection, 3)
            with suppress(KeyError), pginterlock.acting("user:3", connection=connection):
                write(connection, 4)
                raise KeyError
            write(connection, 5)
        with pytest.raises(Exception, match="no actor is given") as caught:
            write(connection, 6)

    assert isinstance(pginterlock.refusal(caught.value), Unattributed)
    assert recorded(parcels) == [
        (1, "user:1", "asked"), (2, "user:2", None), (3, "user:1", "asked"), (5, "user:1", "asked"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "opened", [an_async_psycopg, an_asyncpg, an_async_connection, an_async_session]
)
def test_an_async_block_does_the_same(parcels: str, opened: Any) -> None:
    async def run() -> BaseException:
        async with opened(parcels) as connection:
            async with pginterlock.acting("user:1", reason="asked", connection=connection):
                await write(connection, 1)
                async with pginterlock.acting("user:2", connection=connection):
                    await write(connection, 2)
                with suppress(KeyError):
                    async with pginterlock.acting("user:3", connection=connection):
                        await write(connection, 4)
                        raise KeyError
                await write(connection, 5)
            with pytest.raises(Exception, match="no actor is given") as caught:
                await write(connection, 6)
            return caught.value

    assert isinstance(pginterlock.refusal(asyncio.run(run())), Unattributed)
    assert recorded(parcels) == [
        (1, "user:1", "asked"), (2, "user:2", None), (5, "user:1", "asked"),
    ]  # fmt: skip


def test_a_block_of_psycopg_2_ends_its_transaction(parcels: str) -> None:
    """Committed, or rolled back where it raises; inside of one that is open it ends nothing."""
    with a_psycopg2(parcels) as connection:
        with suppress(KeyError), pginterlock.acting("user:1", connection=connection):
            write(connection, 1)
            raise KeyError
        with pginterlock.acting("user:2", connection=connection):
            write(connection, 2)
        assert recorded(parcels) == [(2, "user:2", None)]
        connection.cursor().execute("select interlock.act_as('by hand')")
        with pginterlock.acting("user:3", connection=connection):
            write(connection, 3)
        write(connection, 4)
        assert recorded(parcels) == [(2, "user:2", None)]
        connection.commit()

    assert recorded(parcels)[1:] == [(3, "user:3", None), (4, "by hand", None)]


def test_a_connection_of_psycopg_2_that_breaks_in_a_block_tells_of_it(parcels: str) -> None:
    with a_psycopg2(parcels) as connection:
        gone = f"select pg_terminate_backend({connection.get_backend_pid()})"
        with (
            pytest.raises(psycopg2.OperationalError, match="closed the connection"),
            pginterlock.acting("user:1", connection=connection),
        ):
            connection.cursor().execute(gone)


def test_a_claim_made_by_hand_around_a_block_holds_after_it(parcels: str) -> None:
    with a_session(parcels) as session:
        session.execute(sa.text("select interlock.act_as('by hand')"))
        with pginterlock.acting("user:1", connection=session):
            write(session, 1)
        with suppress(KeyError), pginterlock.acting("user:2", connection=session):
            raise KeyError
        write(session, 2)
        session.commit()

    assert recorded(parcels) == [(1, "user:1", None), (2, "by hand", None)]


def test_a_block_that_fails_before_its_first_statement_leaves_nobody(parcels: str) -> None:
    with a_session(parcels) as session:
        session.begin()
        with suppress(KeyError), pginterlock.acting("user:1", connection=session):
            write(session, 1)
            raise KeyError
        with pytest.raises(sa.exc.IntegrityError, match="no actor is given"):
            write(session, 2)


def test_a_session_acts_in_each_of_its_transactions(engine: sa.Engine, parcels: str) -> None:
    with Session(engine) as session:
        act_as(session, "user:1", reason="asked")
        write(session, 1)
        session.commit()
        write(session, 2)
        session.rollback()
        write(session, 3)
        act_as(session, "user:2")
        write(session, 4)
        session.commit()
    with Session(engine) as session, pytest.raises(sa.exc.IntegrityError, match="no actor"):
        write(session, 5)

    assert recorded(parcels) == [
        (1, "user:1", "asked"), (3, "user:1", "asked"), (4, "user:2", None),
    ]  # fmt: skip


def test_savepoints_of_a_session_keep_who_acts(engine: sa.Engine, parcels: str) -> None:
    with Session(engine) as session:
        act_as(session, "user:1")
        with session.begin_nested():
            write(session, 1)
        inner = session.begin_nested()
        act_as(session, "user:2")
        write(session, 2)
        inner.rollback()
        write(session, 3)
        session.commit()

    assert recorded(parcels) == [(1, "user:1", None), (3, "user:2", None)]


def test_a_maker_asks_who_acts_at_the_beginning_of_each_transaction(
    engine: sa.Engine, parcels: str
) -> None:
    told: list[tuple[str, str] | None] = [("user:1", "first"), ("user:2", "second"), None]
    maker = sessionmaker(engine, info={"kept": True})
    install(maker, lambda: told.pop(0))
    sessions = scoped_session(maker)
    write(sessions, 1)
    sessions.commit()
    write(sessions(), 2)
    sessions.commit()
    with pytest.raises(sa.exc.IntegrityError, match="no actor"):
        write(sessions, 3)
    assert sessions.info["kept"]
    sessions.remove()

    assert recorded(parcels) == [(1, "user:1", "first"), (2, "user:2", "second")]


def test_an_async_maker_asks_too(parcels: str) -> None:
    async def run() -> None:
        engine = create_async_engine(url(parcels, "asyncpg"), poolclass=sa.NullPool)
        maker = async_sessionmaker(engine)
        install(maker, lambda: ("user:1", None))
        async with maker() as session:
            await write(session, 1)
            with pytest.raises(UsageError, match="open already") as caught:
                act_as(session, "user:2")
            assert "run_sync" in str(caught.value.remedy)
            await session.run_sync(act_as, "user:2")
            await write(session, 2)
            await session.commit()

    asyncio.run(run())
    assert recorded(parcels) == [(1, "user:1", None), (2, "user:2", None)]


def test_autocommit_is_refused(parcels: str) -> None:
    engine = sa.create_engine(
        url(parcels, "psycopg"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    with (
        engine.connect() as connection,
        pytest.raises(UsageError, match="is in autocommit"),
        pginterlock.acting("user:1", connection=connection),
    ):
        pass


def test_other_connections_are_told_apart(parcels: str) -> None:
    other = sqlite3.connect(":memory:")
    with (
        pytest.raises(UsageError, match=r"sqlite3\.Connection is no kind") as caught,
        pginterlock.acting("user:1", connection=other),
    ):
        pass
    other.close()
    assert "interlock.act_as" in str(caught.value.remedy)

    async def run() -> None:
        async with an_asyncpg(parcels) as connection:
            with (
                pytest.raises(UsageError, match="is entered with `async with`"),
                pginterlock.acting("user:1", connection=connection),
            ):
                pass

    asyncio.run(run())


@pytest.mark.skipif(
    pooler.find() is None,
    reason="PGBOUNCER IS NOT HERE: actors behind a pooler were NOT TESTED; run make pgbouncer",
)
def test_nothing_leaks_behind_a_pooler(server: TestServer, parcels: str) -> None:
    name = sa.make_url(f"postgresql:///{parcels.rpartition('=')[2]}").database
    with pooler.running(server, str(name)) as pooled:
        engine = sa.create_engine(
            url(pooled, "psycopg"),
            poolclass=sa.NullPool,
            connect_args={"prepare_threshold": None},
        )
        with Session(engine) as first, Session(engine) as second:
            act_as(first, "first")
            for number in range(1, 9, 2):
                write(first, number)
                first.commit()
                with pytest.raises(sa.exc.IntegrityError, match="no actor"):
                    write(second, number + 1)
                second.rollback()

    assert recorded(parcels) == [(number, "first", None) for number in range(1, 9, 2)]
