"""Writes of Django in statements that do not name the column: its class, or a constant, does."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, sites_of

from pginterlock.scan.site import Target

FORMS = """
=== shop/api.py
from django import forms
from django.views.generic import UpdateView
from rest_framework import serializers
from shop.models import Customer, Invoice, Order
"""


def constructs(folder: Path, head: str, body: str, *targets: Target) -> set[str]:
    text = DJANGO + head + textwrap.dedent(body)
    return {it.construct for it in sites_of(folder, text, *targets)}


@pytest.mark.parametrize(
    ("construct", "body"),
    [
        pytest.param(
            "serializer_field",
            """
            class All(serializers.ModelSerializer):
                class Meta:
                    model = Order
                    fields = "__all__"  # WRITE


            class ButNote(serializers.ModelSerializer):
                class Meta:
                    model = Order
                    exclude = ["note"]  # WRITE


            class ButStatus(serializers.ModelSerializer):
                class Meta:
                    model = Order
                    exclude = ("status", "note")


            class ReadOnly(serializers.ModelSerializer):
                class Meta:
                    model = Order
                    fields = "__all__"
                    read_only_fields = ["status"]


            class Declared(serializers.ModelSerializer):
                status = serializers.CharField(max_length=9)  # WRITE

                class Meta:
                    model = Order
                    fields = "__all__"


            class Shown(serializers.ModelSerializer):
                status = serializers.CharField(read_only=True)

                class Meta:
                    model = Order
                    fields = "__all__"


            class OfInvoice(serializers.ModelSerializer):
                class Meta:
                    model = Invoice
                    fields = "__all__"
            """,
            id="serializers",
        ),
        pytest.param(
            "modelform_field",
            """
            class All(forms.ModelForm):
                class Meta:
                    model = Order
                    fields = "__all__"  # WRITE


            class Disabled(forms.ModelForm):
                status = forms.CharField(disabled=True)

                class Meta:
                    model = Order
                    fields = "__all__"


            class Listed(forms.ModelForm):
                status = forms.CharField(disabled=True)

                class Meta:
                    model = Order
                    fields = ["status"]


            class OfCustomer(forms.ModelForm):
                class Meta:
                    model = Customer
                    exclude = ["name"]
            """,
            id="forms",
        ),
        pytest.param(
            "view_field",
            """
            class Edit(UpdateView):
                model = Order
                fields = "__all__"  # WRITE
            """,
            id="a view",
        ),
    ],
)
def test_every_column_of_a_form(tmp_path: Path, construct: str, body: str) -> None:
    assert constructs(tmp_path, FORMS, body) == {construct}


@pytest.mark.parametrize("more", ["editable=False", "auto_now=True", "auto_now_add=True"])
def test_a_column_that_forms_leave_out(tmp_path: Path, more: str) -> None:
    models = f"""
=== shop/more.py
from django.db import models
class Parcel(models.Model):
    sent_at = models.DateTimeField({more})
=== shop/api.py
from rest_framework import serializers
from shop.more import Parcel
class All(serializers.ModelSerializer):
    class Meta:
        model = Parcel
        fields = "__all__"
