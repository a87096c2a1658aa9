"""Rows of Django that are reached by managers, migrations, transitions, admins and made classes."""

from pathlib import Path

from tests.scan_projects import DJANGO, sites_of


def test_managers_that_are_made_of_querysets(tmp_path: Path) -> None:
    text = """
=== shop/__init__.py
=== shop/models.py
from django.db import models
class Open(models.QuerySet):
    def open(self):
        return self.filter(status="open")
    def close(self):
        return self.update(status="closed")  # WRITE
    def newest(self):
        return self.order_by("-pk").first()
class Making(models.Manager.from_queryset(Open)):
    def make(self, **kw):
        return self.create(status="x", **kw)  # WRITE
    def add(self, **kw):
        it = self.model(status="x", **kw)  # WRITE
        return it
Named = models.Manager.from_queryset(Open)
class Order(models.Model):
    status = models.TextField()
    made = Making()
    named = Named()
class Later(models.QuerySet):
    def close(self):
        return self.update(status="closed")
LaterOnes = models.Manager.from_queryset(Later)
class Invoice(models.Model):
    status = models.TextField()
    objects = LaterOnes()
=== shop/work.py
from shop.models import Invoice, Order
def run():
    Order.made.open().update(status="x")  # WRITE
    Order.made.make().status = "x"  # WRITE
    Order.named.open().newest().status = "x"  # WRITE
    Invoice.objects.filter(pk=1).update(status="x")
"""
    sites_of(tmp_path, text)


def test_models_that_a_migration_runs_over(tmp_path: Path) -> None:
    text = """
=== shop/migrations/__init__.py
=== shop/migrations/0002_states.py
from django.db import migrations
def move(apps, schema_editor):
    for name in ("Order", "Invoice"):
        model = apps.get_model("shop", name)
        model.objects.update(status="x")  # WRITE
    for name in ("Customer", "Invoice"):
        apps.get_model("shop", name).objects.update(status="x")
    both(apps, "Order")
    only(apps, "Invoice")
    got(apps, "Order").objects.update(status="x")  # WRITE
    got(apps, "Invoice").objects.update(status="x")
def both(apps, name):
    apps.get_model("shop", name).objects.update(status="x")  # WRITE
def only(apps, name):
    apps.get_model("shop", name).objects.update(status="x")
def got(apps, name):
    return apps.get_model("shop", name)
class Migration(migrations.Migration):
    operations = [migrations.RunPython(move)]
"""
    sites_of(tmp_path, DJANGO + text)


def test_the_key_of_the_row_that_a_field_leads_to(tmp_path: Path) -> None:
    text = """
=== shop/__init__.py
=== shop/models.py
from django.db import models
class State(models.Model):
    name = models.TextField()
class Order(models.Model):
    status = models.ForeignKey(State, models.PROTECT)
=== shop/work.py
from shop.models import Order, State
def run(order: Order):
    order.status_id = 5  # WRITE
    order.status = State.objects.get(name="x")  # WRITE
    Order.objects.create(status_id=4)  # WRITE
    Order.objects.filter(status_id=4).update(status_id=5)  # WRITE
"""
    sites_of(tmp_path, text)


def test_a_transition_that_is_imported_under_a_name_of_its_kind(tmp_path: Path) -> None:
    text = """
=== shop/__init__.py
=== shop/models.py
from django.db import models
from django_fsm import FSMField
from django_fsm import transition as fsm_transition
from shop.flow import my_transition
class Order(models.Model):
    status = FSMField()
    @fsm_transition(field=status, source="new", target="paid")  # WRITE
    def pay(self):
        pass
    @my_transition(field=status, source="new", target="paid")
    def none(self):
        pass
=== shop/flow.py
def my_transition(**told):
    return lambda it: it
"""
    sites_of(tmp_path, text)


def test_rows_of_the_sets_of_forms_of_an_admin(tmp_path: Path) -> None:
    text = """
=== shop/admin.py
from django.contrib import admin
from shop.models import Customer, Order
class Lines(admin.TabularInline):
    model = Order
class OfCustomer(admin.ModelAdmin):
    inlines = [Lines]
    def save_formset(self, request, form, formset, change):
        for it, fields in formset.changed_objects:
            it.status = "x"  # WRITE
            fields.status = "x"
        for it in formset.new_objects:
            it.status = "x"  # WRITE
    def save_form(self, request, form, change):
        it = super().save_form(request, form, change)
        it.status = "x"
        return it
class OfOrder(admin.ModelAdmin):
    def save_form(self, request, form, change):
        it = super().save_form(request, form, change)
        it.status = "x"  # WRITE
        return it
admin.site.register(Customer, OfCustomer)
admin.site.register(Order, OfOrder)
"""
    sites_of(tmp_path, DJANGO + text)


