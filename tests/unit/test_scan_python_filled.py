"""Rows in dicts and lists that are filled after they are made, and in tuples of several lengths."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, sites_of

HEAD = "=== shop/jobs.py\nfrom shop.models import Customer, Invoice, Order\n"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
            def env(full):
                data = {"order": Order.objects.get(), "invoice": Invoice.objects.get()}
                if full:
                    data.update({"second": Order.objects.get()}, bill=Invoice.objects.get())
                    data["third"] = Order.objects.get()
                    data.setdefault("fourth", Order.objects.get())
                return data

            def pay():
                data = env(full=True)
                data["order"].status = "paid"  # WRITE
                data["second"].status = "paid"  # WRITE
                data["third"].status = "paid"  # WRITE
                data["fourth"].status = "paid"  # WRITE
                data["bill"].status = "paid"
                data["invoice"].status = "paid"
            """,
            id="a dict of which each key is known",
        ),
        pytest.param(
            """
            def pay(name):
                data = {"invoice": Invoice.objects.get()}
                data[name] = Order.objects.get()
                data["other"].status = "paid"  # WRITE
                bills = {"invoice": Invoice.objects.get()}
                bills[name] = Customer.objects.get()
                bills["other"].status = "paid"
            """,
            id="a dict of which one key is not known",
        ),
        pytest.param(
            """
            from collections import defaultdict

            def pay():
                by_note = {}
                for order in Order.objects.all():
                    by_note.setdefault(order.note, []).append(order)
                lists = defaultdict(list)
                for order in Order.objects.all():
                    lists[order.note].append(order)
                bills = {}
                for bill in Invoice.objects.all():
                    bills.setdefault(bill.pk, []).append(bill)
                for them in by_note.values():
                    for it in them:
                        it.status = "paid"  # WRITE
                for note, them in lists.items():
                    them[0].status = "paid"  # WRITE
                for them in bills.values():
                    for it in them:
                        it.status = "paid"
            """,
            id="a dict of lists",
        ),
        pytest.param(
            """
            def made(full):
                order, bill = Order.objects.get(), Invoice.objects.get()
                if full:
                    return bill, order, 1
                return order, bill

            class Job:
                def __init__(self):
                    self.first, self.second = made(False)

                def run(self):
                    self.first.status = "paid"  # WRITE
                    self.second.status = "paid"
                    order, bill = made(False)
                    order.status = "paid"  # WRITE
                    bill.status = "paid"
                    bill, order, _ = made(True)
                    bill.status = "paid"
                    order.status = "paid"  # WRITE
            """,
            id="tuples of several lengths",
        ),
    ],
)
def test_rows_that_are_put_together(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, DJANGO + HEAD + textwrap.dedent(body))


def test_a_call_that_names_the_column_unpacks_none_besides(tmp_path: Path) -> None:
    body = """
    def renew(pk, **kwargs):
        kwargs.pop("status", None)
        Order.objects.filter(pk=pk).update(
            note="x",
            status="new",  # WRITE
            **kwargs,
        )

    def run():
        renew(1, status="paid")
    """
    sites_of(tmp_path, DJANGO + HEAD + textwrap.dedent(body))
