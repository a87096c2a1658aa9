"""After edits at random a scan that keeps its steps finds what one finds that keeps nothing."""

import json
import random
from dataclasses import asdict
from pathlib import Path

import pytest
from tests.scan.edits import edits
from tests.scan_projects import ALCHEMY, DJANGO, ORDER, lay, run

from pginterlock.scan import steps
from pginterlock.scan.site import Scanned, Target

INVOICE = Target(("status",), model="Invoice")
PARCEL = Target(("db_state",), model="Parcel")
ROUNDS = 6
CODE = """
=== shop/work.py
from shop.models import Order
from shop.base import Saved, COLUMN

def pay(order: Order):
    order.status = "paid"
    order.save()

def pay_all(orders):
    for it in orders:
        pay(it)

def change(order, value):
    setattr(order, COLUMN, value)
    order.save()

class Payment(Saved):
    def run(self, pk):
        self.found(pk).status = Order.PAID

=== shop/base.py
from shop.models import Order

COLUMN = "status"

class Saved:
    def found(self, pk):
        return Order.objects.get(pk=pk)

def in_one(what):
    from django.db import transaction
    with transaction.atomic():
        what()

=== shop/calling.py
from django.db import transaction
from shop.work import pay, change
from shop.base import in_one

def run(order):
    with transaction.atomic():
        pay(order)

def hand(order):
    in_one(lambda: change(order, "paid"))

def go():
    in_one(all_of_them)

def all_of_them():
    Order.objects.filter(status="new").update(status="shipped")

=== shop/forms.py
from django import forms
from shop.models import Order, Invoice

class OrderForm(forms.ModelForm):
    class Meta:
        model = Order
        fields = "__all__"

class InvoiceForm(forms.ModelForm):
    class Meta:
        model = Invoice
        fields = ["status"]

=== aside/__init__.py
=== aside/maths.py
def double(x):
    return x * 2

def half(x):
    return x / 2

=== aside/shapes.py
class Shape:
    def area(self):
        return 0

class Square(Shape):
    def area(self):
        return self.side ** 2

=== aside/words.py
import re

WORD = re.compile("[a-z]+")

def words(text):
    return WORD.findall(text)

=== aside/more/lists.py
def chunks(them, size):
    for at in range(0, len(them), size):
        yield them[at : at + size]

=== aside/more/times.py
from datetime import datetime

def now():
    return datetime.now()

class Clock:
    def tick(self):
        return now()

=== shop/views.py
from django.views.generic import UpdateView
from shop.forms import OrderForm

class OrderView(UpdateView):
    form_class = OrderForm

    def form_valid(self, form):
        form.instance.status = "paid"
        return form.save()

=== shop/settings.py
DATABASES = {"default": {"ATOMIC_REQUESTS": True}}

=== shop/aside.py
class Basket:
    def total(self):
        return sum(self.prices)

class Other(Basket):
    status = "x"

=== shop/raw.py
TABLE = "shop_order"

def mark(cursor, pk):
    cursor.execute(f"update {TABLE} set status = %s where id = %s", ["paid", pk])

def load(cursor):
    cursor.execute(open("pay.sql").read())

=== shop/pay.sql
update shop_order set status = 'paid' where id = 1;
update invoices set status = 'new';

=== shop/tests/conftest.py
import pytest
from shop.models import Order

@pytest.fixture
def order():
    return Order.objects.create(status="new")

=== shop/tests/test_pay.py
from shop.work import pay

def test_pay(order):
    order.status = "new"
    pay(order)

=== store/work.py
from sqlalchemy import update
from sqlalchemy.orm import Session
from store.models import Invoice, Order

def settle(session: Session, order: Order):
    order.status = "paid"
    for it in order.invoices:
        it.status = "paid"
    session.commit()

def settle_all(session: Session):
    session.execute(update(Invoice).values(status="paid"))

def given(session: Session, values):
    session.execute(update(Order).values(**values))

=== store/calling.py
from store.work import given, settle

def run(session, orders):
    with session.begin():
        for it in orders:
            settle(session, it)
        given(session, {"status": "paid"})
"""
MORE = """
=== post/__init__.py
=== post/models.py
from django.db import models
from post.managers import Sent

class Parcel(models.Model):
    db_state = models.TextField(default="new")
    objects = Sent()

    def get_state(self):
        return self.db_state

    def set_state(self, value):
        self.db_state = value

    state = property(get_state, set_state)

=== post/managers.py
from django.db import models

class Sent(models.Manager):
    def send(self, **more):
        return self.model(db_state="sent", **more)

=== post/work.py
from post.models import Parcel

KEPT = ("db_state",)

def post(parcel: Parcel):
    parcel.state = "sent"
    parcel.save()

def keep(them):
    Parcel.objects.bulk_update(them, KEPT)

def named(key, value):
    Parcel.objects.update(**{key: value})

named("db_state", "lost")

=== post/signals.py
from post.work import post
from post.models import Parcel

def sent(sender, instance, **kwargs):
    post(instance)
    settle(instance)

def settle(parcel):
    Parcel.objects.filter(pk=parcel.pk).update(db_state="there")

=== post/apps.py
from django.db.models.signals import post_save
from post.signals import sent

def ready():
    post_save.connect(sent)

=== post/rows.py
class Database:
    def in_one(self, table, keys, values):
        with self.conn.transaction():
            self.lay(table, keys, values)

    def lay(self, table, keys, values):
        sets = ", ".join(f"{k} = ?" for k in values)
        self.conn.execute(f"update {table} set {sets} where id = ?", values)
        every = {**keys, **values}
        marks = ", ".join("?" for _ in every)
        self.conn.execute(f"insert into {table} ({', '.join(every)}) values ({marks})", every)

=== post/laying.py
from post.rows import Database

def one(db: Database):
    db.lay("post_parcel", {"id": 1}, {"db_state": "new"})

def other(db: Database):
    db.in_one("post_parcel", {"id": 1}, {"db_state": "new"})

=== post/api.py
from rest_framework import serializers, viewsets
from post.models import Parcel

class ParcelSerializer(serializers.ModelSerializer):
    class Meta:
        model = Parcel
        fields = ["db_state"]

class Taken(serializers.Serializer):
    db_state = serializers.CharField()

class ParcelView(viewsets.ModelViewSet):
    serializer_class = Taken
    def perform_create(self, serializer):
        Parcel.objects.create(**serializer.validated_data)

=== post/factories.py
import factory
from post.models import Parcel

class ParcelFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Parcel

    @factory.lazy_attribute
    def db_state(self):
        return "new"

class BoxFactory(factory.Factory):
    parcel = factory.SubFactory(ParcelFactory)

BoxFactory(parcel__db_state="x")

=== store/forms.py
from wtforms import Form, StringField
from store.models import Order

class StatusForm(Form):
    status = StringField()

def filled(session, pk):
    order = session.get(Order, pk)
    StatusForm().populate_obj(order)
"""


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_FILES", 2)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps that are made anew from now on, by what they were given."""
    names: list[str] = []
    make = steps.Steps.make

    def noting(self: steps.Steps, given: str, work: steps.Work) -> steps.Done:
        names.append(given)
        return make(self, given, work)

    monkeypatch.setattr(steps.Steps, "make", noting)
    return names


