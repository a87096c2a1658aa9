"""Transactions of what views save by the serializers of Django's REST framework."""

from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, the_site

from pginterlock.scan.site import Callers, Transaction

API = """
=== shop/api.py
from django.db import transaction
from django.utils.decorators import method_decorator
from rest_framework import serializers, viewsets
from shop.models import Order


class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["status"]
"""
SET = """
class Orders(viewsets.ModelViewSet):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer
"""
SAVED = """
    def METHOD(self, it, data=None):
        return super().METHOD(it)
"""


@pytest.mark.parametrize(
    ("transaction", "callers", "body"),
    [
        pytest.param(Transaction.NO, Callers.UNKNOWN, SET, id="of views that open none"),
        pytest.param(
            Transaction.CALLER,
            Callers.ALL,
            SET.replace(
                "class", '@method_decorator(transaction.atomic, name="dispatch")\nclass', 1
            ),
            id="of views whose class is decorated",
        ),
        pytest.param(
            Transaction.CALLER,
            Callers.SOME,
            SET + "    @transaction.atomic" + SAVED.replace("METHOD", "perform_create"),
            id="of views that open one for new rows alone",
        ),
        pytest.param(
            Transaction.CALLER,
            Callers.SOME,
            "    @transaction.atomic" + SAVED.replace("METHOD", "update") + SET,
            id="that open one for other rows alone",
        ),
        pytest.param(
            Transaction.CALLER,
            Callers.ALL,
            "    @transaction.atomic" + SAVED.replace("METHOD", "save") + SET,
            id="that open one as they save",
        ),
        pytest.param(
            Transaction.NO, Callers.UNKNOWN, SAVED.replace("METHOD", "save") + SET, id="that do not"
        ),
    ],
)
def test_fields_of_serializers(
    tmp_path: Path, transaction: Transaction, callers: Callers, body: str
) -> None:
    text = API.replace('"status"]', '"status"]  # WRITE') + body
    site = the_site(tmp_path, DJANGO + text)
    assert (site.transaction, site.callers) == (transaction, callers)


def test_the_own_writes_of_a_serializer_that_a_view_saves_in_one(tmp_path: Path) -> None:
    own = """
    def create(self, validated_data):
        return Order.objects.create(status="new")  # WRITE
"""
    api = API.replace('["status"]', '["note"]')
    opened = "    @transaction.atomic" + SAVED.replace("METHOD", "perform_create")
    site = the_site(tmp_path, DJANGO + api + own + SET + opened)
    assert (site.transaction, site.callers) == (Transaction.CALLER, Callers.SOME)
