"""Rows of Django that are made for tests: by factories, recipes and what is handed a model."""

from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, sites_of

HEAD = """
=== shop/made.py
import factory
from model_bakery import baker
from model_bakery.recipe import Recipe, foreign_key
from mixer.backend.django import mixer
from shop.models import Customer, Invoice, Order
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
paid = Recipe(Order, status="paid")  # WRITE
named = Recipe("shop.Order", status="paid")  # WRITE
more = paid.extend(status="sent")  # WRITE
billed = Recipe(Invoice, status="x", order=foreign_key(paid))
def test():
    paid.make(status="x")  # WRITE
    more.prepare(status="x")  # WRITE
    billed.make(status="x")
    baker.make("Order", status="x")  # WRITE
    baker.make("Invoice", status="x")
    baker.make(Invoice, order__status="x")  # WRITE
    baker.make(Order, customer__status="x")
    mixer.blend("shop.Order", status="x")  # WRITE
    mixer.blend("shop.invoice", status="x")
    Invoice.objects.filter(order__status="x").update(status="y")
""",
            id="recipes",
        ),
        pytest.param(
            """
class OrderFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Order
    @factory.post_generation
    def pay(self, create, extracted, **kwargs):
        self.status = "paid"  # WRITE
    @factory.post_generation
    def note(obj, create, extracted, **kwargs):
        obj.status = "paid"  # WRITE
class InvoiceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Invoice
    order = factory.SubFactory(OrderFactory)
    status = "new"
class CustomerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Customer
    first = factory.RelatedFactory(OrderFactory, "customer")
class AnyFactory(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True
    status = "new"  # WRITE
class SomeFactory(AnyFactory):
    class Meta:
        model = Order
def test():
    InvoiceFactory(order__status="x")  # WRITE
    InvoiceFactory.create_batch(3, order__status="x")  # WRITE
    InvoiceFactory(order__customer__status="x")
    CustomerFactory(first__status="x")  # WRITE
    CustomerFactory(second__status="x")
""",
            id="factories",
        ),
        pytest.param(
            """
class Computed(factory.django.DjangoModelFactory):
    class Meta:
        model = Order
    @factory.lazy_attribute
    def status(self):  # WRITE
        return "new"
class Of(factory.django.DjangoModelFactory):
    class Meta:
        model = Invoice
    @factory.lazy_attribute
    def status(self):
        return "new"
class Asked(factory.django.DjangoModelFactory):
    class Meta:
        model = Order
        exclude = ("status",)
    status = "new"
class Made(factory.django.DjangoModelFactory):
    class Meta:
        model = Order
    def status(self):
        return "new"
    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        it = super()._create(model_class, *args, **kwargs)
        it.status = "x"  # WRITE
        return model_class(status="y")  # WRITE
    @classmethod
    def _after_postgeneration(cls, instance, create, results=None):
        instance.status = "x"  # WRITE
""",
            id="methods of factories",
        ),
    ],
)
def test_rows_made_for_tests(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, DJANGO + HEAD + body)
