"""Transactions of Django's code: where a row is saved, signals, requests, tests, files of SQL."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, sites_of, the_site

from pginterlock.scan.site import Transaction

HEAD = """
=== FILE
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.views import View
from rest_framework import serializers
from shop.models import Invoice, Order


"""


def judged(tmp_path: Path, body: str, file: str = "shop/work.py") -> Transaction:
    """Return what is said of the one write of *body*."""
    text = DJANGO + HEAD.replace("FILE", file) + textwrap.dedent(body)
    return the_site(tmp_path, text).transaction


@pytest.mark.parametrize(
    ("transaction", "body"),
    [
        pytest.param(
            Transaction.YES,
            """
            def make():
                order = Order(status="paid")  # WRITE
                with transaction.atomic():
                    order.save()
            """,
            id="saved in one after it is made",
        ),
        pytest.param(
            Transaction.NO,
            """
            def make(other):
                order = Order(status="paid")  # WRITE
                with transaction.atomic():
                    other.save()
                order.save()
            """,
            id="another row saved in one",
        ),
        pytest.param(
            Transaction.YES,
            """
            def pay(pks):
                orders = Order.objects.filter(pk__in=pks)
                for order in orders:
                    order.status = "paid"  # WRITE
                with transaction.atomic():
                    Order.objects.bulk_update(orders, ["status"])
            """,
            id="saved with those of its loop",
        ),
        pytest.param(
            Transaction.YES,
            """
            def make(count):
                rows = []
                for _ in range(count):
                    order = Order(status="paid")  # WRITE
                    rows.append(order)
                with transaction.atomic():
                    Order.objects.bulk_create(rows)
            """,
            id="saved with a list it was put into",
        ),
        pytest.param(
            Transaction.YES,
            """
            @receiver(post_save, sender=Invoice)
            @transaction.atomic
            def paid(sender, instance, **kwargs):
                Order.objects.update(status="paid")  # WRITE
            """,
            id="a receiver that opens one",
        ),
        pytest.param(
            Transaction.UNKNOWN,
            """
            @receiver(post_save, sender=Invoice)
            def paid(sender, instance, **kwargs):
                Order.objects.update(status="paid")  # WRITE
            """,
            id="a receiver",
        ),
        pytest.param(
            Transaction.UNKNOWN,
            """
            def paid(sender, instance, **kwargs):
                Order.objects.update(status="paid")  # WRITE


            post_save.connect(paid, sender=Invoice)
            """,
            id="a receiver that is connected by a call",
        ),
        pytest.param(
            Transaction.NO,
            """
            def paid(sender, instance, **kwargs):
                Order.objects.update(status="paid")  # WRITE


            def other(sender, instance, **kwargs):
                pass


            post_save.connect(receiver=other, sender=Invoice)
            """,
            id="beside a receiver",
        ),
        pytest.param(
            Transaction.UNKNOWN,
            """
            class Special(Order):
                def first(self):
                    self.then()

                def then(self):
                    self.status = "paid"  # WRITE
                    self.save()


            def paid(sender, instance, **kwargs):
                instance.first()


            post_save.connect(receiver=paid, sender=Special)
            """,
            id="what a receiver calls on its row, and that on itself",
        ),
        pytest.param(
            Transaction.NO,
            """
            def pay():
                Order.objects.update(status="paid")  # WRITE


            @receiver(post_save, sender=Invoice)
            def paid(sender, instance, **kwargs):
                pay()


            def run():
                pay()
            """,
            id="a function that a receiver calls, and others",
        ),
        pytest.param(
            Transaction.CALLER,
            """
            def pay():
                Order.objects.update(status="paid")  # WRITE


            @receiver(post_save, sender=Invoice)
            def paid(sender, instance, **kwargs):
                pay()


            @transaction.atomic
            def run():
                pay()
            """,
            id="what a receiver leads to, and a caller that opens one",
        ),
        pytest.param(
            Transaction.CALLER,
            """
            def pay():
                Order.objects.update(status="paid")  # WRITE


            def run():
                transaction.atomic(pay)()
            """,
            id="a function that is wrapped where it is called",
        ),
    ],
)
def test_of_a_function(tmp_path: Path, transaction: Transaction, body: str) -> None:
    assert judged(tmp_path, body) is transaction


def test_of_a_dict_that_is_unpacked_in_one(tmp_path: Path) -> None:
    body = """
def make():
    values = {"note": "x"}
    values["status"] = "paid"  # WRITE
    with transaction.atomic():
        Order.objects.create(**values)  # WRITE
"""
    found = sites_of(tmp_path, DJANGO + HEAD.replace("FILE", "shop/work.py") + body)
    assert [it.transaction for it in found] == [Transaction.YES] * 2


@pytest.mark.parametrize(
    ("transaction", "save"),
    [
        (Transaction.YES, "with transaction.atomic():\n            self.save()"),
        (Transaction.NO, "self.save()"),
    ],
)
def test_saved_by_a_method(tmp_path: Path, transaction: Transaction, save: str) -> None:
    body = f"""
class Special(Order):
    def keep(self):
        {save}


def make():
    order = Special(status="paid")  # WRITE
    order.keep()
"""
    assert judged(tmp_path, body) is transaction


VIEW = """
class Pay(View):
    DECORATOR
    def post(self, request):
        Order.objects.update(status="paid")  # WRITE
