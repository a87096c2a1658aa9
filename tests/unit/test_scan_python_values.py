"""What a site writes, and from which states: read from constants, tests and filters."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, DJANGO, ORDER, lay, run, the_site

from pginterlock.scan.site import Target

HEAD = """
=== shop/kinds.py
from enum import Enum, StrEnum
from django.db import models

DONE = "done"
A, B = "first", "second"


class Kind(models.TextChoices):
    NEW = "new", "New"
    PAID = "paid", "Paid"


class Plain(Enum):
    PAID = "settled"


class Paired:
    NEW, PAID = "a", "b"
    [OPEN, (CLOSED, GONE)] = "c", ("d", "e")
    FIRST, *REST = "f", "g", "h"


def made(name):
    return type(name, (), {})


class FromCall(made("Base"), models.TextChoices):
    PAID = "called"


class OnlyCall(made("Base")):
    PAID = "only"


class Text(StrEnum):
    PAID = "said"
=== shop/work.py
from django.db.models import Case, F, Value, When
from shop import kinds
from shop.kinds import A, B, DONE, FromCall, Kind, OnlyCall, Paired, Plain, Text
from shop.models import Order

HERE = "here"
"""


@pytest.mark.parametrize(
    ("said", "values"),
    [
        pytest.param('"paid"', ("paid",), id="a text"),
        pytest.param("None", ("null",), id="null"),
        pytest.param("3", ("3",), id="a number"),
        pytest.param("HERE", ("here",), id="a constant of the module"),
        pytest.param("DONE", ("done",), id="a constant of another module"),
        pytest.param("kinds.DONE", ("done",), id="a constant by its module"),
        pytest.param("B", ("second",), id="an unpacked constant"),
        pytest.param("Order.PAID", ("paid",), id="a constant of the class"),
        pytest.param("Paired.PAID", ("b",), id="an unpacked constant of a class"),
        pytest.param("Paired.GONE", ("e",), id="one unpacked twice"),
        pytest.param("Paired.FIRST", ("f",), id="one before a star"),
        pytest.param("Paired.REST", (None,), id="one behind a star"),
        pytest.param("FromCall.PAID", ("called",), id="choices with a base that is a call"),
        pytest.param("OnlyCall.PAID", ("only",), id="a class whose base is a call"),
        pytest.param("Kind.PAID", ("paid",), id="choices"),
        pytest.param("Kind.PAID.value", ("paid",), id="the value of choices"),
        pytest.param("kinds.Kind.NEW", ("new",), id="choices by their module"),
        pytest.param("Plain.PAID.value", ("settled",), id="the value of an enum"),
        pytest.param("Text.PAID", ("said",), id="a text enum"),
        pytest.param("str(Text.PAID)", ("said",), id="str of an enum"),
        pytest.param('"paid" if more else Order.NEW', ("paid", "new"), id="one of two"),
        pytest.param('more or "paid"', (None, "paid"), id="what is given, or one"),
        pytest.param("more", (None,), id="what is given"),
        pytest.param("compute()", (None,), id="what is computed"),
        pytest.param('F("note")', (None,), id="another column"),
        pytest.param('Value("paid")', ("paid",), id="a value of Django's"),
        pytest.param(
            'Case(When(note="x", then=Value("paid")), default=Value("new"))',
            ("paid", "new"),
            id="cases",
        ),
    ],
)
def test_values(tmp_path: Path, said: str, values: tuple[str | None, ...]) -> None:
    body = f"""
def work(pk, more):
    Order.objects.filter(pk=pk).update(status={said})  # WRITE
"""
    assert the_site(tmp_path, DJANGO + HEAD + body).values == values


def test_values_of_a_local_name_are_all_that_it_was_given(tmp_path: Path) -> None:
    body = """
def work(order: Order, late):
    found = "paid"
    if late:
        found = "late"
    order.status = found  # WRITE
