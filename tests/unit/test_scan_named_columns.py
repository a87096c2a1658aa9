"""Columns whose name the code keeps in a constant, a variable or an enum."""

from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, DJANGO, lay, run, sites_of

NAMES = """
=== shop/names.py
from enum import Enum

COLUMN = "status"
OTHER: str = "note"


class Names:
    STATUS = "status"
    NOTE = "note"


class Field(str, Enum):
    STATE = "status"
    NOTE = "note"
=== shop/work.py
from shop import names
from shop.models import Invoice, Order
from shop.names import COLUMN, OTHER, Field, Names


def work(pk, order: Order, invoice: Invoice):
"""


@pytest.mark.parametrize(
    ("written", "construct"),
    [
        ('Order.objects.filter(pk=pk).update(**{NAME: "paid"})', "queryset_update"),
        ('Order.objects.create(**{NAME: "paid"}, note="x")', "kwarg_splat_create"),
        ('Order.objects.update_or_create(pk=pk, defaults={NAME: "paid"})', "defaults"),
        ('setattr(order, NAME, "paid")', "setattr"),
        ('vars(order)[NAME] = "paid"', "setattr"),
        ('order.__dict__.update({NAME: "paid"})', "setattr"),
    ],
)
@pytest.mark.parametrize(
    "name", ["COLUMN", "names.COLUMN", "Names.STATUS", "Field.STATE", "Field.STATE.value"]
)
def test_a_constant_that_is_the_name_of_a_column(
    tmp_path: Path, written: str, construct: str, name: str
) -> None:
    lines = [
        f"    {written.replace('NAME', name)}  # WRITE",
        f"    {written.replace('Order', 'Invoice').replace('order,', 'invoice,')}".replace(
            "order.", "invoice."
        )
        .replace("vars(order)", "vars(invoice)")
        .replace("NAME", name),
        f"    {written.replace('NAME', 'OTHER')}",
        f"    {written.replace('NAME', 'Field.NOTE.value')}",
    ]

    (site,) = sites_of(tmp_path, DJANGO + NAMES + "\n".join(lines) + "\n    order.save()\n")

    assert (site.construct, site.values) == (construct, ("paid",))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
def work(pk, given):
    field = "status"
    Order.objects.filter(pk=pk).update(**{field: "paid"})  # WRITE
    other = "note"
    Order.objects.filter(pk=pk).update(**{other: "paid"})
    Order.objects.filter(pk=pk).update(**{given: "paid"})
""",
            id="a local variable",
        ),
        pytest.param(
            """
def work(pk):
    for field in ("status", "note"):
        Order.objects.filter(pk=pk).update(**{field: None})  # WRITE
    for field in ("customer", "note"):
        Order.objects.filter(pk=pk).update(**{field: None})
""",
            id="a loop",
        ),
        pytest.param(
            """
column = "status"


def work(pk):
    values = {"note": "x"}
    values[column] = "paid"  # WRITE
    Order.objects.filter(pk=pk).update(**values)  # WRITE
    read = {column: "paid"}
    print(read)
""",
            id="an item of a dict",
        ),
        pytest.param(
            """
class Mover:
    column = "status"

    def move(self, pk):
        Order.objects.filter(pk=pk).update(**{self.column: "paid"})  # WRITE


class Noter:
    column = "note"

    def move(self, pk):
        Order.objects.filter(pk=pk).update(**{self.column: "paid"})
""",
            id="an attribute of a class",
        ),
    ],
)
def test_a_name_that_stands_for_a_column(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, DJANGO + "=== shop/work.py\nfrom shop.models import Order\n" + body)


def test_columns_of_core_under_a_constant(tmp_path: Path) -> None:
    text = """
=== store/names.py
STATUS = "status"
=== store/work.py
from sqlalchemy import insert, update
from store.models import Invoice, Order
from store.names import STATUS


def work(session, pk):
    session.execute(update(Order).where(Order.id == pk).values({STATUS: "paid"}))  # WRITE
    session.execute(insert(Order), [{"id": pk, STATUS: "paid"}])  # WRITE
    session.query(Order).update({STATUS: "paid"})  # WRITE
    session.query(Invoice).update({STATUS: "paid"})
"""

    found = sites_of(tmp_path, ALCHEMY + text)

    assert {it.values for it in found} == {("paid",)}


def test_a_constant_of_another_file_is_known_again(tmp_path: Path) -> None:
    """A result that is kept holds no more once the constant is another column, or is used anew."""
    kept, code = tmp_path / "kept", tmp_path / "code"
    text = """
=== shop/names.py
COLUMN = "status"
=== shop/far.py
from shop.models import Order
from shop.names import COLUMN


def work(pk):
    Order.objects.filter(pk=pk).update(**{COLUMN: "paid"})
=== shop/further.py
from shop.models import Order


def work(pk):
    pass
"""
    lay(code, DJANGO + text)
    assert [it.line for it in run(code, cache=kept).sites] == [6]

    further = code / "shop" / "further.py"
    used = 'from shop.names import COLUMN\nOrder.objects.update(**{COLUMN: "paid"})\n'
    further.write_text(further.read_text() + used)
    assert [it.line for it in run(code, cache=kept).sites] == [6, 7]

    (code / "shop" / "names.py").write_text('COLUMN = "note"\n')
    assert run(code, cache=kept).sites == []


def test_a_dict_that_a_loop_over_named_columns_fills(tmp_path: Path) -> None:
    body = """
=== shop/work.py
from shop.models import Invoice, Order


def renew(old):
    values = dict(customer=old.customer)
    fields = ("note", "status")
    for field in fields:
        values[field] = getattr(old, field)  # WRITE
    Order.objects.create(**values)  # WRITE
    others = ("note", "customer")
    more = {}
    for other in others:
        more[other] = getattr(old, other)
    Order.objects.create(**more)
    for field in fields:
        print(fields[field])
"""
    sites_of(tmp_path, DJANGO + body)
