"""Forms of Django's admin: what this leaves out of one is not saved by it."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, sites_of

HEAD = """
=== shop/admin.py
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext as _
from shop.models import Order


class OrderForm(forms.ModelForm):
    class Meta:
        model = Order
        fields = "__all__"{mark}


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    form = OrderForm
{body}
"""
FIELDS = """\
fieldsets = (
    (None, {"fields": (("customer", "note"),)}),
    (_("Paid"), {"fields": ["paid_at"]}),
)"""


def held(folder: Path, body: str, mark: str = "", more: str = "") -> None:
    text = HEAD.format(mark=mark, body=textwrap.indent(textwrap.dedent(body), "    "))
    sites_of(folder, DJANGO + text + textwrap.dedent(more))


@pytest.mark.parametrize(
    "body",
    [
        FIELDS,
        'fields = ["note", "customer"]',
        'readonly_fields = ("status",)',
        'exclude = ["status"]',
    ],
)
def test_what_its_admin_leaves_out_a_form_does_not_save(tmp_path: Path, body: str) -> None:
    held(tmp_path, body)


@pytest.mark.parametrize(
    ("body", "more"),
    [
        pytest.param("list_display = ['note']", "", id="nothing is said of fields"),
        pytest.param(FIELDS.replace('"note"', '"status"'), "", id="the column is among them"),
        pytest.param("fieldsets = OTHERS + ((None, {'fields': ('note',)}),)", "", id="others too"),
        pytest.param(
            f"{FIELDS}\ndef get_fieldsets(self, request, obj=None):\n    return []",
            "",
            id="a method says it",
        ),
        pytest.param(
            FIELDS,
            """
            def save(data):
                OrderForm(data).save()
            """,
            id="a function uses the form",
        ),
        pytest.param(
            FIELDS,
            """
            class Other(admin.ModelAdmin):
                form = OrderForm
            """,
            id="another admin uses it",
        ),
        pytest.param(
            FIELDS,
            """
            class Other(OrderAdmin):
                fieldsets = ((None, {"fields": ("status",)}),)
            """,
            id="an heir of the admin has it",
        ),
    ],
)
def test_else_a_form_saves_all_columns(tmp_path: Path, body: str, more: str) -> None:
    held(tmp_path, body, "  # WRITE", more)


def test_a_form_that_adds_has_the_fields_of_adding(tmp_path: Path) -> None:
    more = """
    class AddForm(forms.ModelForm):
        class Meta:
            model = Order
            fields = "__all__"


    class AddAdmin(UserAdmin):
        add_form = AddForm
        fieldsets = ((None, {"fields": ("status",)}),)
        add_fieldsets = ((None, {"fields": ("note",)}),)
    """
    held(tmp_path, FIELDS, "", more)