"""
    assert the_site(tmp_path, DJANGO + HEAD + body).values == ("paid", "late")


@pytest.mark.parametrize(
    ("body", "sources"),
    [
        pytest.param(
            """
            if order.status == "new":
                order.status = "paid"  # WRITE
            """,
            ("new",),
            id="if it is",
        ),
        pytest.param(
            """
            if order.status in ("new", Order.SHIPPED):
                order.status = "paid"  # WRITE
            """,
            ("new", "shipped"),
            id="if it is one of",
        ),
        pytest.param(
            """
            if late and order.status == Order.NEW:
                order.status = "paid"  # WRITE
            """,
            ("new",),
            id="if both",
        ),
        pytest.param(
            """
            if late or order.status == Order.NEW:
                order.status = "paid"  # WRITE
            """,
            (),
            id="not if either",
        ),
        pytest.param(
            """
            if order.status == "new":
                pass
            else:
                order.status = "paid"  # WRITE
            """,
            (),
            id="not in the other branch",
        ),
        pytest.param(
            """
            if other.status == "new":
                order.status = "paid"  # WRITE
            """,
            (),
            id="not of another row",
        ),
        pytest.param(
            """
            if order.note == "new":
                order.status = "paid"  # WRITE
            """,
            (),
            id="not of another column",
        ),
        pytest.param(
            """
            if order.status != "new":
                raise ValueError(order)
            order.status = "paid"  # WRITE
            """,
            ("new",),
            id="a guard that raises",
        ),
        pytest.param(
            """
            if not order.status == "new":
                return
            order.status = "paid"  # WRITE
            """,
            ("new",),
            id="a guard that returns",
        ),
        pytest.param(
            """
            if late or order.status not in ["new", "shipped"]:
                return
            order.note = "x"
            if late:
                order.status = "paid"  # WRITE
            """,
            ("new", "shipped"),
            id="a guard above",
        ),
        pytest.param(
            """
            if order.status != "new":
                print(order)
            order.status = "paid"  # WRITE
            """,
            (),
            id="no guard that goes on",
        ),
        pytest.param(
            """
            if order.status == "paid":
                raise ValueError(order)
            order.status = "paid"  # WRITE
            """,
            (),
            id="no guard that only takes one away",
        ),
        pytest.param(
            'Order.objects.filter(status="new").update(status="paid")  # WRITE',
            ("new",),
            id="a filter",
        ),
        pytest.param(
            'Order.objects.filter(pk=1, status__in=["new", "x"]).update(status="paid")  # WRITE',
            ("new", "x"),
            id="a filter of several",
        ),
        pytest.param(
            'Order.objects.exclude(status="new").update(status="paid")  # WRITE',
            (),
            id="no exclude",
        ),
        pytest.param(
            'Order.objects.filter(note="new").update(status="paid")  # WRITE',
            (),
            id="no filter of another column",
        ),
    ],
)
def test_sources(tmp_path: Path, body: str, sources: tuple[str, ...]) -> None:
    text = "\ndef work(order: Order, other: Order, late):\n"
    text += textwrap.indent(textwrap.dedent(body), "    ")

    assert the_site(tmp_path, DJANGO + HEAD + text).sources == sources


@pytest.mark.parametrize(
    ("where", "sources"),
    [
        ('Order.status == "new"', ("new",)),
        ('Order.status.in_(["new", "x"])', ("new", "x")),
        ("Order.id == 1", ()),
        ('Order.status != "new"', ()),
    ],
)
def test_sources_of_a_where(tmp_path: Path, where: str, sources: tuple[str, ...]) -> None:
    text = f"""
=== store/work.py
from sqlalchemy import update
from store.models import Order


def work(session):
    session.execute(update(Order).where({where}).values(status="paid"))  # WRITE
"""
    assert the_site(tmp_path, ALCHEMY + text).sources == sources


@pytest.mark.parametrize(
    ("body", "is_new"),
    [
        pytest.param(
            'order = Order(note="x")\norder.status = "paid"  # WRITE', True, id="made here"
        ),
        pytest.param(
            'order = made()\norder.status = "paid"  # WRITE', True, id="made by a function"
        ),
        pytest.param(
            'order = Order(note="x")\norder.save()\norder.status = "paid"  # WRITE',
            False,
            id="made here and saved",
        ),
        pytest.param(
            'order = Order.objects.get(pk=1)\norder.status = "paid"  # WRITE', False, id="read"
        ),
        pytest.param('Order.objects.create(status="paid")  # WRITE', True, id="create"),
        pytest.param('Order(status="paid").save()  # WRITE', True, id="the class"),
        pytest.param('Order.objects.update(status="paid")  # WRITE', False, id="update"),
        pytest.param(
            'Order.objects.get_or_create(status="paid")  # WRITE', None, id="get_or_create"
        ),
    ],
)
def test_whether_a_row_is_made(tmp_path: Path, body: str, *, is_new: bool | None) -> None:
    text = '\ndef made():\n    return Order(note="x")\n\n\ndef work():\n'
    text += textwrap.indent(body, "    ")

    assert the_site(tmp_path, DJANGO + HEAD + text).is_new is is_new


BOTH = Target(("status", "paid_at"), model="Order")


@pytest.mark.parametrize(
    ("body", "sites"),
    [
        pytest.param(
            """
            order.status = "paid"
            order.paid_at = now()
            order.save()
            """,
            [("status", ["paid_at"])],
            id="one save",
        ),
        pytest.param(
            """
            order.paid_at = now()
            order.note = "x"
            order.status = "paid"
            order.save()
            """,
            [("paid_at", ["status"])],
            id="the first is the site",
        ),
        pytest.param(
            """
            order.status = "paid"
            order.save()
            order.paid_at = now()
            order.save()
            """,
            [("status", []), ("paid_at", [])],
            id="two saves",
        ),
        pytest.param(
            """
            order.status = "paid"
            other.paid_at = now()
            """,
            [("status", []), ("paid_at", [])],
            id="two rows",
        ),
        pytest.param(
            """
            order.status = "new"
            order.status = "paid"
            """,
            [("status", []), ("status", [])],
            id="one column twice",
        ),
        pytest.param(
            """
            Order.objects.filter(note="x").update(status="paid", paid_at=now())
            """,
            [("status", ["paid_at"])],
            id="one update",
        ),
        pytest.param(
            """
            Order.objects.update(status="paid")
            Order.objects.update(paid_at=now())
            """,
            [("status", []), ("paid_at", [])],
            id="two updates",
        ),
    ],
)
def test_columns_of_one_row_before_one_save_are_one_site(
    tmp_path: Path, body: str, sites: list[tuple[str, list[str]]]
) -> None:
    text = "\ndef work(order: Order, other: Order):\n"
    lay(tmp_path, DJANGO + HEAD + text + textwrap.indent(textwrap.dedent(body), "    "))

    found = run(tmp_path, BOTH).sites

    assert [(it.field, [one.field for one in it.beside]) for it in found] == sites


def test_a_site_says_where_it_is(tmp_path: Path) -> None:
    text = """
