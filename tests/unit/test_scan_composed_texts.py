"""SQL in Python that is put together of pieces: composed, replaced, with an action of its own."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, sites_of, the_site

from pginterlock.scan.site import Target

ORDERS = Target(("status",), model="orders")
HEAD = """
=== shop/__init__.py
=== shop/work.py
from psycopg import sql
from psycopg.sql import Composed, Identifier, SQL

"""
BODIES = [
    pytest.param(
        """
        def pay(cur):
            cur.execute(
                sql.Composed([
                    sql.SQL("UPDATE "),  # WRITE
                    sql.Identifier("shop", "orders"),
                    sql.SQL(" SET status = 'paid'"),
                ])
            )
        """,
        id="composed",
    ),
    pytest.param(
        """
        def pay(cur, table):
            cur.execute(Composed([SQL("UPDATE "), table, SQL(" SET status = 'paid'")]))  # WRITE

        def work(cur):
            pay(cur, Identifier("orders"))
        """,
        id="composed of what is handed over",
    ),
    pytest.param(
        """
        def pay(cur):
            cur.execute(Composed([SQL("UPDATE "), Identifier("bills"), SQL(" SET status = 'x'")]))
        """,
        id="composed for another table",
    ),
    pytest.param(
        """
        def pay(cur, table="orders"):
            cur.execute("UPDATE __TABLE__ SET status = 'paid'".replace("__TABLE__", table))  # WRITE
        """,
        id="the table is put in the place of a mark",
    ),
    pytest.param(
        """
        def pay(cur, table="bills"):
            cur.execute("UPDATE orders SET status = 'paid'".replace("orders", table))
        """,
        id="another table is put in the place of one",
    ),
    pytest.param(
        """
        def pay(cur):
            cur.execute("UPDATE orders@SET status = 'paid'".replace("@", " ", 1))  # WRITE
            cur.execute("UPDATE bills@SET status = 'paid'".replace("@", " ", 1))
        """,
        id="more than a name is replaced",
    ),
    pytest.param(
        """
        def table(name):
            return "__SCHEMA__.__NAME__".replace("__NAME__", name)

        def pay(cur):
            cur.execute(f"UPDATE {table('orders')} SET status = 'paid'")  # WRITE
            cur.execute(f"UPDATE {table('bills')} SET status = 'paid'")
        """,
        id="a function replaces",
    ),
]


@pytest.mark.parametrize("body", BODIES)
def test_pieces_are_put_together(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, HEAD + textwrap.dedent(body), ORDERS)


UPSERT = """
def put(cur, is_changing, action):
    action = SQL("NOTHING")
    if is_changing:
        action = SQL("UPDATE SET %(changed)s = EXCLUDED.%(changed)s")
    cur.execute(
        SQL(
            \"\"\"
            INSERT INTO orders (id, %(inserted)s) VALUES (%%s, %%s)%(mark)s
            ON CONFLICT (id) DO {action} RETURNING id
            \"\"\"
        ).format(action=action)
    )
"""


@pytest.mark.parametrize(
    ("inserted", "changed", "construct", "is_new"),
    [
        ("note", "status", "sql_upsert", None),
        ("status", "note", "sql_insert", True),
    ],
)
def test_the_action_of_an_upsert_is_filled_in(
    tmp_path: Path, inserted: str, changed: str, construct: str, is_new: bool | None
) -> None:
    told = {"inserted": inserted, "changed": changed, "mark": "  -- WRITE"}
    site = the_site(tmp_path, HEAD + UPSERT % told, ORDERS)
    assert (site.construct, site.is_new, site.confidence) == (construct, is_new, "medium")


def test_the_action_of_an_upsert_has_a_place_of_its_own(tmp_path: Path) -> None:
    text = """
def put(cur, is_changing, pk):
    action = SQL("NOTHING")
    if is_changing:
        action = SQL(
            \"\"\"
            UPDATE SET note = 'x',
                status = EXCLUDED.status  -- WRITE
            \"\"\"
        )
    cur.execute(
        SQL(
            \"\"\"
            INSERT INTO orders (id, status) VALUES (%s, 'new')  -- WRITE
            ON CONFLICT (id) DO {action} RETURNING id
            \"\"\"
        ).format(action=action),
        [pk],
    )
"""
    found = sites_of(tmp_path, HEAD + text, ORDERS)

    assert [(it.construct, it.values, it.is_new) for it in found] == [
        ("sql_upsert", ("new",), False),
        ("sql_insert", ("new",), True),
    ]


def test_the_action_of_an_upsert_leaves_the_column(tmp_path: Path) -> None:
    told = {"inserted": "note", "changed": "note", "mark": ""}
    sites_of(tmp_path, HEAD + UPSERT % told, ORDERS)


@pytest.mark.parametrize("name", ["NAME", 'f"{PREFIX}orders"', 'PREFIX + "orders"'])
def test_a_table_of_core_makes_its_name(tmp_path: Path, name: str) -> None:
    text = f"""
=== store/work.py
import sqlalchemy as sa
from store.models import Base

NAME = "shop_orders"
PREFIX = "shop_"
ORDERS = sa.Table({name}, Base.metadata, sa.Column("status", sa.Text))
BILLS = sa.Table(PREFIX + "bills", Base.metadata, sa.Column("status", sa.Text))


def pay(conn):
    conn.execute(ORDERS.update().values(status="paid"))  # WRITE
    conn.execute(BILLS.update().values(status="paid"))
"""
    sites_of(tmp_path, ALCHEMY + text, Target(("status",), model="shop_orders"))
