"""Writes by Django's ORM: each is found, and what looks like it and is none is not."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, sites_of, the_site

VIEWS = """
=== shop/views.py
from django.shortcuts import get_object_or_404
from django.db.models import Case, F, Value, When
from shop.models import Customer, Invoice, Order
"""


def views(body: str) -> str:
    return DJANGO + VIEWS + textwrap.dedent(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
            def pay(pk):
                order = Order.objects.get(pk=pk)
                order.status = "paid"  # WRITE
                order.save()
                order.note = "status"
                if order.status == "paid":
                    return order.status
                invoice = Invoice.objects.get(pk=pk)
                invoice.status = "paid"
                invoice.save()
            """,
            id="an attribute, then save",
        ),
        pytest.param(
            """
            def mark(pk):
                order = get_object_or_404(Order, pk=pk)
                order.status = "paid"  # WRITE
                thing = get_object_or_404(Invoice, pk=pk)
                thing.status = "paid"
            """,
            id="get_object_or_404",
        ),
        pytest.param(
            """
            def mark(pk):
                x = get_object_or_404(Order.objects.filter(note=""), pk=pk)
                x.status = "paid"  # WRITE
                x = get_object_or_404(Invoice.objects.filter(order=1), pk=pk)
                x.status = "paid"
            """,
            id="get_object_or_404 of a queryset",
        ),
        pytest.param(
            """
            def mark():
                a = Order.objects.first()
                a.status = "paid"  # WRITE
                b = Order.objects.filter(note="x").order_by("pk").last()
                b.status = "paid"  # WRITE
                c = Invoice.objects.filter(order__status="x").latest("pk")
                c.status = "paid"
            """,
            id="first, last and latest",
        ),
        pytest.param(
            """
            def mark():
                for it in Order.objects.all()[:10]:
                    it.status = "paid"  # WRITE
                Order.objects.all()[0].status = "paid"  # WRITE
                for it in Invoice.objects.all()[:10]:
                    it.status = "paid"
            """,
            id="slices of a queryset",
        ),
        pytest.param(
            """
            def mark(customer: Customer):
                for it in customer.orders.filter(note=""):
                    it.status = "paid"  # WRITE
                    it.customer.status = "good"
                customer.status = "good"
            """,
            id="a related manager by its related_name",
        ),
        pytest.param(
            """
            def mark(order: Order):
                for it in order.invoice_set.all():
                    it.status = "paid"
                    it.order.status = "paid"  # WRITE
            """,
            id="a related manager by _set",
        ),
        pytest.param(
            """
            def mark(a: Order, b: "Order", c: Order | None, d: Invoice, e: "Customer"):
                a.status = "paid"  # WRITE
                b.status = "paid"  # WRITE
                c.status = "paid"  # WRITE
                d.status = "paid"
                e.status = "paid"
            """,
            id="annotations, also as strings",
        ),
        pytest.param(
            """
            from typing import Iterable, Optional

            def mark(a: Optional[Order], b: list[Order], c: Iterable["Order"], d: list[Invoice]):
                a.status = "paid"  # WRITE
                for it in b:
                    it.status = "paid"  # WRITE
                for it in c:
                    it.status = "paid"  # WRITE
                for it in d:
                    it.status = "paid"
            """,
            id="annotations of several",
        ),
        pytest.param(
            """
            def find(pk):
                return Order.objects.get(pk=pk)

            def find_bill(pk):
                return Invoice.objects.get(pk=pk)

            def mark(pk):
                it = find(pk)
                it.status = "paid"  # WRITE
                it = find_bill(pk)
                it.status = "paid"
            """,
            id="what a function returns",
        ),
        pytest.param(
            """
            def find(pk) -> "Order":
                return somewhere(pk)

            def find_bill(pk) -> "Invoice":
                return somewhere(pk)

            def mark(pk):
                find(pk).status = "paid"  # WRITE
                find_bill(pk).status = "paid"
            """,
            id="what a function says it returns",
        ),
        pytest.param(
            """
            def mark(it):
                it.status = "paid"  # WRITE

            def mark_bill(it):
                it.status = "paid"

            def both(pk):
                mark(Order.objects.get(pk=pk))
                mark_bill(Invoice.objects.get(pk=pk))
            """,
            id="a parameter, by those who call",
        ),
        pytest.param(
            """
            def mark(pk, day):
                Order.objects.create(status="new", note="status")  # WRITE
                Order.objects.get_or_create(pk=pk, status="new")  # WRITE
                Order(status="new").save()  # WRITE
                Order.objects.filter(status="new").exclude(status="paid").count()
                Order.objects.get(status="new")
                Invoice.objects.create(status="new")
                Invoice(status="new").save()
                Invoice.objects.create(order=Order.objects.get(status="new"))
            """,
            id="create, get_or_create and the class itself",
        ),
        pytest.param(
            """
            def mark(pk):
                Order.objects.update_or_create(pk=pk, defaults={"status": "paid"})  # WRITE
                Order.objects.get_or_create(pk=pk, defaults={"status": "paid"})  # WRITE
                Order.objects.update_or_create(pk=pk, defaults={"note": "status"})
                Invoice.objects.update_or_create(pk=pk, defaults={"status": "paid"})
                Order.objects.filter(**{"status": "paid"}).count()
            """,
            id="defaults",
        ),
        pytest.param(
            """
            def mark(pk, made):
                Order.objects.bulk_create([Order(status="new") for _ in range(3)])  # WRITE
                Invoice.objects.bulk_create([Invoice(status="new") for _ in range(3)])
                Order.objects.bulk_update(made, ["status"])  # WRITE
                Order.objects.bulk_update(made, ["note"])
                Invoice.objects.bulk_update(made, ["status"])
                Order.objects.values_list("status", flat=True).order_by("status")
                Order.objects.only("status").distinct("status")
            """,
            id="several at once",
        ),
        pytest.param(
            """
            def mark(pk):
                Order.objects.filter(pk=pk).update(status="paid", note="x")  # WRITE
                Order.objects.filter(pk=pk).update(status=F("note"))  # WRITE
                Order.objects.filter(status="new").update(note="x")
                Order.objects.annotate(kind=F("status")).filter(status=F("note")).count()
                Invoice.objects.filter(order__status="new").update(status="paid")
                {}.update(status="paid")
            """,
            id="update and F",
        ),
        pytest.param(
            """
            def mark(pk):
                Order.objects.update(
                    status=Case(When(note="x", then=Value("paid")), default=Value("new"))  # WRITE
                )
                Order.objects.annotate(late=Case(When(status="new", then=Value(1)))).count()
            """,
            id="Case and When",
        ),
        pytest.param(
            """
            def mark(order: Order, invoice: Invoice):
                setattr(order, "status", "paid")  # WRITE
                setattr(order, "note", "status")
                setattr(invoice, "status", "paid")
                getattr(order, "status", "paid")
                hasattr(order, "status")
            """,
            id="setattr of a constant name",
        ),
        pytest.param(
            """
            def mark(order: Order, invoice: Invoice):
                changes = {
                    "status": "paid",  # WRITE
                    "note": "x",
                }
                for name, value in changes.items():
                    setattr(order, name, value)  # WRITE
                others = {
                    "status": "paid",
                }
                for name, value in others.items():
                    setattr(invoice, name, value)
            """,
            id="setattr in a loop over a dict",
        ),
        pytest.param(
            """
            def mark(pk):
                values = {"note": "x"}
                values["status"] = "paid"  # WRITE
                Order.objects.create(**values)  # WRITE
                seen = {"status": "paid"}
                Order.objects.filter(**seen).count()
                bill = dict(status="paid")
                Invoice.objects.create(**bill)
            """,
            id="a dict, then its pairs",
        ),
        pytest.param(
            """
            def mark():
                with_it = [it for it in Order.objects.all() if it.note]
                for it in with_it:
                    it.status = "paid"  # WRITE
                for number, it in enumerate(Order.objects.all()):
                    it.status = "paid"  # WRITE
                for it, bill in zip(Order.objects.all(), Invoice.objects.all()):
                    it.status = "paid"  # WRITE
                    bill.status = "paid"
            """,
            id="comprehensions, enumerate and zip",
        ),
        pytest.param(
            """
            async def mark(pk):
                it = await Order.objects.aget(pk=pk)
                it.status = "paid"  # WRITE
                await it.asave()
                async for it in Order.objects.filter(note=""):
                    it.status = "paid"  # WRITE
                await Order.objects.acreate(status="new")  # WRITE
                await Order.objects.filter(pk=pk).aupdate(status="paid")  # WRITE
                bill = await Invoice.objects.aget(pk=pk)
                bill.status = "paid"
                await Invoice.objects.acreate(status="new")
            """,
            id="without waiting",
        ),
        pytest.param(
            """
            def mark(response, task):
                response.status = "paid"
                task.status = "paid"
                order_task = task
                order_task.status = "paid"
                status = "paid"
                print(status)
                log(order=1, status="paid")
                return {"status": "paid"}
            """,
            id="nothing of an order's",
        ),
        pytest.param(
            """
            def mark(order):
                order.status = "paid"  # WRITE

            def mark_reorder(border):
                border.status = "paid"
            """,
            id="a name alone",
        ),
        pytest.param(
            """
            def mark(a: Order, b: Invoice):
                a.status, b.status = "paid", "sent"  # WRITE
                b.status, b.order.note = "paid", "status"
                a.status += "x"  # WRITE
                b.status += "x"
                b.order.status: str = "paid"  # WRITE
            """,
            id="several targets, and others than a plain assignment",
        ),
        pytest.param(
            """
            def mark(pk):
                if (order := Order.objects.filter(pk=pk).first()) is not None:
                    order.status = "paid"  # WRITE
                if (bill := Invoice.objects.filter(pk=pk).first()) is not None:
                    bill.status = "paid"
            """,
            id="a walrus",
        ),
        pytest.param(
            """
            class Pay:
                def __init__(self, order: Order, invoice: Invoice):
                    self.it = order
                    self.bill = invoice
                    self.status = "begun"

                def run(self):
                    self.it.status = "paid"  # WRITE
                    self.bill.status = "paid"
                    self.status = "done"
            """,
            id="an attribute of a service",
        ),
    ],
)
def test_a_view(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, views(body))


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(
            """
            === base/__init__.py
            === base/models.py
            from django.db import models


            class Payable(models.Model):
                status = models.TextField()

                class Meta:
                    abstract = True

                def pay(self):
                    self.status = "paid"  # WRITE
                    self.save()


            class Refundable(models.Model):
                status = models.TextField()

                class Meta:
                    abstract = True

                def refund(self):
                    self.status = "refunded"
            === base/orders.py
            from django.db import models
            from base.models import Payable, Refundable


            class Order(Payable):
                pass


            class Claim(Refundable):
                pass
            """,
            id="self in an abstract model",
        ),
        pytest.param(
            """
            === base/orders.py
            from django.db import models


            class OrderQuerySet(models.QuerySet):
                def pay(self):
                    return self.filter(note="").update(status="paid")  # WRITE

                def open(self):
                    return self.filter(status="new")


            class OrderManager(models.Manager):
                def place(self, **more):
                    return self.create(status="new", **more)  # WRITE

                def find(self, note):
                    found, _ = self.get_or_create(note=note, defaults={"status": "new"})  # WRITE
                    return found


            class ClaimManager(models.Manager):
                def place(self, **more):
                    return self.create(status="new", **more)


            class Order(models.Model):
                status = models.TextField()
                note = models.TextField()
                objects = OrderManager.from_queryset(OrderQuerySet)()


            class Claim(models.Model):
                status = models.TextField()
                objects = ClaimManager()


            def use():
                it = Order.objects.find("x")
                it.status = "paid"  # WRITE
                it = Claim.objects.place()
                it.status = "paid"
            """,
            id="a manager of its own",
        ),
    ],
)
def test_models_of_their_own(tmp_path: Path, more: str) -> None:
    sites_of(tmp_path, more)


