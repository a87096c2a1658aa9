"""Rows of Django that link others, and rows whose parts are in tables of parents and children."""

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
