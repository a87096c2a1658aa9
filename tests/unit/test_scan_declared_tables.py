"""Tables that a ``declared_attr`` names after each class, and factories typed by their model."""

from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, sites_of

from pginterlock.scan.site import Target

DECLARED = """
=== store/models.py
from sqlalchemy import Column, String
from sqlalchemy.orm import DeclarativeBase, declared_attr


class Tabled:
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return NAME


class Base(Tabled, DeclarativeBase):
    pass


class Order(Base):
    status = Column(String)


class Bill(Base):
    status = Column(String)
=== store/work.py
from store.models import Bill, Order


def mark(session, conn):
    session.get(Order, 1).status = "x"  # WRITE
    session.get(Bill, 1).status = "x"
    conn.execute("update TABLE set status = 'x'")  # WRITE
    conn.execute("update OTHER set status = 'x'")
"""


@pytest.mark.parametrize("asked", ["model", "table"])
@pytest.mark.parametrize(
    ("name", "table", "other"),
    [
        ('cls.__name__.lower() + "s"', "orders", "bills"),
        ('f"app_{cls.__name__.lower()}"', "app_order", "app_bill"),
    ],
)
def test_a_table_is_named_after_its_class(
    tmp_path: Path, name: str, table: str, other: str, asked: str
) -> None:
    text = DECLARED.replace("NAME", name).replace("TABLE", table).replace("OTHER", other)
    by_model = Target(("status",), model="Order")

    sites_of(tmp_path, text, by_model if asked == "model" else Target(("status",), table=table))


FACTORIES = """
=== store/made.py
from polyfactory.factories.sqlalchemy_factory import SQLAlchemyFactory, T
from polyfactory.pytest_plugin import register_fixture
from store.models import Invoice, Order


class Common(SQLAlchemyFactory[T]):
    __is_base_factory__ = True


@register_fixture
class OrderFactory(Common[Order]):
    status = "new"  # WRITE


class NamedFactory(SQLAlchemyFactory):
    __model__ = Order
    status = "new"  # WRITE


class InvoiceFactory(SQLAlchemyFactory[Invoice]):
    status = "new"


def make():
    OrderFactory.build(status="x")  # WRITE
    OrderFactory.batch(3, status="x")  # WRITE
    OrderFactory.create_batch_sync(3, status="x")  # WRITE
    NamedFactory.create_sync(status="x")  # WRITE
    InvoiceFactory.build(status="x")


async def make_later():
    await OrderFactory.create_async(status="x")  # WRITE
    await InvoiceFactory.create_async(status="x")


def test_it(order_factory):
    order_factory.build(status="x")  # WRITE
"""


def test_a_factory_is_typed_by_its_model(tmp_path: Path) -> None:
    sites_of(tmp_path, ALCHEMY + FACTORIES)
