"""Rows of Django that link others, that are in two tables, that bases of views work on."""

from pathlib import Path

from tests.scan_projects import DJANGO, sites_of

from pginterlock.scan.site import Target

LINKED = """
=== club/__init__.py
=== club/models.py
from django.db import models


class Person(models.Model):
    status = models.TextField()


class Group(models.Model):
    status = models.TextField()
    members = models.ManyToManyField(Person, through="Membership", related_name="groups")
    guests = models.ManyToManyField(Person, through="Visit")


class Membership(models.Model):
    person = models.ForeignKey(Person, models.CASCADE)
    group = models.ForeignKey(Group, models.CASCADE)
    status = models.TextField()


class Visit(models.Model):
    person = models.ForeignKey(Person, models.CASCADE)
    group = models.ForeignKey(Group, models.CASCADE)
    status = models.TextField()
=== club/views.py
from club.models import Group


def join(pk, person):
    group = Group.objects.get(pk=pk)
    group.members.add(person, through_defaults={"status": "in"})  # WRITE
    group.members.set([person], through_defaults={"status": "in"})  # WRITE
    group.members.create(status="x", through_defaults={"status": "in"})  # WRITE
    group.members.through.objects.filter(group=group).update(status="in")  # WRITE
    Group.members.through.objects.create(status="in")  # WRITE
    group.guests.add(person, through_defaults={"status": "in"})
    group.guests.through.objects.update(status="in")
    for it in group.membership_set.all():
        it.status = "out"  # WRITE
        it.person.status = "out"
"""


def test_rows_that_link_others(tmp_path: Path) -> None:
    sites_of(tmp_path, LINKED, Target(("status",), model="Membership"))


def test_parts_of_a_row_in_tables_of_parents_and_children(tmp_path: Path) -> None:
    more = """

class Special(Order):
    extra = models.TextField()


class Contact(Customer):
    extra = models.TextField()
=== shop/views.py
from shop.models import Contact, Customer, Order, Special


def pay(pk):
    special = Special.objects.get(pk=pk)
    special.status = "paid"  # WRITE
    special.order_ptr.status = "paid"  # WRITE
    Order.objects.get(pk=pk).special.status = "paid"  # WRITE
    Customer.objects.get(pk=pk).contact.status = "paid"
    Contact.objects.get(pk=pk).customer_ptr.status = "paid"
"""
    sites_of(tmp_path, DJANGO + more)


def test_models_whose_base_is_from_elsewhere(tmp_path: Path) -> None:
    text = """
=== yard/__init__.py
=== yard/models.py
from django.db import models
from polymorphic.models import PolymorphicModel
from pydantic import BaseModel


class Vehicle(PolymorphicModel):
    status = models.TextField()


class Car(Vehicle):
    doors = models.IntegerField()


class Boat(PolymorphicModel):
    status = models.TextField()


class Shown(BaseModel):
    car: str
=== yard/views.py
from yard.models import Boat, Car, Shown, Vehicle


def stop(pk, shown: Shown):
    vehicle = Vehicle.objects.get(pk=pk)
    vehicle.car.status = "still"  # WRITE
    vehicle.get_real_instance().status = "still"  # WRITE
    Boat.objects.get(pk=pk).get_real_instance().status = "still"
    shown.car.status = "still"
"""
    sites_of(tmp_path, text, Target(("status",), model="Vehicle"))


def test_a_row_of_the_parent_is_none_of_the_child(tmp_path: Path) -> None:
    text = """
=== yard/models.py
from django.db import models
from polymorphic.models import PolymorphicModel


class Vehicle(PolymorphicModel):
    status = models.TextField()


class Car(Vehicle):
    doors = models.IntegerField()
=== yard/views.py
from yard.models import Car, Vehicle


def stop(pk):
    Vehicle.objects.get(pk=pk).status = "still"
    Car.objects.get(pk=pk).status = "still"  # WRITE
"""
    sites_of(tmp_path, text, Target(("status",), model="Car"))


