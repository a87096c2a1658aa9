"""Models of Django that code asks for by name, or reaches by what a model or a signal holds."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, sites_of

SWAPPED = """
=== shop/__init__.py
=== shop/base/__init__.py
=== shop/base/models.py
from django.db import models
from swapper import get_model_name
from ..loading import named


class AbstractOrder(models.Model):
    status = models.TextField(default="new")

    class Meta:
        abstract = True

    def cancel(self):
        self._meta.model.objects.filter(pk=self.pk).update(status="gone")  # WRITE


class AbstractInvoice(models.Model):
    order = models.ForeignKey(get_model_name("shop", "Order"), models.CASCADE)
    status = models.TextField()

    class Meta:
        abstract = True

    def pay(self):
        self.status = "paid"
        self.order.status = "paid"  # WRITE
        order = named("Order")(status="new")  # WRITE
        order.save()
=== shop/loading.py
from swapper import load_model as swapped


def named(name):
    return swapped("shop", name)
=== shop/models.py
from swapper import swappable_setting
from .base.models import AbstractInvoice, AbstractOrder


class Order(AbstractOrder):
    class Meta(AbstractOrder.Meta):
        abstract = False
        swappable = swappable_setting("shop", "Order")


class Invoice(AbstractInvoice):
    class Meta(AbstractInvoice.Meta):
        abstract = False
=== shop/views.py
import swapper
from .loading import named, swapped

Order = named("Order")
Invoice = named(name="Invoice")
Own = swapped("shop", "Order")


def pay(pk):
    Order.objects.filter(pk=pk).update(status="paid")  # WRITE
    Own.objects.filter(pk=pk).update(status="paid")  # WRITE
    swapper.load_model("shop", "Order").objects.update(status="paid")  # WRITE
    swapper.load_model("shop", "Invoice").objects.update(status="paid")
    Invoice.objects.get(pk=pk).order.status = "paid"  # WRITE
    for it in Order.objects.get(pk=pk).invoice_set.all():
        it.status = "paid"
        it.order.status = "paid"  # WRITE
