"""Calls of helpers that write any table: told of once, with the transaction that they open."""

from pathlib import Path

import pytest
from tests.scan_projects import lay, places, run, sites_of, the_site

from pginterlock.scan.site import Callers, Target, Transaction

ORDERS = Target(("status",), table="orders")
HELPERS = """
=== store/db.py
class Database:
    \"\"\"Writes orders and bills: any column, their status too.\"\"\"

    def in_one(self, table, values):
        with self.conn.transaction():
            self.put(self.conn, table, values)

    def by_hand(self, table, values):
        self.put(self.conn, table, values)
        self.conn.commit()

    def begun(self, table, values):
        self.conn.execute("BEGIN")
        self.put(self.conn, table, values)

    def through(self, table, values):
        self.in_one(table, values)

    def in_none(self, table, values):
        self.put(self.conn, table, values)

    @staticmethod
    def put(cur, table, values):
        keys, held = zip(*values.items())
        text = "INSERT INTO %s (%s) VALUES (%s)" % (
            table, ", ".join(k for k in keys), ", ".join("?" for _ in keys)
        )
        cur.execute(text, held)

    def put_sorted(self, table, values):
        names, held = zip(*sorted(values.items()))
        self.conn.execute(f"insert into {table} ({', '.join(names)}) values (1)", held)

    def upsert(self, table, keys, values):
        sets = ", ".join(f"{k} = ?" for k in values)
        self.conn.execute(f"update {table} set {sets} where id = ?", values)
        every = {**keys, **values}
        marks = ", ".join("?" for _ in every)
        self.conn.execute(f"insert into {table} ({', '.join(every)}) values ({marks})", every)

    def insert_twice(self, table, values, is_native):
        names, marks = ", ".join(values), ", ".join("?" for _ in values)
        if is_native:
            self.conn.execute(f"insert into {table} ({names}) values ({marks}) returning id")
        else:
            self.conn.execute(f"insert into {table} ({names}) values ({marks})")
=== store/work.py
from store.db import Database


class Store:
    def __init__(self, db: Database, conn):
        self.db, self.conn = db, conn

    def work(self):
"""


@pytest.mark.parametrize(
    ("transaction", "name"),
    [
        (Transaction.YES, "in_one"),
        (Transaction.YES, "by_hand"),
        (Transaction.YES, "begun"),
        (Transaction.YES, "through"),
        (Transaction.NO, "in_none"),
    ],
)
def test_the_transaction_of_what_a_call_comes_to(
    tmp_path: Path, transaction: Transaction, name: str
) -> None:
    body = f"""
        self.db.{name}("orders", {{"status": "x"}})  # WRITE
        self.db.{name}("bills", {{"status": "x"}})
"""
    assert the_site(tmp_path, HELPERS + body, ORDERS).transaction is transaction


def test_the_transaction_around_a_call_of_a_helper_that_opens_none(tmp_path: Path) -> None:
    body = """
        with self.conn.transaction():
            self.db.in_none("orders", {"status": "x"})  # WRITE
"""
    assert the_site(tmp_path, HELPERS + body, ORDERS).transaction is Transaction.YES


def test_the_keys_of_a_dict_that_is_taken_apart(tmp_path: Path) -> None:
    body = """
        self.db.put(self.conn, "orders", {"id": 1, "status": "x"})  # WRITE
        self.db.put(self.conn, "orders", {"id": 1, "note": "status"})
        self.db.put_sorted("orders", {"id": 1, "status": "x"})  # WRITE
        self.db.put_sorted("bills", {"id": 1, "status": "x"})
"""
    sites_of(tmp_path, HELPERS + body, ORDERS)


def test_a_helper_that_updates_or_inserts_is_told_of_once(tmp_path: Path) -> None:
    body = """
        self.db.upsert("orders", {"id": 1}, {"status": "x"})  # WRITE
        self.db.upsert("orders", {"status": "y"}, {"note": "x"})  # WRITE
"""
    both, made = sites_of(tmp_path, HELPERS + body, ORDERS)

    assert (both.construct, both.is_new, both.values) == ("sql_upsert", None, ("x",))
    assert (made.construct, made.is_new, made.values) == ("sql_insert", True, ("y",))


def test_a_helper_that_inserts_in_one_of_two_ways_is_told_of_once(tmp_path: Path) -> None:
    body = """
        self.db.insert_twice("orders", {"status": "x"}, True)  # WRITE
"""
    site = the_site(tmp_path, HELPERS + body, ORDERS)

    assert (site.construct, site.is_new) == ("sql_insert", True)


@pytest.mark.parametrize("files", [3, 20])
def test_a_method_that_many_files_call_and_one_hands_over(tmp_path: Path, files: int) -> None:
    body = """
=== store/pool.py
class Pool:
    def run(self, desc, func, *args):
        with self.conn.transaction():
            return func(self.conn, *args)
=== store/pay.py
from store.pool import Pool


class Payer:
    def __init__(self, pool: Pool):
        self.pool = pool

    def pay(self, pk):
        self.pool.run("pay", self.pay_order_txn, pk)

    def pay_order_txn(self, conn, pk):
        conn.execute("update orders set status = 'paid' where id = %s", [pk])
"""
    calls = "".join(
        f"=== store/of_{number}.py\ndef pay(payer, conn):\n    payer.pay_order_txn(conn, 1)\n"
        for number in range(files)
    )
    lay(tmp_path, body + calls)

    (site,) = run(tmp_path, ORDERS).sites

    assert places(tmp_path, [site]) == {("store/pay.py", 12)}
    assert (site.transaction, site.callers) == (Transaction.CALLER, Callers.SOME)
