"""Whatever driver or wrapper raised it, `pginterlock.refusal` makes every refusal typed."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import psycopg
import psycopg2
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from tests.conftest import Build
from tests.integrations.refusing_stays import CASES, address, build, url

import pginterlock
from pginterlock.errors import ClaimTaken, IllegalTransition, Refused

WRITES = [sql for _, _, _, sql in CASES]


@pytest.fixture
def stays(make_database: Callable[[str, Build], str]) -> str:
    """A database with a row for each way to be refused."""
    return make_database("refusing_stays", build)


def caught(write: Callable[[str], object]) -> list[BaseException | None]:
    """Return what each write raises."""
    found: list[BaseException | None] = []
    for sql in WRITES:
        try:
            write(sql)
        except Exception as error:
            found.append(error)
        else:
            found.append(None)
    return found


async def caught_later(write: Callable[[str], Awaitable[object]]) -> list[BaseException | None]:
    """Return what each write raises."""
    found: list[BaseException | None] = []
    for sql in WRITES:
        try:
            await write(sql)
        except Exception as error:
            found.append(error)
        else:
            found.append(None)
    return found


def by_psycopg(dsn: str) -> list[BaseException | None]:
    with psycopg.connect(dsn, autocommit=True) as session:
        return caught(lambda sql: session.execute(sql.encode()))


async def by_psycopg_async(dsn: str) -> list[BaseException | None]:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as session:
        return await caught_later(lambda sql: session.execute(sql.encode()))


async def by_psycopg_pipeline(dsn: str) -> list[BaseException | None]:
    async def write(sql: str) -> None:
        async with session.pipeline():
            await session.execute("select 1")
            await session.execute(sql.encode())

    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as session:
        return await caught_later(write)


def by_psycopg2(dsn: str) -> list[BaseException | None]:
    session = psycopg2.connect(dsn)
    session.autocommit = True
    with session.cursor() as cursor:
        found = caught(cursor.execute)
    session.close()
    return found


async def by_asyncpg(dsn: str) -> list[BaseException | None]:
    session = await asyncpg.connect(address(dsn))
    try:
        return await caught_later(session.execute)
    finally:
        await session.close()


async def by_task_group(dsn: str) -> list[BaseException | None]:
    async def write(sql: str) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(0))
            group.create_task(session.execute(sql))

    session = await asyncpg.connect(address(dsn))
    try:
        return await caught_later(write)
    finally:
        await session.close()


def by_sqlalchemy(driver: str) -> Callable[[str], list[BaseException | None]]:
    def run(dsn: str) -> list[BaseException | None]:
        engine = sa.create_engine(url(dsn, driver))
        with engine.connect() as connection:

            def write(sql: str) -> None:
                with connection.begin():
                    connection.execute(sa.text(sql))

            found = caught(write)
        engine.dispose()
        return found

    return run


def by_session(dsn: str) -> list[BaseException | None]:
    engine = sa.create_engine(url(dsn, "psycopg"))
    with Session(engine) as session:

        def write(sql: str) -> None:
            with session.begin():
                session.execute(sa.text(sql))

        found = caught(write)
    engine.dispose()
    return found


def by_async_session(driver: str) -> Callable[[str], Awaitable[list[BaseException | None]]]:
    async def run(dsn: str) -> list[BaseException | None]:
        engine = create_async_engine(url(dsn, driver))
        async with AsyncSession(engine) as session:

            async def write(sql: str) -> None:
                async with session.begin():
                    await session.execute(sa.text(sql))

            found = await caught_later(write)
        await engine.dispose()
        return found

    return run


CLIENTS = {
    "psycopg": by_psycopg,
    "psycopg_async": by_psycopg_async,
    "psycopg_pipeline": by_psycopg_pipeline,
    "psycopg2": by_psycopg2,
    "asyncpg": by_asyncpg,
    "task_group": by_task_group,
    "sqlalchemy_psycopg": by_sqlalchemy("psycopg"),
    "sqlalchemy_psycopg2": by_sqlalchemy("psycopg2"),
    "session": by_session,
    "async_session_psycopg": by_async_session("psycopg"),
    "async_session_asyncpg": by_async_session("asyncpg"),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_every_code_is_typed(stays: str, client: str) -> None:
    ran = CLIENTS[client](stays)
    errors = ran if isinstance(ran, list) else asyncio.run(ran)  # type: ignore[arg-type]

    found = [pginterlock.refusal(error) if error else None for error in errors]
    told = [
        (it.code, it.sqlstate, it.constraint, it.machine, bool(it.message), bool(it.hint))
        if it
        else repr(error)
        for it, error in zip(found, errors, strict=True)
    ]
    assert told == [(code, state, name, "stay", True, True) for code, state, name, _ in CASES]
    assert [type(it) for it in found] == [Refused.by_code[code] for code, *_ in CASES]
    move, claim, desk = found[0], found[-2], found[-1]
    assert isinstance(move, IllegalTransition)
    assert (move.key, move.from_state, move.to_state) == ({"id": 1}, "NEW", "IN")
    assert (set(move.allowed), move.table) == ({"PAID", "LOST", "CLOSED"}, "public.stay")
    assert isinstance(claim, ClaimTaken)
    assert (claim.claim, claim.wanted["room"], claim.holder["id"]) == ("room", "1", "2")
    assert isinstance(desk, ClaimTaken)
    assert (desk.claim, desk.wanted) == ("desk", {"desk": "7"})


def test_the_cases_are_of_all_codes_that_a_database_raises() -> None:
    # IL10 and IL16 are found, not refused; IL17 refuses DDL, not a write.
    assert {code for code, *_ in CASES} == set(Refused.by_code) - {"IL10", "IL16", "IL17"}
