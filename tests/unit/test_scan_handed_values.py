"""Which values a write makes that come from a caller, a dict, an object, or a call of SQL."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, DJANGO, ORDER, lay, run, sites_of, the_site

from pginterlock.scan.site import Target

WORK = """
=== shop/work.py
import enum

from django.db import connection
from typing import Literal
from shop.models import Order

NEXT = {Order.NEW: Order.PAID, "paid": "shipped"}


class Kind(enum.Enum):
    PAID = "paid"


"""
TABLE = Target(("status",), model="Order", table="shop_order")


@pytest.mark.parametrize(
    ("body", "values"),
    [
        pytest.param(
            """
            def move(order: Order, to):
                order.status = to  # WRITE

            def work(order):
                move(order, "paid")
                move(order, to=Order.SHIPPED)
            """,
            ("paid", "shipped"),
            id="what each caller hands over",
        ),
        pytest.param(
            """
            def move(order: Order, to="new"):
                order.status = to  # WRITE

            def work(order):
                move(order)
            """,
            ("new",),
            id="what it is where no caller says",
        ),
        pytest.param(
            """
            def move(order: Order, to):
                order.status = to  # WRITE

            def work(order, more):
                move(order, "paid")
                move(order, *more)
            """,
            ("paid", None),
            id="a caller that is not understood",
        ),
        pytest.param(
            """
            def move(order: Order, to):
                order.status = to  # WRITE
            """,
            (None,),
            id="nobody calls",
        ),
        pytest.param(
            """
            @shared_task
            def move(order: Order, to):
                order.status = to  # WRITE

            def work(order):
                move(order, "paid")
            """,
            ("paid", None),
            id="a queue calls it too",
        ),
        pytest.param(
            """
            class Desk:
                def move(self, order: Order, to):
                    order.status = to  # WRITE

            def work(order, given):
                Desk().move(order, "paid")
                given.move(order, "shipped")
                work.move(order)
            """,
            ("paid", "shipped", None),
            id="a caller of something that is not known",
        ),
        pytest.param(
            """
            class Mover:
                def __init__(self, order: Order, to):
                    self.order, self.to = order, to

                def run(self):
                    self.order.status = self.to  # WRITE

            def work(order):
                Mover(order, "paid").run()
            """,
            ("paid",),
            id="by way of an object",
        ),
        pytest.param(
            """
            def move(order: Order, to: Literal["paid", "shipped"]):
                order.status = to  # WRITE
            """,
            ("paid", "shipped"),
            id="Literal",
        ),
        pytest.param(
            """
            def move(order: Order):
                order.status = NEXT[order.status]  # WRITE
            """,
            ("paid", "shipped"),
            id="a dict",
        ),
        pytest.param(
            """
            def move(order: Order):
                order.status = NEXT["paid"]  # WRITE
            """,
            ("shipped",),
            id="a dict and a constant key",
        ),
        pytest.param(
            """
            def move(order: Order, key):
                order.status = NEXT.get(key, "lost")  # WRITE
            """,
            ("paid", "shipped", "lost"),
            id="get of a dict",
        ),
        pytest.param(
            """
            def move(order: Order, **more):
                for name, value in more.items():
                    setattr(order, name, value)  # WRITE

            def work(order):
                move(order, status="paid")
                move(order, status="shipped")
            """,
            ("paid", "shipped"),
            id="setattr of what callers name",
        ),
    ],
)
def test_a_value_is_followed_to_where_it_is_said(
    tmp_path: Path, body: str, values: tuple[str | None, ...]
) -> None:
    assert the_site(tmp_path, DJANGO + WORK + textwrap.dedent(body)).values == values


def test_case_of_sqlalchemy_gives_one_of_its_values(tmp_path: Path) -> None:
    body = """
=== store/work.py
from sqlalchemy import case, update
from store.models import Order

def work(session):
    session.execute(update(Order).values(status=case((Order.id > 3, "new"), else_="paid")))  # WRITE