@pytest.mark.parametrize(
    ("construct", "more"),
    [
        pytest.param(
            "modelform_field",
            """
            === shop/forms.py
            from django import forms
            from shop.models import Invoice, Order


            class OrderForm(forms.ModelForm):
                class Meta:
                    model = Order
                    fields = ["status", "note"]  # WRITE


            class NoteForm(forms.ModelForm):
                class Meta:
                    model = Order
                    fields = ["note"]


            class InvoiceForm(forms.ModelForm):
                class Meta:
                    model = Invoice
                    fields = ["status"]


            class Search(forms.Form):
                status = forms.CharField()
            """,
            id="a form",
        ),
        pytest.param(
            "serializer_field",
            """
            === shop/api.py
            from rest_framework import serializers
            from shop.models import Invoice, Order


            class OrderSerializer(serializers.ModelSerializer):
                class Meta:
                    model = Order
                    fields = ["status", "note"]  # WRITE


            class ReadSerializer(serializers.ModelSerializer):
                class Meta:
                    model = Order
                    fields = ["status", "note"]
                    read_only_fields = ["status"]


            class ShownSerializer(serializers.ModelSerializer):
                status = serializers.CharField(read_only=True)

                class Meta:
                    model = Order
                    fields = ["status", "note"]


            class InvoiceSerializer(serializers.ModelSerializer):
                class Meta:
                    model = Invoice
                    fields = ["status"]
            """,
            id="a serializer",
        ),
        pytest.param(
            "admin_list_editable",
            """
            === shop/admin.py
            from django.contrib import admin
            from shop.models import Invoice, Order


            @admin.register(Order)
            class OrderAdmin(admin.ModelAdmin):
                list_display = ["note", "status"]
                list_filter = ["status"]
                list_editable = ["status"]  # WRITE


            @admin.register(Invoice)
            class InvoiceAdmin(admin.ModelAdmin):
                list_editable = ["status"]
            """,
            id="the list of the admin",
        ),
        pytest.param(
            "queryset_update",
            """
            === shop/admin.py
            from django.contrib import admin
            from shop.models import Invoice, Order


            class OrderAdmin(admin.ModelAdmin):
                actions = ["pay"]

                def pay(self, request, queryset):
                    queryset.update(status="paid")  # WRITE
                    queryset.filter(status="new").count()


            class InvoiceAdmin(admin.ModelAdmin):
                actions = ["pay"]

                def pay(self, request, queryset):
                    queryset.update(status="paid")


            admin.site.register(Order, OrderAdmin)
            admin.site.register(Invoice, InvoiceAdmin)
            """,
            id="an action of the admin",
        ),
        pytest.param(
            "queryset_update",
            """
            === shop/migrations/__init__.py
            === shop/migrations/0002_paid.py
            from django.db import migrations, models


            def forward(apps, schema_editor):
                Order = apps.get_model("shop", "Order")
                Invoice = apps.get_model("shop", "Invoice")
                Order.objects.filter(note="x").update(status="paid")  # WRITE
                Invoice.objects.filter(order=1).update(status="paid")


            class Migration(migrations.Migration):
                operations = [
                    migrations.RunPython(forward),
                    migrations.AddField("order", "status", models.TextField(default="new")),
                ]
            """,
            id="a migration of data",
        ),
        pytest.param(
            "attr_assign",
            """
            === shop/tasks.py
            from django.apps import apps


            def pay(pk):
                Model = apps.get_model("shop.Order")
                it = Model.objects.get(pk=pk)
                it.status = "paid"  # WRITE
                Model = apps.get_model("shop", "Invoice")
                it = Model.objects.get(pk=pk)
                it.status = "paid"
            """,
            id="get_model",
        ),
        pytest.param(
            "get_or_create_kwarg",
            """
            === shop/tasks.py
            from oscar.core.loading import get_model

            Order = get_model("shop", "Order")
            Invoice = get_model("shop", "Invoice")


            def place(pk):
                Order.objects.get_or_create(pk=pk, status="new")  # WRITE
                Invoice.objects.get_or_create(pk=pk, status="new")
            """,
            id="get_model of a loader of its own",
        ),
    ],
)
def test_what_the_framework_does(tmp_path: Path, construct: str, more: str) -> None:
    assert the_site(tmp_path, DJANGO + textwrap.dedent(more)).construct == construct


def test_a_default_of_the_column_is_no_site(tmp_path: Path) -> None:
    sites_of(tmp_path, DJANGO)
