"""SQL that a helper makes of all fields of the object it is handed: the call is the site."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import sites_of

from pginterlock.scan.site import Target, Transaction

ORDERS = Target(("status",), model="orders")
MODELS = """
=== shop/__init__.py
=== shop/models.py
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import attr
from pydantic import BaseModel


class Base(BaseModel):
    id: int
    status: str


class Order(Base):
    kinds: ClassVar[list[str]] = []
    note: str = ""

    def is_open(self) -> bool:
        return self.status == "new"


class Invoice(BaseModel):
    id: int
    status: ClassVar[str] = "none"
    total: int


@dataclass
class Data:
    id: int
    status: str


class Pair(NamedTuple):
    id: int
    status: str


class Plain:
    def __init__(self, id, status):
        self.id = id
        self.status = status
"""
HELPERS = """
=== shop/db.py
import dataclasses
from dataclasses import asdict, fields


def insert_query(table, model):
    keys = as_dict(model).keys()
    names = ", ".join([f'"{key}"' for key in keys])
    marks = []
    for key in keys:
        marks.append(f":{key}")
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join(marks)})"


def update_query(table, model, where="WHERE id = :id"):
    sets = []
    for field in as_dict(model).keys():
        sets.append(f'"{field}" = :{field}')
    text = ", ".join(sets)
    return f"UPDATE {table} SET {text} {where}"


def as_dict(model):
    found: dict = {}
    for key, value in model.dict().items():
        if value is None:
            found[key] = ""
            continue
        found[key] = value
    return found


class Connection:
    def __init__(self, conn):
        self.conn = conn

    async def insert(self, table, model):
        await self.conn.execute(insert_query(table, model), as_dict(model))
        await self.conn.commit()

    async def swap(self, table, model):
        await self.conn.execute(f"DELETE FROM {table} WHERE id = 1")
        await self.conn.execute(insert_query(table, model), as_dict(model))
        await self.conn.commit()

    async def update(self, table, model, where="WHERE id = :id"):
        await self.conn.execute(update_query(table, model, where), as_dict(model))


class Database:
    async def insert(self, table, model):
        async with self.connect() as conn:
            await Connection(conn).insert(table, model)

    async def update(self, table, model, where="WHERE id = :id"):
        async with self.connect() as conn:
            await Connection(conn).update(table, model, where)


db = Database()


def store(cur, table, row):
    names = ", ".join(f.name for f in fields(row))
    cur.execute(f"INSERT INTO {table} ({names}) VALUES (1)", asdict(row))


def store_dict(cur, table, row):
    held = dataclasses.asdict(row)
    sets = ", ".join(f"{k} = %({k})s" for k in held)
    cur.execute(f"UPDATE {table} SET {sets} WHERE id = %(id)s", held)


def store_pair(cur, table, row):
    sets = ", ".join(f"{k} = ?" for k in row._fields)
    cur.execute(f"UPDATE {table} SET {sets}", row)


def store_kind(cur, table, row):
    sets = ", ".join(f"{k} = ?" for k in type(row).model_fields)
    cur.execute(f"UPDATE {table} SET {sets}", row)


def store_plain(cur, table, row):
    sets = ", ".join(f"{k} = ?" for k in vars(row))
    cur.execute(f"UPDATE {table} SET {sets}", row)


def store_new(cur, table, row):
    sets = ", ".join(f"{k} = ?" for k in row.model_dump(exclude={"status"}))
    cur.execute(f"UPDATE {table} SET {sets}", row)
=== shop/calls.py
from shop.db import (
    Connection,
    Database,
    db,
    store,
    store_dict,
    store_kind,
    store_new,
    store_pair,
    store_plain,
)
from shop.models import Data, Invoice, Order, Pair, Plain


"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
            async def add(order: Order, conn: Connection | None = None):
                await (conn or db).insert("orders", order)  # WRITE
            """,
            id="a model that is inserted",
        ),
        pytest.param(
            """
            async def change(order: Order, conn: Connection | None = None):
                await (conn or db).update("orders", order, "WHERE note = :note")  # WRITE
            """,
            id="a model that is updated",
        ),
        pytest.param(
            """
            async def add(number: int):
                order = Order(id=number, status="new")
                await db.insert("orders", order)  # WRITE
            """,
            id="a model that is made there",
        ),
        pytest.param(
            """
            async def add(invoice: Invoice, order: Order):
                await db.insert("orders", invoice)
                await db.insert("others", order)
            """,
            id="another class, another table",
        ),
        pytest.param(
            """
            def add(cur, row: Data):
                store(cur, "orders", row)  # WRITE
                store(cur, "others", row)
            """,
            id="fields of a data class",
        ),
        pytest.param(
            """
            def change(cur, row: Data):
                store_dict(cur, "orders", row)  # WRITE
            """,
            id="a dict of a data class",
        ),
        pytest.param(
            """
            def change(cur, row: Pair):
                store_pair(cur, "orders", row)  # WRITE
            """,
            id="a named tuple",
        ),
        pytest.param(
            """
            def change(cur, row: Order):
                store_kind(cur, "orders", row)  # WRITE
            """,
            id="fields of its class",
        ),
        pytest.param(
            """
            def change(cur):
                store_plain(cur, "orders", Plain(1, "new"))  # WRITE
            """,
            id="attributes of a plain object",
        ),
        pytest.param(
            """
            def change(cur, row: Order):
                store_new(cur, "orders", row)
            """,
            id="all but the column",
        ),
    ],
)
def test_a_helper_that_writes_all_fields_of_an_object(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, MODELS + HELPERS + textwrap.dedent(body), ORDERS)


def test_a_helper_that_commits_each_statement_has_none(tmp_path: Path) -> None:
    body = """
        async def add(order: Order, conn: Connection | None = None):
            await (conn or db).insert("orders", order)  # WRITE
        """
    (site,) = sites_of(tmp_path, MODELS + HELPERS + textwrap.dedent(body), ORDERS)
    assert site.construct == "sql_insert"
    assert site.is_new
    assert site.transaction is Transaction.NO


def test_a_helper_that_commits_several_statements_has_a_transaction(tmp_path: Path) -> None:
    body = """
        async def add(order: Order, conn: Connection):
            await conn.swap("orders", order)  # WRITE
        """
    (site,) = sites_of(tmp_path, MODELS + HELPERS + textwrap.dedent(body), ORDERS)
    assert site.transaction is Transaction.YES


COPIES = """
=== shop/__init__.py
=== shop/rows.py
from dataclasses import dataclass
from typing import ClassVar

NAMES = ("id", "status")


@dataclass
class Order:
    id: int
    status: str

    columns: ClassVar[str] = ", ".join(("id", "status"))
    others: ClassVar[str] = "id, note"

    @classmethod
    async def add(cls, conn, orders):
        columns = cls.columns.split(", ")
        await conn.copy_records_to_table("orders", records=orders, columns=columns)  # WRITE

    @classmethod
    async def add_others(cls, conn, orders):
        columns = cls.others.split(", ")
        await conn.copy_records_to_table("orders", records=orders, columns=columns)


async def add(conn, orders):
    await conn.copy_records_to_table("orders", records=orders, columns=NAMES)  # WRITE
    await conn.copy_records_to_table("invoices", records=orders, columns=NAMES)
    await conn.copy_records_to_table("orders", records=orders, columns=["status"])  # WRITE
"""


def test_a_copy_whose_columns_are_listed_elsewhere(tmp_path: Path) -> None:
    sites_of(tmp_path, COPIES, ORDERS)
