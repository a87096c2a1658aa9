"""Transactions of functions that are handed to those who run them, across several hops."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import the_site

from pginterlock.scan.site import Target, Transaction

ORDERS = Target(("status",), table="orders")
STATEMENT = "cur.execute(\"update orders set status = 'paid'\")  # WRITE"
POOL = """
=== store/pool.py
import asyncio
from functools import partial


class Pool:
    def __init__(self, engine, driver):
        self.engine, self.driver = engine, driver

    def once(self, conn, desc, func, *args, **kwargs):
        cursor = conn.cursor()
        try:
            found = func(cursor, *args, **kwargs)
            conn.commit()
            return found
        except Exception:
            conn.rollback()
            raise

    def never(self, conn, desc, func, *args, **kwargs):
        return func(conn.cursor(), *args, **kwargs)

    async def in_one(self, desc, func, *args, db_autocommit=False, **kwargs):
        async def run():
            return await self.connected(
                self.once, desc, func, *args, db_autocommit=db_autocommit, **kwargs
            )

        return await asyncio.shield(run())

    async def in_none(self, desc, func, *args, **kwargs):
        return await self.connected(self.never, desc, func, *args, **kwargs)

    async def connected(self, func, *args, db_autocommit=False, **kwargs):
        def inner(conn, *args, **kwargs):
            if db_autocommit:
                conn.set_session(autocommit=True)
            return func(conn, *args, **kwargs)

        return await self.driver.do(inner, *args, **kwargs)

    async def in_thread(self, desc, func):
        return await asyncio.to_thread(self.once, self.engine, desc, func)

    async def in_thread_alone(self, desc, func):
        return await asyncio.to_thread(self.never, self.engine, desc, func)

    def inside(self, func):
        def inner(conn):
            return func(conn)

        return self.begun(inner)

    def by_lambda(self, func):
        return self.begun(lambda conn: func(conn))

    def begun(self, func):
        with self.engine.begin() as conn:
            return func(conn)
"""


def judged(tmp_path: Path, body: str) -> Transaction:
    """Return what is said of the one write of *body*, where STATEMENT stands for it."""
    text = textwrap.dedent(body).replace("STATEMENT", STATEMENT)
    return the_site(tmp_path, POOL + text, ORDERS).transaction


@pytest.mark.parametrize(
    ("transaction", "body"),
    [
        pytest.param(Transaction.CALLER, 'self.pool.once(c, "pay", self._pay)', id="by hand"),
        pytest.param(Transaction.NO, 'self.pool.never(c, "pay", self._pay)', id="no commit"),
        pytest.param(Transaction.CALLER, 'self.pool.in_one("pay", self._pay, 7)', id="hops"),
        pytest.param(Transaction.NO, 'self.pool.in_none("pay", self._pay, 7)', id="hops to none"),
        pytest.param(
            Transaction.NO,
            'self.pool.in_one("pay", self._pay, db_autocommit=True)',
            id="each statement commits itself",
        ),
        pytest.param(
            Transaction.CALLER,
            'self.pool.in_one("pay", self._pay, db_autocommit=False)',
            id="autocommit is off",
        ),
        pytest.param(
            Transaction.NO,
            'self.pool.in_one("pay", self._pay, db_autocommit=c.is_quick)',
            id="each statement may commit itself",
        ),
        pytest.param(Transaction.CALLER, 'self.pool.in_thread("pay", self._pay)', id="a thread"),
        pytest.param(
            Transaction.NO, 'self.pool.in_thread_alone("pay", self._pay)', id="a thread without"
        ),
        pytest.param(Transaction.CALLER, "self.pool.inside(self._pay)", id="a nested function"),
        pytest.param(Transaction.CALLER, "self.pool.by_lambda(self._pay)", id="a lambda"),
        pytest.param(
            Transaction.CALLER, "self.pool.begun(partial(self._pay, 7))", id="arguments bound"
        ),
        pytest.param(Transaction.NO, "self.kept = partial(self._pay, 7)", id="bound and kept"),
        pytest.param(
            Transaction.CALLER, "self.driver.runWithConnection(self._pay)", id="of a library"
        ),
    ],
)
def test_a_method_that_is_handed_to_a_runner(
    tmp_path: Path, transaction: Transaction, body: str
) -> None:
    work = f"""
    === store/work.py
    from functools import partial

    from store.pool import Pool


    class Store:
        def __init__(self, pool: Pool, driver):
            self.pool, self.driver = pool, driver

        def pay(self, c):
            {body}

        def _pay(self, cur, pk=0):
            STATEMENT
    """
    assert judged(tmp_path, work) is transaction
