"""Transitions of django-fsm: the method's decorator says what is written, and from what."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import sites_of, the_site

from pginterlock.scan.site import Site, Target

STATES = ("new", "paid", "shipped", "gone")
ORDER = Target(("status",), model="Order", states=STATES)
HEAD = """
=== shop/__init__.py
=== shop/models.py
from django.db import models
from django_fsm import GET_STATE, RETURN_VALUE, FSMField, transition


class Order(models.Model):
    PAID = "paid"
    OPEN = ["new", "paid"]
    status = FSMField(default="new")
    other = FSMField(default="new")
"""


def of(folder: Path, body: str) -> Site:
    return the_site(folder, HEAD + textwrap.indent(textwrap.dedent(body), "    "), ORDER)


@pytest.mark.parametrize(
    ("decorator", "values", "sources"),
    [
        ('field=status, source="new", target="paid"', ("paid",), ("new",)),
        ('field="status", source=["new", "paid"], target="shipped"', ("shipped",), STATES[:2]),
        ("status, OPEN, PAID", ("paid",), STATES[:2]),
        ('field=status, source="*", target="gone"', ("gone",), ()),
        ('field=status, source="+", target="gone"', ("gone",), STATES[:3]),
        ('field=status, source="new", target=RETURN_VALUE(PAID, "x")', ("paid", "x"), ("new",)),
        ('field=status, source="new", target=RETURN_VALUE()', (None,), ("new",)),
        ('field=status, source="new", target="paid", on_error="gone"', ("paid", "gone"), ("new",)),
    ],
)  # fmt: skip
def test_a_transition_writes_its_target(
    tmp_path: Path, decorator: str, values: tuple[str | None, ...], sources: tuple[str, ...]
) -> None:
    site = of(tmp_path, f"@transition({decorator})  # WRITE\ndef move(self):\n    self.other = 1\n")
    assert site.construct == "fsm_transition"
    assert site.enclosing == "Order.move"
    assert (site.values, site.sources) == (values, sources)


def test_what_moves_another_field_or_only_asks_is_none(tmp_path: Path) -> None:
    body = """
    @transition(field=other, source="new", target="paid")
    def pay_other(self):
        pass

    @transition(field=status, source="new")
    def look(self):
        pass

    @transition(field=status, source="new", target=None)
    def look_too(self):
        pass

    @transition(field=status, source="new", target="paid")  # WRITE
    def pay(self):
        pass


class Invoice(models.Model):
    status = FSMField(default="new")

    @transition(field=status, source="new", target="paid")
    def pay(self):
        pass
"""
    sites_of(tmp_path, HEAD + body)


def test_a_decorator_of_that_name_from_elsewhere_is_none(tmp_path: Path) -> None:
    head = HEAD.replace("django_fsm", "films")
    body = '    @transition(field=status, source="new", target="paid")\n    def fade(self): pass\n'
    assert sites_of(tmp_path, head + body) == []


@pytest.mark.parametrize(
    ("transaction", "more"),
    [
        ("unknown", ""),
        ("no", "\n\ndef run(order: Order):\n    order.pay()\n    order.save()\n"),
    ],
)
def test_a_transition_that_receivers_of_signals_alone_call(
    tmp_path: Path, transaction: str, more: str
) -> None:
    body = """
        @transition(field=status, source="new", target="paid")  # WRITE
        def pay(self):
            pass
    """
    handlers = """
    === shop/handlers.py
    from django.db.models.signals import post_save
    from shop.models import Order


    def pay_first(sender, instance, **kwargs):
        order = Order.objects.first()
        order.pay()
        order.save()

    === shop/apps.py
    from django.db.models import signals
    from shop import handlers


    def ready():
        signals.post_save.connect(handlers.pay_first, sender=None)
    """
    told = HEAD + textwrap.indent(textwrap.dedent(body), "    ") + textwrap.dedent(handlers)
    text = told.replace("=== shop/apps.py", f"{more}\n=== shop/apps.py")
    assert the_site(tmp_path, text).transaction.value == transaction


def test_who_calls_a_transition_may_open_a_transaction(tmp_path: Path) -> None:
    body = """
        @transition(field=status, source="new", target="paid")  # WRITE
        def pay(self):
            pass
    """
    view = """
    === shop/views.py
    from django.db import transaction
    from shop.models import Order


    def pay(pk):
        with transaction.atomic():
            order = Order.objects.select_for_update().get(pk=pk)
            order.pay()
            order.save()
    """
    text = HEAD + textwrap.indent(textwrap.dedent(body), "    ") + textwrap.dedent(view)
    site = the_site(tmp_path, text)
    assert (site.transaction.value, site.callers.value) == ("caller", "all")