@pytest.mark.parametrize("seed", range(24))
def test_after_edits_a_scan_finds_what_one_finds_that_keeps_nothing(
    tmp_path: Path, seed: int
) -> None:
    code, kept, chance = tmp_path / "code", tmp_path / "kept", random.Random(seed)
    lay(code, DJANGO + ALCHEMY + CODE)
    assert len(run(code, ORDER, INVOICE, cache=kept).sites) > 10
    for _ in range(ROUNDS):
        done = edits(code, chance)
        assert told(run(code, ORDER, INVOICE, cache=kept)) == told(run(code, ORDER, INVOICE)), done


@pytest.mark.parametrize("seed", range(24))
def test_after_edits_of_what_names_no_column_where_it_writes_a_scan_finds_what_it_should(
    tmp_path: Path, seed: int
) -> None:
    code, kept, chance = tmp_path / "code", tmp_path / "kept", random.Random(seed)
    lay(code, ALCHEMY + MORE)
    assert len(run(code, ORDER, PARCEL, cache=kept).sites) > 10
    for _ in range(ROUNDS):
        done = edits(code, chance)
        assert told(run(code, ORDER, PARCEL, cache=kept)) == told(run(code, ORDER, PARCEL)), done


def test_of_steps_that_a_change_says_nothing_of_none_is_made_anew(
    tmp_path: Path, made: list[str]
) -> None:
    code, kept = tmp_path / "code", tmp_path / "kept"
    lay(code, DJANGO + ALCHEMY + CODE)
    run(code, ORDER, INVOICE, cache=kept)
    anew = len(made)
    made.clear()
    with (code / "store/calling.py").open("a") as file:
        file.write("\n\ndef another():\n    return 1\n")
    found = run(code, ORDER, INVOICE, cache=kept)

    assert 0 < len(made) < anew
    assert told(found) == told(run(code, ORDER, INVOICE))


def test_a_new_file_leaves_the_steps_of_others(tmp_path: Path, made: list[str]) -> None:
    code, kept = tmp_path / "code", tmp_path / "kept"
    lay(code, DJANGO + ALCHEMY + CODE)
    run(code, ORDER, INVOICE, cache=kept)
    anew = len(made)
    made.clear()
    (code / "shop/quiet.py").write_text("def quiet():\n    return 1\n")
    found = run(code, ORDER, INVOICE, cache=kept)

    assert 0 < len(made) < anew / 2
    assert told(found) == told(run(code, ORDER, INVOICE))


def test_shares_begin_at_the_same_files_whatever_others_there_are() -> None:
    paths = [f"shop/file_{it}.py" for it in range(500)]
    every, fewer = [*steps.shares(paths)], [*steps.shares([*paths[:100], *paths[101:]])]

    assert [one for it in every for one in it] == paths
    assert len([it for it in every if it not in fewer]) == 1


def test_a_share_is_no_more_than_its_trees_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_FILES", 1_000_000)
    paths = [f"shop/file_{it}.py" for it in range(300)]

    assert [len(it) for it in steps.shares(paths)] == [128, 128, 44]
    assert [*steps.shares([])] == []


def told(found: Scanned) -> str:
    return json.dumps(asdict(found), indent=1)