def test_models_that_a_call_makes_of_abstract_ones(tmp_path: Path) -> None:
    text = """
=== shop/__init__.py
=== shop/abstract.py
from django.db import models
class AbstractOrder(models.Model):
    status = models.TextField()
    class Meta:
        abstract = True
    def close(self):
        self.status = "x"  # WRITE
class AbstractInvoice(models.Model):
    status = models.TextField()
    class Meta:
        abstract = True
=== shop/made.py
def model_of(abstract):
    if not is_there(abstract.Meta.app_label):
        return type(abstract.__name__.replace("Abstract", ""), (abstract,), {"x": 1})
=== shop/models.py
from shop.abstract import AbstractInvoice, AbstractOrder
from shop.made import model_of


Order = model_of(AbstractOrder)
Invoice = model_of(AbstractInvoice)
=== shop/work.py
from shop.models import Invoice, Order
def run():
    Order.objects.create(status="x")  # WRITE
    Invoice.objects.create(status="x")
    apps.get_model("shop", "Order").objects.update(status="x")  # WRITE
"""
    sites_of(tmp_path, text)


def test_what_is_made_under_another_name_of_its_class(tmp_path: Path) -> None:
    text = """
=== shop/work.py
from shop.models import Invoice, Order
class Entry:
    def __init__(self, it):
        self.it = it
    def close(self):
        self.it.status = "x"  # WRITE
class Other:
    def __init__(self, it):
        self.it = it
    def close(self):
        self.it.status = "x"
class Schedule:
    Made = Entry
    Others = Other
    def run(self):
        for it in Order.objects.all():
            self.Made(it).close()
        for it in Invoice.objects.all():
            self.Others(it).close()
"""
    sites_of(tmp_path, DJANGO + text)


def test_columns_that_the_heirs_of_a_view_name(tmp_path: Path) -> None:
    text = """
=== shop/work.py
from shop.models import Order
class Set:
    field = None
    def run(self, order: Order, value):
        setattr(order, self.field, value)  # WRITE
class SetStatus(Set):
    field = "status"
class Keep:
    kept = None
    def run(self, order: Order, value):
        setattr(order, self.kept, value)
class KeepNote(Keep):
    kept = "note"
"""
    sites_of(tmp_path, DJANGO + text)


def test_a_dict_or_list_that_is_annotated_and_filled(tmp_path: Path) -> None:
    text = """
=== shop/work.py
from collections import OrderedDict
from typing import Any
from shop.models import Invoice, Order
def run(bill: Invoice):
    held: dict = OrderedDict()
    for it in Order.objects.all():
        held[it.note] = it
    for it in held.values():
        it.status = "x"  # WRITE
    rows: list[Any] = []
    rows.insert(0, Order(note="x"))
    for it in rows:
        it.status = "x"  # WRITE
    bills: list = []
    bills.append(bill)
    bills[0].status = "x"
"""
    sites_of(tmp_path, DJANGO + text)


def test_models_that_a_loader_keeps_the_names_of(tmp_path: Path) -> None:
    text = """
=== shop/work.py
from shop.loader import lazy
def run():
    model = lazy.order_model()
    model.objects.update(status="x")  # WRITE
    lazy.invoice_model().objects.update(status="x")
    lazy.orders().objects.update(status="x")  # WRITE
=== shop/loader.py
from django.apps import apps
class Lazy:
    app = apps.get_app_config("shop")
    ORDER = "order"
    INVOICE = "invoice"
    def order_model(self):
        return self.app.get_model(self.ORDER)
    def invoice_model(self):
        return self.app.get_model(self.INVOICE)
    def _get(self, name):
        return apps.get_model("shop", name)
    def orders(self):
        return self._get(self.ORDER)
lazy = Lazy()
"""
    sites_of(tmp_path, DJANGO + text)


def test_querysets_that_a_manager_makes(tmp_path: Path) -> None:
    text = """
=== shop/__init__.py
=== shop/models.py
from django.db import models
class Orders(models.QuerySet):
    def open(self):
        return self.filter(status="open")
    def close(self):
        return self.update(status="closed")  # WRITE
    def each(self):
        for it in self:
            it.status = "x"  # WRITE
class OrderManager(models.Manager):
    def get_queryset(self):
        return Orders(self.model, using=self._db)
    def open(self):
        them = self.get_queryset()
        return them.filter(status="open")
    def wide(self):
        return self.get_queryset().open()
class Bills(models.QuerySet):
    def close(self):
        return self.update(status="closed")
class BillManager(models.Manager):
    def get_queryset(self):
        return Bills(model=self.model, using=self._db)
class Order(models.Model):
    status = models.TextField()
    objects = OrderManager()
    def lock(self):
        them = Order.objects.open().filter(pk=self.pk)
        return them.update(status="x")  # WRITE
    def lock_wide(self):
        return Order.objects.wide().filter(pk=self.pk).update(status="x")  # WRITE
    def lock_all(self):
        return Order.objects.all().open().filter(pk=self.pk).update(status="x")  # WRITE
class Invoice(models.Model):
    status = models.TextField()
    objects = BillManager()
    def lock(self):
        Invoice.objects.all().update(status="x")
"""
    sites_of(tmp_path, text)