"""


def test_models_that_are_swapped(tmp_path: Path) -> None:
    sites_of(tmp_path, SWAPPED)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
            === shop/conf/settings.py
            ORDER_MODEL = "shop.Order"
            INVOICE_MODEL = "shop.Invoice"
            === shop/jobs.py
            from django.apps import apps
            from django.conf import settings

            def order_model():
                return apps.get_model(settings.ORDER_MODEL, require_ready=False)

            def run():
                order_model().objects.update(status="paid")  # WRITE
                apps.get_model(settings.INVOICE_MODEL).objects.update(status="paid")
                apps.get_model(settings.NO_MODEL).objects.update(status="paid")
            """,
            id="a setting",
        ),
        pytest.param(
            """
            === shop/jobs.py
            from django.apps import apps
            from django.conf import settings

            MODEL = "shop.Order"
            OTHER = getattr(settings, "SHOP_OTHER", "shop.Invoice")

            def run():
                apps.get_model(MODEL).objects.update(status="paid")  # WRITE
                apps.get_model(OTHER).objects.update(status="paid")
                name = "order"
                apps.get_model("shop", name).objects.update(status="paid")  # WRITE
                apps.get_model(app_label="shop", model_name="invoice").objects.update(status="x")
                own = apps.get_model(model_name="order", app_label="shop")
                own.objects.update(status="x")  # WRITE
            """,
            id="a constant",
        ),
        pytest.param(
            """
            === shop/jobs.py
            from django.apps import apps

            class Job:
                def model(self, label, name):
                    return apps.get_model(label, name)

                def run(self, name):
                    self.model("shop", "Order").objects.update(status="paid")  # WRITE
                    self.model(label="shop", name="Order").objects.update(status="x")  # WRITE
                    self.model("shop", "Invoice").objects.update(status="paid")
                    self.model("shop", name).objects.update(status="paid")
            """,
            id="a method that hands the name on",
        ),
        pytest.param(
            """
            === shop/jobs.py
            from shop.models import Invoice, Order

            def run(order: Order, invoice: Invoice):
                order._meta.model.objects.update(status="x")  # WRITE
                Order._meta.default_manager.create(status="x")  # WRITE
                order._meta.concrete_model._base_manager.update(status="x")  # WRITE
                invoice._meta.model.objects.update(status="x")
                invoice._meta.default_manager.create(status="x")
            """,
            id="the options of a model",
        ),
        pytest.param(
            """
            === shop/jobs.py
            from functools import partial
            from asgiref.sync import sync_to_async
            from django.db import transaction
            from django.shortcuts import get_object_or_404
            from shop.models import Invoice, Order

            async def run(pk):
                await sync_to_async(Order.objects.create)(status="new")  # WRITE
                await sync_to_async(Order.objects.filter(pk=pk).update)(status="x")  # WRITE
                await sync_to_async(Order.objects.update_or_create)(
                    pk=pk, defaults={"status": "x"}  # WRITE
                )
                await sync_to_async(Invoice.objects.create)(status="new")
                await sync_to_async(Order.objects.filter)(status="new")
                one = await sync_to_async(get_object_or_404)(Order, pk=pk)
                one.status = "x"  # WRITE
                one = await sync_to_async(lambda: Order.objects.get(pk=pk))()
                one.status = "x"  # WRITE
                one = await sync_to_async(get_object_or_404)(Invoice, pk=pk)
                one.status = "x"
                later = partial(Order.objects.filter(pk=pk).update, status="x")  # WRITE
                transaction.on_commit(later)
                partial(Invoice.objects.filter(pk=pk).update, status="x")
            """,
            id="a method that is run in another way",
        ),
        pytest.param(
            """
            === shop/jobs.py
            from django.db.models.signals import post_save, pre_save
            from django.dispatch import receiver
            from shop.models import Invoice, Order

            @receiver(post_save, sender=Order)
            def saved(sender, instance, **kwargs):
                sender.objects.filter(pk=instance.pk).update(status="x")  # WRITE

            @receiver(post_save, sender=Invoice)
            def other(sender, instance, **kwargs):
                sender.objects.filter(pk=instance.pk).update(status="x")

            def by_keyword(sender, instance, **kwargs):
                instance.status = "x"  # WRITE
                sender.objects.update(status="x")  # WRITE

            def by_name(sender, instance, **kwargs):
                instance.status = "x"  # WRITE

            def of_invoices(sender, instance, **kwargs):
                instance.status = "x"
                sender.objects.update(status="x")

            pre_save.connect(receiver=by_keyword, sender=Order)
            pre_save.connect(by_name, "shop.Order")
            pre_save.connect(of_invoices, Invoice)
            """,
            id="the sender of a signal",
        ),
        pytest.param(
            """
            === shop/tests/__init__.py
            === shop/tests/factories.py
            import factory
            from shop.models import Invoice, Order

            class OrderFactory(factory.django.DjangoModelFactory):
                class Meta:
                    model = Order

                class Params:
                    paid = factory.Trait(status="paid")  # WRITE

            class InvoiceFactory(factory.django.DjangoModelFactory):
                class Meta:
                    model = Invoice

                class Params:
                    paid = factory.Trait(status="paid")

                order = factory.SubFactory(OrderFactory, status="paid")  # WRITE
                status = "new"

            class Pair(factory.django.DjangoModelFactory):
                class Meta:
                    model = Order

                invoice = factory.RelatedFactory(InvoiceFactory, "order", status="x")
            === shop/tests/test_orders.py
            from model_bakery import baker
            from shop.models import Invoice, Order

            def test_made():
                baker.make("shop.Order", status="x")  # WRITE
                baker.make("shop.Invoice", status="x")
                one = baker.make("shop.Order")
                one.status = "x"  # WRITE
                for it in baker.make(Order, _quantity=3):
                    it.status = "x"  # WRITE
                for it in baker.make(Invoice, _quantity=3):
                    it.status = "x"
            """,
            id="what factories declare and make",
        ),
        pytest.param(
            """
            === shop/tests/test_orders.py
            import django_dynamic_fixture as fixture
            from django_dynamic_fixture import G, get
            from shop.models import Invoice, Order
            from shop.cache import get as cached

            def test_made():
                one = get(Order, status="x")  # WRITE
                one.status = "y"  # WRITE
                G(Order, status="x")  # WRITE
                fixture.get(Order, status="x")  # WRITE
                for it in get(Order, n=3):
                    it.status = "x"  # WRITE
                get(Invoice, status="x")
                fixture.get(Invoice).status = "x"
                cached(Order, status="x")
            """,
            id="what dynamic fixtures make",
        ),
    ],
)
def test_models_by_name(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, DJANGO + textwrap.dedent(body))
