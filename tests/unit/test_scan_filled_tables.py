"""SQL in Python whose table is filled in when it runs: by functions, parameters, attributes."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import lay, places, run, sites_of

from pginterlock.scan.site import Callers, Target, Transaction

ORDERS = Target(("status",), model="orders")
NAMES = """
=== shop/__init__.py
=== shop/names.py
from contextvars import ContextVar

import settings

_schema = ContextVar("schema", default="public")


def current_schema():
    return _schema.get()


def qualified(table: str) -> str:
    return f"{current_schema()}.{table}"


def quoted(table: str, schema: str | None = None) -> str:
    if schema:
        return f'"{schema}"."{table}"'
    return table


def added(table):
    return '"' + settings.SCHEMA + '".' + table


def formatted(table, *, schema="public"):
    return "{}.{}".format(schema, table)


def percent(table):
    return "%s.%s" % (settings.SCHEMA, table)


def joined(table):
    return ".".join(filter(None, (settings.SCHEMA, table)))


def prefixed(table):
    return settings.PREFIX + table


def either(table):
    return qualified(table) if settings.SCHEMA else table


def behind(name: str) -> str:
    from .names import qualified as _qualified

    return _qualified(name)
"""
CALLS = """
=== shop/work.py
from shop import names
from shop.names import *


async def work(conn, schema, which):
    await conn.execute(f"UPDATE {%(call)s} SET status = 'paid' WHERE id = $1", 1)%(mark)s
"""


@pytest.mark.parametrize(
    "call",
    [
        "qualified('orders')",
        "names.qualified('orders')",
        "qualified(table='orders')",
        "quoted('orders', schema)",
        "added('orders')",
        "formatted('orders')",
        "percent('orders')",
        "joined('orders')",
        "either('orders')",
        "behind('orders')",
        "qualified(['bills', 'orders'][0] if which else 'orders')",
    ],
)
def test_a_function_makes_the_name_of_the_table(tmp_path: Path, call: str) -> None:
    sites_of(tmp_path, NAMES + CALLS % {"call": call, "mark": "  # WRITE"}, ORDERS)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("qualified('bills')", id="another table"),
        pytest.param("quoted('bills', 'orders')", id="a schema of that name"),
        pytest.param("prefixed('orders')", id="what stands before the name is not known"),
        pytest.param("qualified(which)", id="nobody says which"),
        pytest.param("qualified('orders') + '_archive'", id="more behind it"),
    ],
)
def test_a_function_makes_the_name_of_another_table(tmp_path: Path, call: str) -> None:
    sites_of(tmp_path, NAMES + CALLS % {"call": call, "mark": ""}, ORDERS)


BODIES = [
    pytest.param(
        """
        async def mark(conn, table, ids):
            await conn.execute(f"UPDATE {table} SET status = 'done' WHERE id = $1", ids)  # WRITE

        async def work(conn):
            await mark(conn, qualified("orders"), [1])
        """,
        id="a parameter, by who calls",
    ),
    pytest.param(
        """
        class Store:
            async def claim(self, conn, table):
                await self.mark(conn, table=table)

            async def mark(self, conn, table):
                await conn.execute(f"UPDATE {table} SET status = 'done'")  # WRITE

        class Poller:
            def __init__(self, store: Store):
                self._store = store

            async def poll(self, conn):
                table = qualified("orders")
                await self._store.claim(conn, table)
        """,
        id="a parameter, through two callers",
    ),
    pytest.param(
        """
        def mark(cur, table="orders"):
            cur.execute(f"UPDATE {table} SET status = 'done'")  # WRITE
        """,
        id="a parameter, by its default",
    ),
    pytest.param(
        """
        def mark(cur, table):
            cur.execute(f"UPDATE {table} SET status = 'done'")

        def work(cur):
            mark(cur, "bills")
        """,
        id="a parameter that is handed another table",
    ),
    pytest.param(
        """
        def mark(cur, table):
            cur.execute(f"UPDATE {table} SET status = 'done'")
            mark(cur, table)
        """,
        id="a function that calls itself alone",
    ),
    pytest.param(
        """
        class Queue:
            def __init__(self, schema, name="orders"):
                self.schema = schema
                self.table = f"{schema}.{name}"

            def mark(self, cur):
                cur.execute(f"UPDATE {self.table} SET status = 'done'")  # WRITE
                cur.execute("INSERT INTO " + self.table + " (status) VALUES ('new')")  # WRITE
                cur.execute("UPDATE {} SET status = 1".format(self.table))  # WRITE
        """,
        id="an attribute that the constructor makes",
    ),
    pytest.param(
        """
        class Queue:
            def __init__(self, table):
                self.table = table

            def mark(self, cur):
                cur.execute(f"UPDATE {self.table} SET status = 'done'")  # WRITE

        QUEUE = Queue("shop.orders")
        """,
        id="an attribute that whoever makes the object hands over",
    ),
    pytest.param(
        """
        class Queue:
            schema = "shop"

            @property
            def table(self):
                return f"{self.schema}.orders"

            def mark(self, cur):
                cur.execute(f"UPDATE {self.table} SET status = 'done'")  # WRITE
        """,
        id="a property",
    ),
    pytest.param(
        """
        class Store:
            table: str

            def mark(self, cur):
                cur.execute(f"UPDATE {self.table} SET status = 'done'")  # WRITE

        class Orders(Store):
            table = "orders"
        """,
        id="an attribute that an heir has",
    ),
    pytest.param(
        """
        import enum

        class Tables(enum.Enum):
            ORDERS = "orders"
            BILLS = "bills"

        def mark(cur):
            cur.execute(f"UPDATE {qualified(Tables.ORDERS.value)} SET status = 'done'")  # WRITE
            cur.execute(f"UPDATE {qualified(Tables.BILLS.value)} SET status = 'done'")
        """,
        id="a member of an enum",
    ),
    pytest.param(
        """
        def mark(cur, schema):
            for table in ("orders", "bills"):
                cur.execute(f"UPDATE {schema}.{table} SET status = 'done'")  # WRITE
            for table in ("customers", "bills"):
                cur.execute(f"UPDATE {schema}.{table} SET status = 'done'")
        """,
        id="a loop over names",
    ),
    pytest.param(
        """
        def mark(cur, is_archived):
            if is_archived:
                table = qualified("bills")
            else:
                table = qualified("orders")
            cur.execute(f"UPDATE {table} SET status = 'done'")  # WRITE
            table = qualified("bills")
            cur.execute(f"UPDATE {table} SET status = 'done'")
        """,
        id="a name that is given several tables",
    ),
    pytest.param(
        """
        from psycopg import sql
        from psycopg2.extensions import quote_ident

        def mark(cur, schema):
            table = sql.Identifier(schema, "orders")
            cur.execute(sql.SQL("UPDATE {} SET status = 'done'").format(table))  # WRITE
            name = quote_ident("orders", cur)
            cur.execute(f"UPDATE {qualified(quote_ident('orders'))} SET status = 'done'")  # WRITE
            cur.execute(f"UPDATE {schema}.{'"' + 'orders' + '"'} SET status = 'done'")  # WRITE
        """,
        id="names that are quoted",
    ),
]


@pytest.mark.parametrize("body", BODIES)
def test_what_fills_in_the_table_is_followed(tmp_path: Path, body: str) -> None:
    work = "\n=== shop/work.py\nfrom shop.names import qualified\n" + textwrap.dedent(body)
    sites_of(tmp_path, NAMES + work, ORDERS)


def test_a_filled_table_is_found_after_trees_were_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pginterlock.scan.engine._HELD", 1)
    monkeypatch.setattr("pginterlock.scan.steps._FILES", 1)
    bodies = "".join(
        f"""
