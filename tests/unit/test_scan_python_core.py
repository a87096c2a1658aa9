"""Writes through SQLAlchemy Core: tables of classes, their columns, statements built in steps."""

from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, sites_of, the_site

from pginterlock.scan.site import Transaction

HEAD = """
=== store/work.py
from sqlalchemy import MetaData, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from store.models import Base, Invoice, Order


def work(conn, pk, metadata: MetaData):
    orders, invoices = Order.__table__, Invoice.__table__
"""


@pytest.mark.parametrize(
    ("written", "construct", "is_new"),
    [
        ('Order.__table__.update().values(status="paid")', "core_update", False),
        ('Order.__table__.insert().values(status="paid")', "core_insert", True),
        ('orders.update().where(orders.c.id == pk).values(status="paid")', "core_update", False),
        ('orders.update().values({"status": "paid"})', "core_update", False),
        ('orders.update().values({orders.c.status: "paid"})', "core_update", False),
        ('orders.update().values({orders.c["status"]: "paid"})', "core_update", False),
        ('orders.update().values({orders.columns.status: "paid"})', "core_update", False),
        ('update(orders).values({orders.c.status: "paid"})', "core_update", False),
        ('update(Order).values({Order.status: "paid"})', "core_update", False),
        ('insert(Order).values({Order.status: "paid"})', "core_insert", True),
        ('update(Order).ordered_values((Order.status, "paid"))', "core_update", False),
        ('update(Order).ordered_values(("status", "paid"))', "core_update", False),
        ('insert(Order).on_conflict_do_nothing().values(status="paid")', "core_insert", True),
        ('update(Order).execution_options(x=1).values(status="paid")', "core_update", False),
        ('metadata.tables["orders"].update().values(status="paid")', "core_update", False),
        ('Base.metadata.tables["orders"].insert().values(status="paid")', "core_insert", True),
        (
            'pg_insert(orders).on_conflict_do_update(set_={orders.c.status: "paid"})',
            "core_upsert",
            None,
        ),
    ],
)
def test_a_statement_of_a_table(
    tmp_path: Path, written: str, construct: str, is_new: bool | None
) -> None:
    other = written.replace("Order", "Invoice").replace("orders", "invoices")
    lines = f"    conn.execute({written})  # WRITE\n    conn.execute({other})\n"

    site = the_site(tmp_path, ALCHEMY + HEAD + lines)

    assert (site.construct, site.is_new, site.values) == (construct, is_new, ("paid",))


def test_rows_that_are_inserted_into_the_table_of_a_class(tmp_path: Path) -> None:
    lines = """
    conn.execute(orders.insert(), [{"id": 1, "status": "new"}])  # WRITE
    conn.execute(orders.insert(), {"id": 1, "status": "paid"})  # WRITE
    conn.execute(invoices.insert(), {"id": 1, "status": "paid"})
    conn.execute(insert(Order).from_select(["id", "status"], select(Invoice)))  # WRITE
    conn.execute(insert(Order).from_select(["id"], select(Invoice.status)))
    conn.execute(insert(Invoice).from_select(["id", "status"], select(Order)))
"""

    found = sites_of(tmp_path, ALCHEMY + HEAD + lines)

    assert [it.values for it in found] == [("new",), ("paid",), (None,)]
    assert all(it.is_new for it in found)


def test_the_states_that_a_statement_of_a_table_finds(tmp_path: Path) -> None:
    line = '    conn.execute(orders.update().where(orders.c.status == "new").values(status="x"))'

    assert the_site(tmp_path, f"{ALCHEMY}{HEAD}{line}  # WRITE\n").sources == ("new",)


@pytest.mark.parametrize(
    ("executed", "transaction"),
    [("session", Transaction.SESSION), ("conn", Transaction.NO)],
)
def test_what_executes_a_statement_with_columns_tells_of_its_transaction(
    tmp_path: Path, executed: str, transaction: Transaction
) -> None:
    text = f"""
=== store/work.py
from sqlalchemy import update
from store.models import Order


def work({executed}):
    {executed}.execute(update(Order).values({{Order.status: "paid"}}))  # WRITE
"""

    assert the_site(tmp_path, ALCHEMY + text).transaction is transaction