def test_what_a_base_of_views_works_on(tmp_path: Path) -> None:
    more = """
=== shop/api.py
from rest_framework import mixins, viewsets
from shop.models import Customer, Invoice, Order


class ClosingMixin:
    def close(self, request, pk=None):
        row = self.get_object()
        row.status = "closed"  # WRITE


class Base(viewsets.GenericViewSet):
    def stop(self, request, pk=None):
        self.get_queryset().filter(pk=pk).update(status="stopped")  # WRITE


class Billing(viewsets.GenericViewSet):
    def stop(self, request, pk=None):
        self.get_queryset().filter(pk=pk).update(status="stopped")


class Orders(ClosingMixin, Base):
    queryset = Order.objects.all()


class Invoices(ClosingMixin, Billing):
    queryset = Invoice.objects.all()
"""
    sites_of(tmp_path, DJANGO + more)


def test_a_method_that_super_finds_in_a_later_base(tmp_path: Path) -> None:
    more = """
=== shop/tests/__init__.py
=== shop/tests/makers.py
from shop.models import Customer, Invoice, Order


class CustomerMixin:
    def make_customer(self):
        return Customer.objects.create()


class OrderMixin:
    def make(self, **kwargs):
        values = dict(note="x")
        values.update(kwargs)
        return Order.objects.create(**values)  # WRITE


class InvoiceMixin:
    def make(self, **kwargs):
        return Invoice.objects.create(**kwargs)


class Both(CustomerMixin, OrderMixin):
    def make(self, **kwargs):
        kwargs["customer"] = self.make_customer()
        return super().make(**kwargs)


class Logged:
    def make(self, **kwargs):
        return super().make(**kwargs)
=== shop/tests/test_orders.py
from django.test import TestCase
from shop.tests.makers import Both, InvoiceMixin, Logged, OrderMixin


class OrderTest(Both, TestCase):
    def test_it(self):
        self.make(status="new").status = "paid"  # WRITE


class LoggedTest(Logged, OrderMixin, TestCase):
    def test_it(self):
        self.make().status = "paid"  # WRITE


class InvoiceTest(Logged, InvoiceMixin, TestCase):
    def test_it(self):
        self.make().status = "paid"
"""
    sites_of(tmp_path, DJANGO + more)


def test_one_row_that_leads_back_by_an_abstract_base(tmp_path: Path) -> None:
    more = """

class OfOrder(models.Model):
    order = models.OneToOneField("shop.Order", models.CASCADE)

    class Meta:
        abstract = True


class Parcel(OfOrder):
    status = models.TextField()


class Letter(OfOrder):
    status = models.TextField()
=== shop/views.py
from shop.models import Order


def send(pk):
    Order.objects.get(pk=pk).parcel.status = "sent"  # WRITE
    Order.objects.get(pk=pk).letter.status = "sent"
"""
    sites_of(tmp_path, DJANGO + more, Target(("status",), model="Parcel"))


def test_rows_of_the_class_that_a_call_names(tmp_path: Path) -> None:
    more = """
=== shop/nodes.py
from shop.models import Customer, Invoice, Order


class OrderNode:
    class Meta:
        model = Order


class InvoiceNode:
    class Meta:
        model = Invoice


def node_of(pk, only=None):
    if only is OrderNode:
        return Order.objects.get(pk=pk)
    if only is InvoiceNode:
        return Invoice.objects.get(pk=pk)
    return Customer.objects.get(pk=pk)


def pay(pk):
    order = node_of(pk, only=OrderNode)
    order.status = "paid"  # WRITE
    bill = node_of(pk, only=InvoiceNode)
    bill.status = "paid"
    order = node_of(pk, Order)
    order.status = "paid"  # WRITE
    other = node_of(pk)
    other.status = "paid"  # WRITE
"""
    sites_of(tmp_path, DJANGO + more)
