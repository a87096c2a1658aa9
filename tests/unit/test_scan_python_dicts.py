"""Dicts that one function makes and another one writes: lists of them, copies, objects."""

from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, DJANGO, sites_of

ROWS = """
=== store/rows.py
def listed():
    return [{"status": "new"}, {"note": "x"}]  # WRITE


def gathered(n):
    found = []
    for it in range(n):
        found.append({"id": it, "status": "new"})  # WRITE
    return found


def yielded(n):
    for it in range(n):
        yield {"id": it, "status": "new"}  # WRITE


def single(it):
    return {"id": it, "status": "new"}  # WRITE


def several(n):
    return [single(it) for it in range(n)]


async def awaited():
    return [{"status": "new"}]  # WRITE


def of_invoices():
    return [{"status": "new"}]


def unused():
    return [{"status": "new"}]
=== store/work.py
from sqlalchemy import insert, update
from store.models import Invoice, Order
from store.rows import awaited, gathered, listed, of_invoices, several, single, yielded


async def work(session, n):
    session.execute(insert(Order).values(listed()))  # WRITE
    session.execute(insert(Order), gathered(n))  # WRITE
    session.execute(insert(Order), list(yielded(n)))  # WRITE
    session.execute(insert(Order).values([*several(n)]))  # WRITE
    session.execute(insert(Order).values([{**it} for it in several(n)]))  # WRITE
    session.execute(insert(Order).values(**single(n)))  # WRITE
    session.add(Order(**single(n)))  # WRITE
    rows = await awaited()
    if rows:
        session.execute(insert(Order), [{k: v for k, v in it.items()} for it in rows])  # WRITE
    session.execute(insert(Invoice), of_invoices())
    more = []
    more.extend(several(n))
    write(session, rows=more)
    for row in gathered(n):
        session.execute(update(Order).values(row))  # WRITE


def write(session, rows):
    session.execute(insert(Order), rows)  # WRITE
"""


def test_dicts_that_another_function_makes(tmp_path: Path) -> None:
    found = sites_of(tmp_path, ALCHEMY + ROWS)

    assert {it.values for it in found} == {("new",)}


def test_a_dict_that_a_method_of_the_same_name_makes_is_another(tmp_path: Path) -> None:
    text = """
=== shop/forms.py
class OrderForm:
    def values(self):
        return {"status": "paid"}  # WRITE


class InvoiceForm:
    def values(self):
        return {"status": "lost"}
=== shop/work.py
from shop.forms import InvoiceForm, OrderForm
from shop.models import Invoice, Order


def work(form: OrderForm, other: InvoiceForm, pk):
    Order.objects.filter(pk=pk).update(**form.values())  # WRITE
    Invoice.objects.filter(pk=pk).update(**other.values())


def not_told(some, pk):
    return Order.objects.filter(pk=pk).update(**some.values())
"""
    text = text.replace("values", "given")

    found = sites_of(tmp_path, DJANGO + text)

    assert {it.values for it in found} == {("paid",)}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
def work(pk):
    rows = {}
    for one in pk:
        rows[one] = {"id": one, "status": "new"}
    print(rows)
""",
            id="dicts that nobody writes",
        ),
        pytest.param(
            """
def work(pk):
    return {"status": "new"}


def show(pk):
    print(work(pk))
    Invoice.objects.create(**work(pk))
""",
            id="dicts that are written to another model",
        ),
        pytest.param(
            """
def work():
    return [{"status": it} for it in work()]
""",
            id="a function that calls itself",
        ),
    ],
)
def test_dicts_that_are_none_of_an_order(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, f"{DJANGO}=== shop/work.py\nfrom shop.models import Invoice, Order\n{body}")