"""
    assert sites_of(tmp_path, DJANGO + models, Target(("sent_at",), model="Parcel")) == []


def test_two_columns_of_one_form(tmp_path: Path) -> None:
    body = """
        class All(serializers.ModelSerializer):
            class Meta:
                model = Order
                fields = "__all__"  # WRITE
        """
    text = DJANGO + FORMS + textwrap.dedent(body)

    sites = sites_of(tmp_path, text, Target(("status", "note"), model="Order"))

    assert {it.field for it in sites} == {"status", "note"}


@pytest.mark.parametrize(
    ("construct", "body"),
    [
        pytest.param(
            "kwarg_splat_create",
            """
            class OrderSerializer(serializers.Serializer):
                status = serializers.CharField()

                def create(self, validated_data):
                    return Order.objects.create(**validated_data)  # WRITE


            class OfInvoice(serializers.Serializer):
                status = serializers.CharField()

                def create(self, validated_data):
                    return Invoice.objects.create(**validated_data)


            class Shown(serializers.Serializer):
                status = serializers.CharField(read_only=True)

                def create(self, validated_data):
                    return Order.objects.create(**validated_data)


            class Renamed(serializers.Serializer):
                status = serializers.CharField(source="note")

                def create(self, validated_data):
                    return Order.objects.create(**validated_data)


            class TakenOut(serializers.Serializer):
                status = serializers.CharField()

                def create(self, validated_data):
                    validated_data.pop("status")
                    return Order.objects.create(**validated_data)


            class Plain:
                status = str("new")

                def create(self, validated_data):
                    return Order.objects.create(**validated_data)
            """,
            id="a serializer of no model",
        ),
        pytest.param(
            "setattr_dynamic",
            """
            class OrderSerializer(serializers.Serializer):
                status = serializers.CharField()

                def update(self, instance: Order, validated_data):
                    for name, value in validated_data.items():
                        setattr(instance, name, value)  # WRITE
                    instance.save()
                    return instance
            """,
            id="update",
        ),
        pytest.param(
            "kwarg_splat_ctor",
            """
            class Base(serializers.Serializer):
                status = serializers.CharField()


            class OrderSerializer(Base):
                def create(self, validated_data):
                    order = Order(**validated_data)  # WRITE
                    order.save()
                    return order
            """,
            id="a field of its base",
        ),
    ],
)
def test_what_a_serializer_validated(tmp_path: Path, construct: str, body: str) -> None:
    assert constructs(tmp_path, FORMS, body) == {construct}


def test_what_a_serializer_of_a_model_validated(tmp_path: Path) -> None:
    body = """
        class OrderSerializer(serializers.ModelSerializer):
            class Meta:
                model = Order
                fields = ["status"]  # WRITE

            def create(self, validated_data):
                return Order.objects.create(**validated_data)  # WRITE

            def update(self, instance, validated_data):
                return super().update(instance, validated_data)


        class ReadOnly(serializers.ModelSerializer):
            class Meta:
                model = Order
                fields = ["status"]
                read_only_fields = ["status"]

            def create(self, validated_data):
                return Order.objects.create(**validated_data)
        """
    found = constructs(tmp_path, FORMS, body)

    assert found == {"serializer_field", "kwarg_splat_create"}


WORK = """
=== shop/work.py
from shop.models import Customer, Invoice, Order

"""


@pytest.mark.parametrize(
    ("construct", "body"),
    [
        pytest.param(
            "kwarg_splat_create",
            """
            class Importer:
                FIELDS = ("status", "note")
                OTHERS = ("note",)

                def take(self, customer: Customer, data):
                    fields = self.FIELDS
                    given = {it: data[it] for it in fields if data.get(it)}
                    customer.orders.create(**given)  # WRITE
                    fewer = {it: data[it] for it in self.OTHERS}
                    customer.orders.create(**fewer)
                    Invoice.objects.create(**given)
            """,
            id="a dict whose keys a constant names",
        ),
        pytest.param(
            "kwarg_splat_create",
            """
            def take(data):
                Order.objects.create(**{it: data[it] for it in ("status", "note")})  # WRITE
            """,
            id="such a dict that is handed on at once",
        ),
        pytest.param(
            "setattr",
            """
            def copied(order: Order):
                new = Order()
                for field in order._meta.fields:
                    if field.name in ("id", "customer"):
                        continue
                    setattr(new, field.name, getattr(order, field.name))  # WRITE
                for field in order._meta.get_fields():
                    if field.attname != "status":
                        setattr(new, field.attname, None)
                for field in order._meta.concrete_fields:
                    if field.name == "status":
                        continue
                    setattr(new, field.name, None)
                for field in order._meta.concrete_fields:
                    if field.name == "status":
                        setattr(new, field.name, "new")  # WRITE
                for field in order._meta.many_to_many:
                    setattr(new, field.name, [])
                bill = Invoice()
                for field in bill._meta.fields:
                    setattr(bill, field.name, None)
                new.save()
            """,
            id="a loop over all columns",
        ),
        pytest.param(
            "queryset_update",
            """
            def close(customer, invoice):
                customer.orders.update(status="paid")  # WRITE
                customer.orders.filter(note="x").update(status="paid")  # WRITE
                customer.orders.update(note="paid")
                invoice.orders.update(status="paid")
                them.orders.update(status="paid")
            """,
            id="a relation of a parameter that is named after its model",
        ),
    ],
)
def test_of_what_nothing_else_tells(tmp_path: Path, construct: str, body: str) -> None:
    assert constructs(tmp_path, WORK, body) == {construct}


def test_a_parameter_that_callers_tell_of_is_not_guessed(tmp_path: Path) -> None:
    body = """
        class Group:
            orders = {}


        def close(customer):
            customer.orders.update(status="paid")


        def work():
            close(Group())
        """
    assert constructs(tmp_path, WORK, body) == set()
