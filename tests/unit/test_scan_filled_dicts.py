"""SQL in Python whose table is looked up in a dict, or in an object that holds the names."""

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scan_projects import sites_of

from pginterlock.scan.made_places import Place
from pginterlock.scan.made_texts import MadeTexts
from pginterlock.scan.modules import Module
from pginterlock.scan.site import Target

ORDERS = Target(("status",), model="shop_orders")
HEAD = """
=== shop/__init__.py
=== shop/names.py
TABLES = {"orders": "shop_orders", "bills": "shop_bills"}


def tables(prefix):
    return {"orders": prefix + "orders", "bills": prefix + "bills"}
=== shop/work.py
import os
from string import Template

from shop.names import TABLES, tables

"""
FILLING = [
    "\"UPDATE {orders} SET status = 'paid'\".format(**%s)",
    "\"UPDATE {orders} SET status = 'paid'\".format_map(%s)",
    "\"UPDATE %%(orders)s SET status = 'paid'\" %% %s",
    "f\"UPDATE {%s['orders']} SET status = 'paid'\"",
]


@pytest.mark.parametrize("held", ["TABLES", "names", "self.tables", "self.all"])
@pytest.mark.parametrize("filled", FILLING)
def test_a_dict_fills_in_the_table(tmp_path: Path, filled: str, held: str) -> None:
    body = """
class Shop:
    def __init__(self, prefix="shop_"):
        self.tables = {"orders": prefix + "orders"}
        self.all = {**TABLES, "customers": "customers"}

    def pay(self, cur):
        names = tables("shop_")
        cur.execute(%s)  # WRITE
        cur.execute(%s)
"""
    right = filled % held
    other = right.replace("orders", "bills")
    sites_of(tmp_path, HEAD + body % (right, other), ORDERS)


BODIES = [
    pytest.param(
        """
        MARK = "UPDATE {orders} SET status = 'paid'"  # WRITE
        CLOSE = "UPDATE {bills} SET status = 'paid'"

        def pay(cur):
            cur.execute(MARK.format(**TABLES))
            cur.execute(CLOSE.format(**TABLES))
        """,
        id="a text that is kept",
    ),
    pytest.param(
        """
        MARK = Template("UPDATE ${prefix}orders SET status = 'paid'")  # WRITE

        def pay(cur):
            cur.execute(MARK.substitute({"prefix": "shop_"}))
        """,
        id="a template",
    ),
    pytest.param(
        """
        def pay(cur, names):
            cur.execute("UPDATE {orders} SET status = 'paid'".format(**names))  # WRITE

        def work(cur):
            pay(cur, dict(orders="shop_orders"))
        """,
        id="a parameter",
    ),
    pytest.param(
        """
        def pay(cur):
            names = {}
            names["orders"] = "shop_orders"
            cur.execute("UPDATE {orders} SET status = 'paid'".format(**names))  # WRITE
        """,
        id="put in behind",
    ),
    pytest.param(
        """
        def pay(cur, names):
            cur.execute("UPDATE {orders} SET status = 'paid'".format(**names))
        """,
        id="nobody says what",
    ),
    pytest.param(
        """
        from types import SimpleNamespace

        NAMES = SimpleNamespace(orders="shop_orders", bills="shop_bills")

        def pay(cur):
            cur.execute(f"UPDATE {NAMES.orders} SET status = 'paid'")  # WRITE
            cur.execute(f"UPDATE {NAMES.bills} SET status = 'paid'")
        """,
        id="a namespace",
    ),
    pytest.param(
        """
        from typing import NamedTuple

        class Names(NamedTuple):
            orders: str
            bills: str

        NAMES = Names("shop_orders", bills="shop_bills")

        def pay(cur):
            cur.execute(f"UPDATE {NAMES.orders} SET status = 'paid'")  # WRITE
            cur.execute(f"UPDATE {NAMES.bills} SET status = 'paid'")
        """,
        id="a named tuple",
    ),
    pytest.param(
        """
        from dataclasses import dataclass

        @dataclass
        class Names:
            prefix: str
            orders: str

        def pay(cur, names: Names):
            cur.execute(f"UPDATE {names.orders} SET status = 'paid'")  # WRITE
            cur.execute(f"UPDATE {names.prefix}bills SET status = 'paid'")

        def work(cur, prefix="shop_"):
            pay(cur, Names(orders=f"{prefix}orders", prefix=prefix))
        """,
        id="a data class",
    ),
    pytest.param(
        """
        PREFIX = os.getenv("PREFIX", default="shop_")

        def pay(cur):
            cur.execute(f"UPDATE {PREFIX}orders SET status = 'paid'")  # WRITE
        """,
        id="a setting with a default",
    ),
]


@pytest.mark.parametrize("body", BODIES)
def test_what_holds_the_names_of_tables_is_followed(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, HEAD + textwrap.dedent(body), ORDERS)


def test_functions_that_hand_a_dict_to_each_other_are_looked_through_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    callers = MadeTexts.callers

    def counted(self: MadeTexts, arg: ast.arg, module: Module) -> Iterator[tuple[ast.AST, Place]]:
        asked.append(arg.arg)
        return callers(self, arg, module)

    monkeypatch.setattr(MadeTexts, "callers", counted)
    steps = range(8)
    handing = "".join(
        f"\ndef step_{it}(cur, names):\n"
        + "".join(f"    step_{other}(cur, names)\n" for other in steps)
        for it in steps
    )
    body = handing + textwrap.dedent(
        """
        def pay(cur, names):
            cur.execute("UPDATE {orders} SET status = 'paid'".format(**names))  # WRITE

        def begin(cur):
            step_0(cur, TABLES)
        """
    )
    body = body.replace("def step_7(cur, names):", "def step_7(cur, names):\n    pay(cur, names)")
    sites_of(tmp_path, HEAD + body, ORDERS)
    assert len(asked) < 100  # and not eight of eight of eight