=== shop/work{number}.py
from shop.names import qualified


class Queue{number}:
    def __init__(self, table):
        self.table = table

    def mark(self, cur):
        cur.execute(f"UPDATE {{self.table}} SET status = 'done'")  # WRITE


QUEUE = Queue{number}(qualified("orders"))
"""
        for number in range(3)
    )
    sites_of(tmp_path, NAMES + bodies, ORDERS)


def test_a_changed_function_changes_what_is_kept(tmp_path: Path) -> None:
    folder, kept = tmp_path / "code", tmp_path / "kept"
    body = CALLS % {"call": "qualified('orders')", "mark": "  # WRITE"}
    marked = lay(folder, NAMES + body)
    assert places(folder, run(folder, ORDERS, cache=kept).sites) == marked

    lay(folder, NAMES.replace('{current_schema()}.{table}"', '{current_schema()}.old_{table}"'))
    assert run(folder, ORDERS, cache=kept).sites == []


def test_the_transaction_of_a_connection_that_a_function_of_the_project_opens(
    tmp_path: Path,
) -> None:
    work = """
=== shop/work.py
from contextlib import asynccontextmanager

from shop.names import qualified


@asynccontextmanager
async def acquired(pool):
    async with pool.acquire() as conn:
        yield conn


@asynccontextmanager
async def unit(pool):
    async with acquired(pool) as conn, conn.transaction():
        yield conn


async def alone(pool):
    async with acquired(pool) as conn:
        await conn.execute(f"UPDATE {qualified('orders')} SET status = 'a'")  # WRITE


async def within(pool):
    async with acquired(pool) as conn:
        async with conn.transaction():
            await conn.fetchrow(f"UPDATE {qualified('orders')} SET status = 'b'")  # WRITE


async def wrapped(pool):
    async with unit(pool) as conn:
        await conn.fetchval(f"UPDATE {qualified('orders')} SET status = 'c'")  # WRITE


async def handed(conn):
    await conn.executemany(f"UPDATE {qualified('orders')} SET status = $1", [("d",)])  # WRITE


async def calling(pool):
    async with unit(pool) as conn:
        await handed(conn)
"""
    found = sites_of(tmp_path, NAMES + work, ORDERS)
    told = {it.enclosing: (it.transaction, it.callers) for it in found}
    assert {name: it[0] for name, it in told.items()} == {
        "alone": Transaction.NO,
        "within": Transaction.YES,
        "wrapped": Transaction.YES,
        "handed": Transaction.CALLER,
    }
    assert told["handed"][1] is Callers.ALL
