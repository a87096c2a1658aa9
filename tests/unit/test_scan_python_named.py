"""Columns that are named by a text: setattr, __dict__, and SQL that is put together."""

from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, DJANGO, sites_of

from pginterlock.scan.site import Target

VIEW = """
=== shop/work.py
from shop.models import Customer, Invoice, Order
"""
WORK = """
=== store/work.py
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session
from store.models import Customer, Invoice, Order
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
def mark(order: Order, bill: Invoice):
    order.__dict__.update(status="paid")  # WRITE
    order.__dict__["status"] = "paid"  # WRITE
    vars(order).update(status="paid")  # WRITE
    bill.__dict__.update(status="paid")
    object.__setattr__(order, "status", "paid")  # WRITE
    object.__setattr__(bill, "status", "paid")
""",
            id="dunder dict",
        ),
        pytest.param(
            """
def mark(order: Order, bill: Invoice):
    for name, value in (("status", "paid"), ("note", "x")):
        setattr(order, name, value)  # WRITE
    for name, value in {"status": "paid", "note": "x"}.items():
        setattr(order, name, value)  # WRITE
    for name in ("status", "note"):
        setattr(order, name, None)  # WRITE
    for name in ("note",):
        setattr(order, name, None)
    for name in ["status"]:
        setattr(bill, name, None)
FIELDS = ("status", "note")
def other(order: Order, data):
    for name in FIELDS:
        setattr(order, name, data[name])  # WRITE
    values = {"status": "x"}  # WRITE
    for key in values:
        setattr(order, key, values[key])  # WRITE
def third(order: Order, data):
    name = "status"
    setattr(order, name, data)  # WRITE
COLUMN = "status"
def fourth(order: Order, data):
    setattr(order, COLUMN, data)  # WRITE
""",
            id="setattr loops",
        ),
        pytest.param(
            """
def a(cursor):
    table = Order._meta.db_table
    cursor.execute(f"UPDATE {table} SET status = %s")  # WRITE
    cursor.execute(f"UPDATE {Order._meta.db_table} SET status = %s")  # WRITE
    cursor.execute("UPDATE %s SET status = 1" % Order._meta.db_table)  # WRITE
    cursor.execute("UPDATE {} SET status = 1".format(Order._meta.db_table))  # WRITE
    cursor.execute(f"UPDATE {Invoice._meta.db_table} SET status = %s")
    cursor.execute("UPDATE shop_order SET status = 1")  # WRITE
    cursor.execute('UPDATE "shop_order" SET "status" = 1')  # WRITE
    cursor.execute("UPDATE shop_invoice SET status = 1")
""",
            id="django table names",
        ),
    ],
)
def test_rows_of_django(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, DJANGO + VIEW + body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
=== app/work.py
TABLE = "orders"
def a(cur, conn):
    cur.execute("UPDATE {} SET {} = 'x'".format("orders", "status"))  # WRITE
    cur.execute("UPDATE {t} SET {c} = 1 WHERE {i}".format(t="orders", c="status", i=2))  # WRITE
    cur.execute("UPDATE {t} SET {c} = 1".format(t=quote("orders"), c=quote("status")))  # WRITE
    cur.execute("UPDATE {t} SET {c} = 1".format(t=quote(name="orders"), c="status"))  # WRITE
    cur.execute("UPDATE {t} SET status = 'x'".format(t=TABLE))  # WRITE
    cur.execute("UPDATE %s SET status = 'x'" % TABLE)  # WRITE
    cur.execute("UPDATE %s SET %s = 'x'" % ("orders", "status"))  # WRITE
    cur.execute("UPDATE %(t)s SET status = 'x'" % {"t": "orders"})  # WRITE
    cur.execute(f"UPDATE {TABLE} SET status = 'x'")  # WRITE
    cur.execute(f"UPDATE {quote(TABLE)} SET status = 'x'")  # WRITE
    col = "status"
    cur.execute(f"UPDATE orders SET {col} = 'x'")  # WRITE
    cur.execute("UPDATE " + TABLE + " SET status = 'x'")  # WRITE
    cur.execute("UPDATE orders SET " + col + " = 'x'")  # WRITE
    cur.execute("UPDATE {} SET {} = 'x'".format("bills", "status"))
    cur.execute("UPDATE {} SET {} = 'x'".format("orders", "note"))
""",
            id="format names",
        ),
        pytest.param(
            """
=== app/work.py
from psycopg import sql
from psycopg.sql import SQL, Identifier
def a(cur):
    name = sql.Identifier("orders")
    cur.execute(sql.SQL("UPDATE {} SET {} = 1").format(name, sql.Identifier("status")))  # WRITE
    cur.execute(SQL("UPDATE {t} SET status = %s").format(t=Identifier("public", "orders")))  # WRITE
    names = SQL(", ").join(map(Identifier, ["id", "status"]))
    cur.execute(SQL("INSERT INTO orders ({}) VALUES (%s)").format(names))  # WRITE
    cur.execute(SQL("UPDATE {} SET {} = %s").format(Identifier("bills"), Identifier("status")))
    cur.execute("INSERT INTO orders (id, status) VALUES (%s, %s)", (1, "x"))  # WRITE
    cur.executemany("INSERT INTO orders (id, status) VALUES (%s, %s)", [(1, "x")])  # WRITE
    with cur.copy("COPY orders (id, status) FROM STDIN") as copy:  # WRITE
        pass
""",
            id="psycopg sql",
        ),
        pytest.param(
            """
=== app/work.py
class Queries:
    TABLE = "orders"
    MARK = "UPDATE orders SET status = %s"  # WRITE
    def mark(self, cur):
        cur.execute(f"UPDATE {self.TABLE} SET status = %s")  # WRITE
        cur.execute(f"UPDATE {Queries.TABLE} SET status = %s")  # WRITE
        cur.execute("UPDATE {} SET status = %s".format(self.TABLE))  # WRITE
""",
            id="class constants",
        ),
        pytest.param(
            """
=== app/versions/1_x.py
from alembic import op
import sqlalchemy as sa
def upgrade():
    op.execute("UPDATE orders SET status = 'x'")  # WRITE
    orders = sa.table("orders", sa.column("status"))
    op.execute(orders.update().values(status="x"))  # WRITE
    op.execute(sa.update(orders).values({"status": "x"}))  # WRITE
    op.bulk_insert(orders, [{"status": "x"}])  # WRITE
    op.execute(orders.update().where(orders.c.id == 2).values({orders.c.status: 1}))  # WRITE
    bills = sa.table("bills", sa.column("status"))
    op.bulk_insert(bills, [{"status": "x"}])
    conn = op.get_bind()
    t = sa.Table("orders", sa.MetaData(), autoload_with=conn)
    conn.execute(t.update().values(status="x"))  # WRITE
""",
            id="alembic",
        ),
    ],
)
def test_sql_of_a_table(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, body, Target(("status",), model="orders"))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
from sqlalchemy import text
def a(session):
    session.execute(text(f"UPDATE {Order.__tablename__} SET status = 'x'"))  # WRITE
    session.execute(text("UPDATE orders SET status = 'x'"))  # WRITE
    session.execute(text(f"UPDATE {Invoice.__tablename__} SET status = 'x'"))
    session.execute(text(f"UPDATE {Order.__table__.name} SET status = 'x'"))  # WRITE
""",
            id="table names",
        ),
    ],
)
def test_rows_of_sqlalchemy(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, ALCHEMY + WORK + body)


def test_a_row_of_which_only_its_value_tells(tmp_path: Path) -> None:
    body = """
=== shop/kinds.py
from django.db import models


class Order(models.Model):
    class States:
        PAID = "paid"
        NEW = "new"

    status = models.TextField(choices=[])


class Invoice(models.Model):
    class States:
        PAID = "paid"

    status = models.TextField()
=== shop/work.py
from shop import kinds


def pay(it, other, is_new):
    it.status = kinds.Order.States.PAID  # WRITE
    it.save()
    it.status = kinds.Order.States.NEW if is_new else kinds.Order.States.PAID  # WRITE
    it.save()
    other.status = kinds.Invoice.States.PAID
    other.save()


def all_of_it():
    for it in kinds.Order.cached():
        it.status = "paid"  # WRITE
    for it in kinds.Invoice.cached():
        it.status = "paid"
    return [setattr(one, "status", "paid") for one in kinds.Order.cached()]  # WRITE
"""
    sites_of(tmp_path, body)
