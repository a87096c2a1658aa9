"""Dicts that a call is handed beside a lambda which writes them: the call is the site."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, sites_of, the_site

HEAD = """
=== store/work.py
from sqlalchemy import insert
from store.models import Customer, Order


class Store:
    def put(self, conn, build, rows, *, chunk=None):
        result = conn.execute(build(rows))
        return list(result)

    def run(self, conn, name, values, build):
        if name:
            return conn.execute(build(), values)
        return conn.execute(build())

    def keep(self, conn, build, rows):
        self.kept = build, rows

    def swap(self, conn, build, rows):
        conn.execute(build(self.others))


"""
BODIES = [
    pytest.param(
        """
        def pay(store: Store, conn, ids):
            store.put(
                conn,
                lambda batch: insert(Order).values(batch).on_conflict_do_nothing(),
                [
                    dict(
                        id=it,
                        status="paid",  # WRITE
                    )
                    for it in ids
                ],
            )
        """,
        id="rows that are written down in the call",
    ),
    pytest.param(
        """
        def pay(store: Store, conn, ids):
            rows = []
            for it in ids:
                rows.append({"id": it, "status": "paid"})  # WRITE
            for start in range(0, len(rows), 500):
                chunk = rows[start : start + 500]
                store.put(conn, lambda batch: insert(Order).values(batch), chunk)  # WRITE
        """,
        id="chunks of rows",
    ),
    pytest.param(
        """
        def pay(store: Store, conn):
            values = {"id": 1}
            values["status"] = "paid"  # WRITE
            build = lambda: insert(Order).returning(Order.id)
            store.run(conn, "pay", build=build, values=values)  # WRITE
        """,
        id="a lambda under a name, whose statement is executed with the values",
    ),
    pytest.param(
        """
        def pay(store: Store, conn):
            store.put(conn, lambda batch: insert(Customer).values(batch), [{"status": "x"}])
            store.run(conn, "x", {"status": "x"}, lambda: insert(Customer))
        """,
        id="rows of another table",
    ),
    pytest.param(
        """
        def pay(store: Store, conn):
            store.keep(conn, lambda batch: insert(Order).values(batch), [{"status": "paid"}])
            store.swap(conn, lambda batch: insert(Order).values(batch), [{"status": "paid"}])
        """,
        id="the lambda is not called, or with something else",
    ),
    pytest.param(
        """
        def pay(store: Store, conn, other):
            store.put(conn, lambda batch: insert(Order).values(other), [{"status": "paid"}])
            store.put(conn, lambda: insert(Order), [{"status": "paid"}])
        """,
        id="the lambda does not write what it takes",
    ),
]


@pytest.mark.parametrize("body", BODIES)
def test_a_lambda_writes_what_is_handed_beside_it(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, ALCHEMY + HEAD + textwrap.dedent(body))


def test_what_such_a_call_says_of_itself(tmp_path: Path) -> None:
    body = """
def pay(store: Store, conn):
    store.put(conn, lambda batch: insert(Order).values(batch), {"status": "paid"})  # WRITE
"""
    site = the_site(tmp_path, ALCHEMY + HEAD + body)
    assert (site.construct, site.values, site.is_new) == ("core_insert", ("paid",), True)
