"""Transactions of what other code saves or calls: forms, objects that are called, like names."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, the_site

from pginterlock.scan.site import Callers, Transaction

FORM = """
=== shop/forms.py
from django import forms
from django.db import transaction
from django.views.generic import UpdateView
from rest_framework import serializers, viewsets
from shop.models import Order


class OrderForm(forms.ModelForm):
    class Meta:
        model = Order
        fields = ["status"]  # WRITE


class OtherForm(forms.ModelForm):
    class Meta:
        model = Order
        fields = ["note"]
"""
VIEW = """
class Edit(UpdateView):
    form_class = OrderForm

    DECORATOR
    def form_valid(self, form):
        return super().form_valid(form)
"""


@pytest.mark.parametrize(
    ("transaction", "callers", "body"),
    [
        pytest.param(
            Transaction.CALLER,
            Callers.ALL,
            VIEW.replace("DECORATOR", "@transaction.atomic"),
            id="a view that opens one",
        ),
        pytest.param(
            Transaction.NO,
            Callers.UNKNOWN,
            VIEW.replace("DECORATOR", "# it opens none"),
            id="a view that opens none",
        ),
        pytest.param(
            Transaction.NO,
            Callers.UNKNOWN,
            VIEW.replace("DECORATOR", "@transaction.atomic").replace("OrderForm", "OtherForm"),
            id="a view of another form",
        ),
        pytest.param(
            Transaction.CALLER,
            Callers.SOME,
            """
            def edit(request):
                form = OrderForm(request.POST)
                with transaction.atomic():
                    form.save()


            def edit_alone(request):
                form = OrderForm(request.POST)
                form.save()
            """,
            id="a function that opens one, and another",
        ),
        pytest.param(
            Transaction.NO,
            Callers.UNKNOWN,
            """
            def edit(request):
                form = OrderForm(request.POST)
                with transaction.atomic():
                    request.save()
                form.save()
            """,
            id="a function that saves it after one",
        ),
    ],
)
def test_of_a_form(tmp_path: Path, transaction: Transaction, callers: Callers, body: str) -> None:
    site = the_site(tmp_path, DJANGO + FORM + textwrap.dedent(body))

    assert (site.transaction, site.callers) == (transaction, callers)


def test_of_a_serializer(tmp_path: Path) -> None:
    body = """
        class OrderSerializer(serializers.ModelSerializer):
            class Meta:
                model = Order
                fields = ["status"]  # WRITE


        class Orders(viewsets.ModelViewSet):
            serializer_class = OrderSerializer

            def perform_create(self, serializer):
                with transaction.atomic():
                    serializer.save()

            def perform_update(self, serializer):
                serializer.save()
        """
    text = DJANGO + FORM.replace('["status"]  # WRITE', '["note"]') + textwrap.dedent(body)

    site = the_site(tmp_path, text)

    assert (site.transaction, site.callers) == (Transaction.CALLER, Callers.SOME)


WORK = """
=== shop/work.py
from django.db import transaction
from shop.models import Order


class Close:
    def __init__(self, note=""):
        self.note = note

    def __call__(self, order: Order):
        order.status = "closed"  # WRITE
        order.save()


class Other:
    def __call__(self, order):
        pass
"""


@pytest.mark.parametrize(
    ("transaction", "body"),
    [
        pytest.param(
            Transaction.CALLER,
            """
            def work(order):
                with transaction.atomic():
                    Close()(order)
            """,
            id="at once",
        ),
        pytest.param(
            Transaction.CALLER,
            """
            def work(order):
                close = Close("x")
                with transaction.atomic():
                    close(order)
            """,
            id="by its name",
        ),
        pytest.param(
            Transaction.NO,
            """
            def work(order):
                with transaction.atomic():
                    close = Close()
                close(order)
            """,
            id="made in one, called after it",
        ),
        pytest.param(
            Transaction.NO,
            """
            def work(order):
                Close()(order)
                with transaction.atomic():
                    Other()(order)
            """,
            id="an object of another class",
        ),
    ],
)
def test_of_an_object_that_is_called(tmp_path: Path, transaction: Transaction, body: str) -> None:
    text = DJANGO + WORK + textwrap.dedent(body)

    assert the_site(tmp_path, text).transaction is transaction


BACKENDS = """
=== shop/slow.py
from shop.models import Order


class Backend:
    def resend(self, order):
        Order.objects.create(status="sent")  # WRITE
=== shop/fast.py
from django.db import transaction


class Backend:
    def resend(self, order):
        pass

    def work(self, order):
        with transaction.atomic():
            self.resend(order)
"""


def test_of_a_class_of_the_same_name(tmp_path: Path) -> None:
    assert the_site(tmp_path, DJANGO + BACKENDS).transaction is Transaction.NO


def test_of_a_class_of_a_module_that_is_loaded(tmp_path: Path) -> None:
    body = """
        === shop/backends.py
        from importlib import import_module

        from django.db import models, transaction


        class Backend(models.Model):
            name = models.TextField()

            def resend(self, order):
                with transaction.atomic():
                    import_module(self.name).Backend().resend(order)
        """
    text = DJANGO + BACKENDS + textwrap.dedent(body)

    assert the_site(tmp_path, text).transaction is Transaction.CALLER
