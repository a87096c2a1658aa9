"""Statements of SQLAlchemy and what they write, handed over by keyword or by another name."""

from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, sites_of

from pginterlock.scan.site import Target

HEAD = """
=== store/work.py
from alembic import op
import sqlalchemy as sa
from sqlalchemy import insert, select, update
from store.models import Invoice, Order

meta = sa.MetaData()
orders = sa.table("orders", sa.column("id"), sa.column("status"))
bills = sa.table("bills", sa.column("id"), sa.column("status"))


async def work(session, conn, database, rows):
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
    session.bulk_update_mappings(mapper=Order, mappings=[{"id": 1, "status": "x"}])  # WRITE
    session.bulk_insert_mappings(mapper=Order, mappings=[dict(status=1) for it in rows])  # WRITE
    session.bulk_insert_mappings(mapper=Invoice, mappings=[dict(status=1) for it in rows])
""",
            id="mappings",
        ),
        pytest.param(
            """
    session.execute(insert(Order), params=[{"status": "x"}])  # WRITE
    session.execute(statement=insert(Order), params=[{"status": "x"}])  # WRITE
    session.execute(statement=insert(Invoice), params=[{"status": "x"}])
    session.execute(statement=select(Order), params={"status": "x"})
""",
            id="execute",
        ),
        pytest.param(
            """
    query = orders.insert()
    await database.execute(query=query, values={"status": "x"})  # WRITE
    await database.execute_many(query=query, values=[{"status": "x"}])  # WRITE
    query = bills.insert()
    await database.execute(query=query, values={"status": "x"})
""",
            id="query and values",
        ),
        pytest.param(
            """
    op.bulk_insert(table=orders, rows=[{"id": 1, "status": "x"}])  # WRITE
    op.bulk_insert(orders, rows=[{"id": 1, "status": "x"}])  # WRITE
    op.bulk_insert(table=bills, rows=[{"id": 1, "status": "x"}])
    made = op.create_table("orders", sa.Column("status"))
    op.bulk_insert(made, [{"status": "x"}])  # WRITE
    other = op.create_table("bills", sa.Column("status"))
    op.bulk_insert(other, [{"status": "x"}])
""",
            id="of alembic",
        ),
        pytest.param(
            """
    conn.execute(insert(Order).from_select(names=["status"], select=select(Invoice)))  # WRITE
    conn.execute(insert(Invoice).from_select(names=["status"], select=select(Order.status)))
""",
            id="from_select",
        ),
        pytest.param(
            """
    found = meta.tables.get("orders")
    conn.execute(found.insert(), {"status": "x"})  # WRITE
    found = meta.tables.get("bills")
    conn.execute(found.insert(), {"status": "x"})
""",
            id="a table of the metadata",
        ),
    ],
)
def test_what_is_handed_over_by_keyword(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, ALCHEMY + HEAD + body, Target(("status",), model="Order"))