class Pay:
    def run(self, order: Order):
        order.status = (
            "paid"
        )
"""
    lay(tmp_path, DJANGO + HEAD + text)
    (site,) = run(tmp_path, ORDER).sites

    lines = (tmp_path / "shop" / "work.py").read_text().split("\n")
    assert lines[site.line - 1][site.column - 1 :] == "order.status = ("
    assert (site.enclosing, site.text, site.model) == ("Pay.run", "order.status = (", "Order")
    assert (site.construct, site.confidence.value) == ("attr_assign", "high")


def test_a_foreign_key_is_written_by_its_own_name_and_its_columns(tmp_path: Path) -> None:
    text = """
def work(order: Order, customer):
    order.customer = customer
    order.save()
    order.customer_id = 3
    customer.id = 3
"""
    lay(tmp_path, DJANGO + HEAD + text)
    found = run(tmp_path, Target(("customer_id",), model="Order")).sites

    assert [(it.field, it.text) for it in found] == [
        ("customer_id", "order.customer = customer"),
        ("customer_id", "order.customer_id = 3"),
    ]


def test_a_model_that_no_file_defines_is_missing(tmp_path: Path) -> None:
    lay(tmp_path, DJANGO)
    found = run(tmp_path, Target(("status",), model="Ordr"), ORDER)

    assert found.missing == ["Ordr"]


APPS = """
=== shop/apps.py
from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"
    label = "store"


=== depot/__init__.py
=== depot/models/__init__.py
=== depot/models/order.py
from django.db import models


class Order(models.Model):
    status = models.TextField()


=== rest/__init__.py
=== rest/orders.py
from django.db import models


class Order(models.Model):
    status = models.TextField()

    class Meta:
        app_label = "leftover"


=== work.py
from depot.models.order import Order as InDepot
from rest.orders import Order as InRest
from shop.models import Order as InShop


def work(order):
    InDepot.objects.create(status="depot")
    InRest.objects.create(status="rest")
    InShop.objects.create(status="shop")


def guess(order):
    order.status = "guess"
"""


@pytest.mark.parametrize(
    ("model", "values"),
    [
        pytest.param("Order", ["depot", "rest", "shop", "guess"], id="of any"),
        pytest.param("shop.Order", ["shop", "guess"], id="a folder"),
        pytest.param("store.Order", ["shop", "guess"], id="a label of the app"),
        pytest.param("leftover.Order", ["rest", "guess"], id="a label of the class"),
        pytest.param("depot.Order", ["depot", "guess"], id="a folder above"),
        pytest.param("depot.models.order.Order", ["depot", "guess"], id="a module"),
        pytest.param("rest.orders.Order", ["rest", "guess"], id="a module of an app"),
    ],
)
def test_a_model_is_that_of_its_app(tmp_path: Path, model: str, values: list[str]) -> None:
    lay(tmp_path, DJANGO + APPS)

    found = run(tmp_path, Target(("status",), model=model))

    assert [it.values[0] for it in found.sites] == values
    assert found.missing == []


@pytest.mark.parametrize("model", ["app.Order", "work.Order", "apps.Order", "models.order.Orders"])
def test_a_model_of_an_app_that_is_not_there_is_missing(tmp_path: Path, model: str) -> None:
    lay(tmp_path, DJANGO + APPS)

    assert run(tmp_path, Target(("status",), model=model)).missing == [model]