"""
SERIALIZER = """
class OrderSerializer(serializers.Serializer):
    DECORATOR
    def create(self, validated_data):
        return Order.objects.create(status="paid")  # WRITE
"""
FIELD = """
class PaidSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["status"]  # WRITE
"""


@pytest.mark.parametrize(
    ("transaction", "setting", "body"),
    [
        pytest.param(Transaction.YES, "not DEBUG", VIEW, id="by another setting"),
        pytest.param(Transaction.NO, "False", VIEW, id="not so"),
        pytest.param(Transaction.CALLER, "True", SERIALIZER, id="of a serializer"),
        pytest.param(Transaction.NO, "False", SERIALIZER, id="of a serializer, not so"),
        pytest.param(Transaction.CALLER, "True", FIELD, id="of a serializer's field"),
        pytest.param(Transaction.NO, "False", FIELD, id="of a serializer's field, not so"),
        pytest.param(
            Transaction.NO,
            "True",
            VIEW.replace("DECORATOR", "@transaction.non_atomic_requests"),
            id="but of this view",
        ),
    ],
)
def test_of_a_request(tmp_path: Path, transaction: Transaction, setting: str, body: str) -> None:
    settings = (
        f'\n=== shop/settings.py\nDATABASES = {{"default": {{"ATOMIC_REQUESTS": {setting}}}}}\n'
    )
    text = DJANGO + settings + HEAD.replace("FILE", "shop/work.py")
    site = the_site(tmp_path, text + body.replace("    DECORATOR\n", ""))
    assert site.transaction is transaction


ADMIN = """
from django.contrib import admin


class Kept(admin.ModelAdmin):
    pass


@admin.register(Order)
class OrderAdmin(Kept):
    def METHOD(self, request, obj, form, change):
        obj.status = "paid"  # WRITE
        obj.save()


admin.site.register(Invoice, Kept)
"""


@pytest.mark.parametrize(
    ("transaction", "method"),
    [
        (Transaction.CALLER, "save_model"),
        (Transaction.NO, "response_change"),
    ],
)
def test_in_an_admin(tmp_path: Path, transaction: Transaction, method: str) -> None:
    assert judged(tmp_path, ADMIN.replace("METHOD", method), "shop/admin.py") is transaction


FIXTURE = """
import pytest


DECORATOR
def order(DATABASE):
    return Order.objects.create(status="new")  # WRITE
"""


@pytest.mark.parametrize(
    ("transaction", "name", "decorator", "database"),
    [
        pytest.param(Transaction.UNKNOWN, "order", "@pytest.fixture", "db", id="a fixture"),
        pytest.param(
            Transaction.UNKNOWN, "order", "@pytest.fixture()", "transactional_db",
            id="a fixture without a transaction of the runner's",
        ),
        pytest.param(Transaction.UNKNOWN, "test_it", "", "db", id="a test with a fixture"),
        pytest.param(
            Transaction.UNKNOWN, "test_it", "@pytest.mark.django_db(transaction=True)", "",
            id="a test with a mark",
        ),
        pytest.param(
            Transaction.YES, "order", "@pytest.fixture\n@transaction.atomic", "db",
            id="a fixture that opens one",
        ),
        pytest.param(Transaction.NO, "order", "", "db", id="a function that is handed a database"),
        pytest.param(Transaction.NO, "test_it", "", "", id="a function that is called a test"),
    ],
)  # fmt: skip
def test_in_what_pytest_runs(
    tmp_path: Path, transaction: Transaction, name: str, decorator: str, database: str
) -> None:
    body = FIXTURE.replace("DECORATOR", decorator).replace("DATABASE", database)

    assert judged(tmp_path, body.replace("order(", f"{name}("), "shop/given.py") is transaction


HELPER = """
def test_pay():
    WITH:
        pay()


def pay():
    Order.objects.update(status="paid")  # WRITE
"""


@pytest.mark.parametrize(
    ("transaction", "file", "body"),
    [
        pytest.param(Transaction.UNKNOWN, "shop/test_pay.py", HELPER, id="a test"),
        pytest.param(
            Transaction.CALLER,
            "shop/test_pay.py",
            HELPER.replace("WITH", "with transaction.atomic()"),
            id="a test that opens one",
        ),
        pytest.param(
            Transaction.NO,
            "shop/test_results.py",
            HELPER.replace("test_pay", "run"),
            id="a module that has no test",
        ),
    ],
)
def test_in_tests(tmp_path: Path, transaction: Transaction, file: str, body: str) -> None:
    assert judged(tmp_path, body.replace("WITH", "if True"), file) is transaction


@pytest.mark.parametrize(
    ("transaction", "file", "text"),
    [
        (Transaction.UNKNOWN, "migrations/02.sql", "update shop_order set status = 'paid';"),
        (Transaction.YES, "migrations/02.sql", "begin; update shop_order set status = 'paid';"),
        (Transaction.NO, "seed.sql", "update shop_order set status = 'paid';"),
    ],
)
def test_in_a_file_of_sql(tmp_path: Path, transaction: Transaction, file: str, text: str) -> None:
    site = the_site(tmp_path, f"{DJANGO}\n=== {file}\n{text}  -- WRITE\n")
    assert site.transaction is transaction
