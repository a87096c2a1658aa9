"""Transactions of SQL whose connection callers may leave out, or whose text runs elsewhere."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import lay, run

from pginterlock.scan.site import Callers, Target, Transaction

ORDERS = Target(("status",), model="orders")
HEAD = """
=== shop/__init__.py
=== shop/db.py
from contextlib import asynccontextmanager


class Connection:
    def __init__(self, session):
        self.session = session

    async def execute(self, query, values=None):
        return await self.session.execute(query, values)


class Database:
    @asynccontextmanager
    async def connect(self):
        async with self.session.begin():
            yield Connection(self.session)

    async def execute(self, query, values=None):
        async with self.connect() as conn:
            return await conn.execute(query, values)
=== shop/crud.py
from shop.db import Connection, Database


async def pay(order, db: Database, conn: Connection | None = None):
    await (conn or db).execute("UPDATE orders SET status = 'paid' WHERE id = :id", {"id": order})


async def refund(order, db: Database, conn: Connection | None = None):
    on = conn or db
    await on.execute("UPDATE orders SET status = 'refunded' WHERE id = :id", {"id": order})
=== shop/calls.py
from shop.crud import pay, refund
from shop.db import Connection, Database


"""


def judged(tmp_path: Path, text: str, word: str = "paid") -> tuple[Transaction, Callers]:
    """Return what is said of the one write of a project in whose line *word* stands."""
    lay(tmp_path, text)
    (site,) = (it for it in run(tmp_path, ORDERS).sites if f"'{word}'" in it.text)
    return site.transaction, site.callers


@pytest.mark.parametrize(
    ("transaction", "callers", "calls"),
    [
        pytest.param(
            Transaction.CALLER,
            Callers.ALL,
            """
            async def settle(db: Database):
                async with db.connect() as conn:
                    await pay(1, db, conn)
            """,
            id="handed over",
        ),
        pytest.param(
            Transaction.CALLER,
            Callers.ALL,
            """
            async def settle(db: Database):
                async with db.connect() as conn:
                    await pay(1, db=db, conn=conn)
            """,
            id="handed over by its name",
        ),
        pytest.param(
            Transaction.NO,
            Callers.NO,
            """
            async def settle(db: Database):
                async with db.connect() as conn:
                    await conn.execute("SELECT 1")
                    await pay(1, db)
            """,
            id="left out in a transaction",
        ),
        pytest.param(
            Transaction.NO,
            Callers.NO,
            """
            async def settle(db: Database):
                async with db.connect() as conn:
                    await pay(1, db, conn=None)
            """,
            id="handed nothing",
        ),
        pytest.param(
            Transaction.CALLER,
            Callers.SOME,
            """
            async def settle(db: Database):
                async with db.connect() as conn:
                    await pay(1, db, conn)
                await pay(2, db)
            """,
            id="handed over by one of two",
        ),
        pytest.param(
            Transaction.CALLER,
            Callers.ALL,
            """
            async def one(db: Database, conn: Connection | None = None):
                await pay(1, db, conn)


            async def settle(db: Database):
                async with db.connect() as conn:
                    await one(db, conn)
            """,
            id="handed on",
        ),
        pytest.param(
            Transaction.NO,
            Callers.NO,
            """
            async def one(db: Database, conn: Connection | None = None):
                await pay(1, db, conn)


            async def settle(db: Database):
                async with db.connect() as conn:
                    await one(db)
            """,
            id="left out before it is handed on",
        ),
        pytest.param(
            Transaction.CALLER,
            Callers.ALL,
            """
            async def settle(db: Database, **more):
                async with db.connect() as conn:
                    await pay(1, db, **more)
            """,
            id="perhaps handed over",
        ),
        pytest.param(
            Transaction.CALLER,
            Callers.ALL,
            """
            async def settle(db: Database):
                async with db.transaction():
                    await pay(1, db)
            """,
            id="left out in a transaction of what gives connections",
        ),
        pytest.param(
            Transaction.NO,
            Callers.NO,
            """
            async def settle(db: Database):
                async with db.acquire() as conn, conn.transaction():
                    await pay(1, db)
            """,
            id="left out in a transaction of another connection",
        ),
    ],
)
def test_a_connection_that_callers_may_leave_out(
    tmp_path: Path, transaction: Transaction, callers: Callers, calls: str
) -> None:
    assert judged(tmp_path, HEAD + textwrap.dedent(calls)) == (transaction, callers)


def test_a_connection_that_is_kept_where_none_is_handed_over(tmp_path: Path) -> None:
    text = HEAD + textwrap.dedent("""
        class Store:
            async def write(self, order, conn=None):
                await (conn or self.conn).execute("UPDATE orders SET status = 'kept'")

            async def settle(self):
                async with self.conn.transaction():
                    await self.write(1)
        """)
    assert judged(tmp_path, text, "kept") == (Transaction.CALLER, Callers.ALL)


def test_a_connection_that_is_given_a_name_where_it_is_left_out(tmp_path: Path) -> None:
    text = HEAD + textwrap.dedent("""
        async def settle(db: Database):
            async with db.connect() as conn:
                await refund(1, db)
        """)
    assert judged(tmp_path, text, "refunded") == (Transaction.NO, Callers.NO)


@pytest.mark.parametrize(
    ("transaction", "body"),
    [
        pytest.param(
            Transaction.YES,
            """
            async def pay(pool, order):
                q = "UPDATE orders SET status = 'paid' WHERE id = $1"
                async with pool.acquire() as conn, conn.transaction():
                    await conn.execute(q, order)
            """,
            id="in a block",
        ),
        pytest.param(
            Transaction.NO,
            """
            async def pay(pool, order):
                q = "UPDATE orders SET status = 'paid' WHERE id = $1"
                async with pool.acquire() as conn, conn.transaction():
                    await conn.execute("SELECT 1")
                await pool.execute(q, order)
            """,
            id="behind a block",
        ),
        pytest.param(
            Transaction.YES,
            """
            async def pay(pool, order):
                q = "UPDATE orders SET status = 'paid' WHERE id = $1"
                log.debug(q)
                async with pool.acquire() as conn, conn.transaction():
                    await conn.execute(q, order)
                q = "SELECT 1"
                await pool.execute(q)
            """,
            id="in a block, shown before it",
        ),
        pytest.param(
            Transaction.NO,
            """
            async def pay(pool, order):
                q = "UPDATE orders SET status = 'paid' WHERE id = $1"
                if order is None:
                    async with pool.acquire() as conn, conn.transaction():
                        await conn.execute(q, order)
                else:
                    await pool.execute(q, order)
            """,
            id="in a block and elsewhere",
        ),
        pytest.param(
            Transaction.YES,
            """
            PAY = "UPDATE orders SET status = 'paid' WHERE id = $1"


            async def pay(pool, order):
                async with pool.acquire() as conn, conn.transaction():
                    await conn.execute(PAY, order)
            """,
            id="a constant",
        ),
        pytest.param(
            Transaction.CALLER,
            """
            class Order:
                _pay = "UPDATE orders SET status = 'paid' WHERE id = $1"

                async def pay(self, pool, order):
                    async with pool.acquire() as conn, conn.transaction():
                        await conn.execute(self._pay, order)

                @classmethod
                async def pay_alone(cls, pool, order):
                    await pool.execute(cls._pay, order)
            """,
            id="a constant of a class with two users",
        ),
        pytest.param(
            Transaction.UNKNOWN,
            """
            PAY = "UPDATE orders SET status = 'paid' WHERE id = $1"


            class Other:
                PAY = "SELECT 1"

                async def pay(self, pool, order):
                    await pool.execute(self.PAY, order)
            """,
            id="a constant of that name elsewhere",
        ),
        pytest.param(
            Transaction.YES,
            """
            from mautrix.util.async_db import UpgradeTable

            table = UpgradeTable()


            @table.register(description="Pay all")
            async def upgrade(conn):
                await conn.execute("UPDATE orders SET status = 'paid'")
            """,
            id="an upgrade",
        ),
        pytest.param(
            Transaction.NO,
            """
            from mautrix.util.async_db import UpgradeTable

            table = UpgradeTable()


            @table.register(description="Pay all", transaction=False)
            async def upgrade(conn):
                await conn.execute("UPDATE orders SET status = 'paid'")
            """,
            id="an upgrade in none",
        ),
        pytest.param(
            Transaction.NO,
            """
            from plugins import Registry

            table = Registry()


            @table.register(description="Pay all")
            async def upgrade(conn):
                await conn.execute("UPDATE orders SET status = 'paid'")
            """,
            id="something else registered",
        ),
    ],
)
def test_a_text_that_is_run_elsewhere(tmp_path: Path, transaction: Transaction, body: str) -> None:
    text = "\n=== shop/__init__.py\n=== shop/pay.py\n" + textwrap.dedent(body)
    assert judged(tmp_path, text)[0] is transaction
