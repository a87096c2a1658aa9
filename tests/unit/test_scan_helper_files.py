"""Helpers that write any table and columns, in files that speak of none; run by others too."""

from pathlib import Path

import pytest
from tests.scan_projects import sites_of

from pginterlock.scan.site import Target

ORDERS = Target(("status",), table="orders")
HELPERS = """
=== store/db.py
class Database:
    def simple_insert(self, table, values):
        keys = list(values)
        text = "INSERT INTO %s (%s) VALUES (%s)" % (
            table, ", ".join(keys), ", ".join("?" for _ in keys)
        )
        self.conn.execute(text, list(values.values()))

    def simple_insert_many(self, table, keys, values):
        marks = ", ".join("?" for _ in keys)
        text = "INSERT INTO %s (%s) VALUES (%s)" % (table, ", ".join(keys), marks)
        self.conn.executemany(text, values)

    def simple_update(self, table, keyvalues, updatevalues, desc="update"):
        return self.run(desc, self.simple_update_txn, table, keyvalues, updatevalues)

    @staticmethod
    def simple_update_txn(txn, table, keyvalues, updatevalues, is_quiet=False):
        text = "UPDATE %s SET %s WHERE %s" % (
            table,
            ", ".join(f"{k} = ?" for k in updatevalues),
            " AND ".join(f"{k} = ?" for k in keyvalues),
        )
        txn.execute(text, [*updatevalues.values(), *keyvalues.values()])

    def simple_update_one(self, table, keyvalues, updatevalues):
        self.simple_update(table, keyvalues, updatevalues)

    def simple_upsert(self, table, keyvalues, values, insertion_values=None):
        every = {**keyvalues, **values, **(insertion_values or {})}
        text = "INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (%s) DO UPDATE SET %s" % (
            table, ", ".join(every), ", ".join("?" for _ in every), ", ".join(keyvalues),
            ", ".join(k + "=EXCLUDED." + k for k in values),
        )
        self.conn.execute(text, list(every.values()))

    def simple_select(self, table, keyvalues, retcols):
        text = "SELECT %s FROM %s WHERE %s" % (
            ", ".join(retcols), table, " AND ".join(f"{k} = ?" for k in keyvalues)
        )
        return self.conn.execute(text)

    def run(self, desc, func, *args, **kwargs):
        with self.conn.transaction() as txn:
            return func(txn, *args, **kwargs)


def insert_into(conn, table, **values):
    names = ", ".join(values)
    marks = ", ".join(["%s"] * len(values))
    conn.execute("insert into " + table + f" ({names}) values ({marks})", list(values.values()))
=== store/work.py
from store.db import Database, insert_into


class Store:
    def __init__(self, db: Database):
        self.db = db

    def work(self, conn):
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
        self.db.simple_insert("orders", {"status": "x"})  # WRITE
        self.db.simple_insert(table="orders", values={"status": "x"})  # WRITE
        self.db.simple_insert("bills", {"status": "x"})
        self.db.simple_insert_many(table="orders", keys=("id", "status"), values=[(1, 2)])  # WRITE
        self.db.simple_insert_many(table="orders", keys=("id", "note"), values=[(1, 2)])
""",
            id="insert",
        ),
        pytest.param(
            """
        self.db.simple_update("orders", {"id": 1}, {"status": "x"})  # WRITE
        self.db.simple_update(table="orders", keyvalues={}, updatevalues={"status": 1})  # WRITE
        self.db.simple_update(table="orders", keyvalues={"status": 1}, updatevalues={"note": "x"})
        self.db.simple_update_one(table="orders", keyvalues={}, updatevalues={"status": 1})  # WRITE
        self.db.simple_update_one(table="bills", keyvalues={}, updatevalues={"status": 1})
        values = {"status": "x"}
        self.db.simple_update("orders", {"id": 1}, values)  # WRITE
""",
            id="update, which another method runs",
        ),
        pytest.param(
            """
        self.db.simple_upsert(table="orders", keyvalues={"id": 1}, values={"status": 1})  # WRITE
        self.db.simple_upsert("orders", {"id": 1}, {}, insertion_values={"status": 1})  # WRITE
        self.db.simple_upsert("bills", {"id": 1}, {}, insertion_values={"status": 1})
        self.db.simple_select(table="orders", keyvalues={"status": "x"}, retcols=["status"])
""",
            id="upsert",
        ),
        pytest.param(
            """
        insert_into(conn, "orders", status="x")  # WRITE
        insert_into(conn, "bills", status="x")
""",
            id="keywords",
        ),
    ],
)
def test_a_helper_in_a_file_that_names_no_table(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, HELPERS + body, ORDERS)
