"""Models that make the name of their table of others: what SQL writes into it is theirs."""

from pathlib import Path

import pytest
from tests.scan_projects import ORDER, sites_of, the_site

from pginterlock.scan.site import Target

DJANGO = """
=== shop/__init__.py
=== shop/names.py
SUFFIX = "orders"
=== shop/models.py
from django.conf import settings
from django.db import models
from shop import names

PREFIX = getattr(settings, "SHOP_PREFIX", "shop_")


def named(word):
    return f"{PREFIX}{word}"


class Customer(models.Model):
    status = models.TextField()

    class Meta:
        db_table = f"{PREFIX}customers"


class Order(models.Model):
    status = models.TextField()

    class Meta:
        db_table = %s
"""
RAW = """
=== shop/queue.py
from psycopg import sql


class Shop:
    def __init__(self, *, prefix: str = "shop_"):
        self.prefix = prefix

    def pay(self, cur, ids):
        cur.execute(
            sql.SQL("UPDATE {orders} AS o SET status = 'x' WHERE o.id = ANY(%s)").format(  # WRITE
                orders=sql.Identifier(f"{self.prefix}orders")
            ),
            [ids],
        )
        cur.execute(
            sql.SQL("UPDATE {customers} SET status = 'paid'").format(
                customers=sql.Identifier(f"{self.prefix}customers")
            )
        )


class Recovery:
    def run(self, shop: Shop, cur):
        orders = sql.Identifier(f"{shop.prefix}orders")
        cur.execute(sql.SQL("UPDATE {orders} SET status = 'new'").format(orders=orders))  # WRITE
"""
NAMES = [
    'f"{PREFIX}orders"',
    'PREFIX + "orders"',
    '"%sorders" % PREFIX',
    '"{}orders".format(PREFIX)',
    'f"{PREFIX}{names.SUFFIX}"',
    'named("orders")',
    '"shop_orders"',
]


@pytest.mark.parametrize("name", NAMES)
def test_a_model_of_django_makes_the_name_of_its_table(tmp_path: Path, name: str) -> None:
    sites_of(tmp_path, DJANGO % name + RAW, ORDER)


@pytest.mark.parametrize("name", ['f"{settings.PREFIX}orders"', 'f"{PREFIX}bills"'])
def test_a_model_whose_table_is_another_or_not_known(tmp_path: Path, name: str) -> None:
    sites_of(tmp_path, DJANGO % name + RAW.replace("  # WRITE", ""), ORDER)


def test_a_class_of_sqlalchemy_makes_the_name_of_its_table(tmp_path: Path) -> None:
    text = """
    === shop/__init__.py
    === shop/models.py
    from sqlalchemy.orm import DeclarativeBase, Mapped

    PREFIX = "shop_"

    class Base(DeclarativeBase):
        pass

    class Order(Base):
        __tablename__ = f"{PREFIX}orders"
        status: Mapped[str]

    def pay(cur):
        cur.execute("UPDATE shop_orders SET status = 'paid'")  # WRITE
        cur.execute("UPDATE orders SET status = 'paid'")
    """
    sites_of(tmp_path, text, ORDER)


def test_a_machine_names_the_table_that_a_model_makes(tmp_path: Path) -> None:
    text = """
=== shop/work.py
from shop.models import Order


def pay(order: Order):
    order.status = "paid"  # WRITE
    order.save()
"""
    site = the_site(
        tmp_path,
        DJANGO % 'f"{PREFIX}orders"' + text,
        Target(("status",), table="shop.shop_orders", machine="orders"),
    )
    assert site.model == "Order"
