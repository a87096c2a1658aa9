"""Rows that fixtures of pytest give to tests, wherever the fixtures are."""

from pathlib import Path

from tests.scan_projects import DJANGO, sites_of

PLUGINS = """
=== conftest.py
pytest_plugins = ["shop.tests.fixtures"]
=== shop/tests/__init__.py
=== shop/tests/fixtures/__init__.py
from .orders import *
=== shop/tests/fixtures/orders.py
import pytest
from shop.models import Invoice, Order


@pytest.fixture
def one():
    return Order.objects.create()


@pytest.fixture(scope="session")
def several(one):
    return [one, Order.objects.create()]


@pytest.fixture
def made():
    def make(**kwargs):
        return Order.objects.create(**kwargs)

    yield make


@pytest.fixture
def bill(one):
    return Invoice.objects.create(order=one)


def plain():
    return Order.objects.create()
=== shop/orders/tests/test_orders.py
import pytest


@pytest.fixture
def own(one):
    one.status = "paid"  # WRITE
    return one


def test_orders(own, one, several, made, bill, plain):
    own.status = "paid"  # WRITE
    one.status = "paid"  # WRITE
    several[1].status = "paid"  # WRITE
    made().status = "paid"  # WRITE
    bill.status = "paid"
    bill.order.status = "paid"  # WRITE
    plain.status = "paid"


def helper(one):
    one.status = "paid"
"""
FACTORIES = """
=== shop/tests/__init__.py
=== shop/tests/factories.py
import factory
from shop.models import Customer, Invoice, Order


class OrderFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Order


class BigOrderFactory(OrderFactory):
    note = "big"


class InvoiceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Invoice
=== shop/tests/conftest.py
from pytest_factoryboy import register
from .factories import BigOrderFactory, InvoiceFactory, OrderFactory

register(OrderFactory)
register(BigOrderFactory)
register(InvoiceFactory)
=== shop/tests/test_orders.py
def test_orders(order_factory, big_order, invoice, invoice_factory):
    order_factory(status="new")  # WRITE
    order_factory.create().status = "paid"  # WRITE
    big_order.status = "paid"  # WRITE
    invoice.status = "paid"
    invoice_factory(status="new")
"""


def test_fixtures_of_a_plugin(tmp_path: Path) -> None:
    sites_of(tmp_path, DJANGO + PLUGINS)


def test_factories_that_are_fixtures(tmp_path: Path) -> None:
    sites_of(tmp_path, DJANGO + FACTORIES)


def test_factories_that_are_none(tmp_path: Path) -> None:
    text = FACTORIES.replace("pytest_factoryboy", "shop.registry").replace("  # WRITE", "")
    text = text.replace('    big_order.status = "paid"\n', "")  # that is told by its name alone
    sites_of(tmp_path, DJANGO + text)