"""
    assert the_site(tmp_path, ALCHEMY + body).values == ("new", "paid")


@pytest.mark.parametrize(
    ("call", "values"),
    [
        pytest.param(
            'execute("update shop_order set status = %s where id = %s", ["paid", pk])',
            ("paid",),
            id="by place",
        ),
        pytest.param(
            'execute("update shop_order set note = %s, status = %s", (note, Order.PAID))',
            ("paid",),
            id="by its own place",
        ),
        pytest.param(
            'execute("update shop_order set status = %(to)s", {"id": pk, "to": "paid"})',
            ("paid",),
            id="by name",
        ),
        pytest.param(
            'execute("insert into shop_order (id, status) values (%s, %s)", (pk, "new"))',
            ("new",),
            id="insert",
        ),
        pytest.param(
            'executemany("update shop_order set status = %s", [("paid",), ("new",)])',
            ("paid", "new"),
            id="of each row",
        ),
        pytest.param(
            'execute("update shop_order set status = $2 where id = $1", pk, Kind.PAID.value)',
            ("paid",),
            id="by number",
        ),
        pytest.param(
            'execute(text("update shop_order set status = :to"), dict(to="paid"))',
            ("paid",),
            id="text of SQLAlchemy",
        ),
        pytest.param(
            'execute(text("update shop_order set status = :to").bindparams(to="paid"))',
            ("paid",),
            id="bindparams",
        ),
        pytest.param(
            "execute(f\"update shop_order set status = '{Kind.PAID.value}'\")",
            ("paid",),
            id="filled in",
        ),
        pytest.param(
            'execute("update shop_order set status = %s where id = %s", given)',
            ("paid",),
            id="by a name",
        ),
        pytest.param(
            'execute("update shop_order set status = %s where id = %s", more)',
            (None,),
            id="by a name that is not known",
        ),
        pytest.param(
            "execute(\"update shop_order set note = '%%s', status = %s\", given)",
            ("paid",),
            id="with a percent sign",
        ),
    ],
)
def test_sql_writes_what_its_call_hands_over(
    tmp_path: Path, call: str, values: tuple[str | None, ...]
) -> None:
    body = f"""
def work(connection, pk, note, more):
    given = ("paid", pk)
    connection.{call}  # WRITE
"""
    (site,) = sites_of(tmp_path, DJANGO + WORK + body, TABLE)

    assert site.values == values


@pytest.mark.parametrize(
    ("call", "sources"),
    [
        pytest.param(
            'execute("update shop_order set status = %s where status = %s", ["paid", "new"])',
            ("new",),
            id="by place",
        ),
        pytest.param(
            "execute(\"update shop_order set status = 'paid' where status = $1\", Kind.PAID.value)",
            ("paid",),
            id="by number",
        ),
        pytest.param(
            "execute(f\"update shop_order set status = 'new' where status = '{Kind.PAID.value}'\")",
            ("paid",),
            id="filled in",
        ),
        pytest.param(
            "execute(\"update shop_order set status = 'paid' where status = %s\", [note])",
            (),
            id="not known",
        ),
    ],
)
def test_sql_tests_what_its_call_hands_over(
    tmp_path: Path, call: str, sources: tuple[str, ...]
) -> None:
    body = f"""
def work(connection, note):
    connection.{call}  # WRITE
"""
    (site,) = sites_of(tmp_path, DJANGO + WORK + body, TABLE)

    assert site.sources == sources


def test_a_serializer_hands_its_data_to_its_base(tmp_path: Path) -> None:
    body = """
=== shop/serializers.py
from rest_framework import serializers
from shop.models import Order

class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["note"]

    def create(self, validated_data):
        validated_data["status"] = "new"
        return super().create(validated_data)
"""
    lay(tmp_path, DJANGO + body)

    found = run(tmp_path, ORDER).sites
    assert [(it.construct, it.values, it.is_new) for it in found] == [
        ("dict_then_splat", ("new",), True),
        ("serializer_save", ("new",), True),
    ]


def test_a_key_may_be_a_column_of_core(tmp_path: Path) -> None:
    body = """
=== store/work.py
from sqlalchemy import Column, MetaData, String, Table

orders = Table("orders", MetaData(), Column("status", String))
others = Table("others", MetaData(), Column("status", String))

def work(session):
    session.execute(orders.update().values({orders.c.status: "paid"}))  # WRITE
    session.execute(others.update().values({others.c.status: "paid"}))
"""
    assert the_site(tmp_path, ALCHEMY + body).values == ("paid",)


def test_what_stands_in_for_a_row_in_a_test_is_none(tmp_path: Path) -> None:
    body = """
=== shop/test_work.py
from unittest import mock

def test_it(order):
    order = mock.Mock()
    order.status = "paid"
"""
    lay(tmp_path, DJANGO + body)

    assert run(tmp_path, ORDER).sites == []


def test_a_table_of_that_name_in_another_schema_is_another(tmp_path: Path) -> None:
    body = """
=== store/work.py
def work(session):
    session.execute("update archive.orders set status = 'paid'")
    session.execute("update public.orders set status = 'paid'")  # WRITE
"""
    target = Target(("status",), table="public.orders")

    (site,) = sites_of(tmp_path, ALCHEMY + body, target)
    assert site.values == ("paid",)
