"""Code in which a write is hard to see, or what is none is easily taken for one."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, sites_of

HEAD = """
=== shop/work.py
from dataclasses import dataclass, replace
from shop.models import Customer, Invoice, Order
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('''
            def mark(order: Order):
                """Set order.status = "paid"."""
                # order.status = "paid"
                text = "order.status = 1"
                order.status  # read
                order.status == "paid"
                del order.note
                assert order.status != "paid"
                print(f"{order.status=}")
        ''', id="texts, comments and comparisons"),
        pytest.param('''
            @dataclass
            class Shown:
                status: str

            def mark(order: Order, bill: Invoice):
                shown = Shown(status=order.status)
                shown.status = "paid"
                shown = replace(shown, status="x")
                order = Shown(status="x")
                order.status = "y"
                bill.order.status = "paid"  # WRITE
        ''', id="a class that is no model"),
        pytest.param('''
            def mark(request, pk):
                it = Order.objects.get(pk=pk)
                it.status = request.POST["status"]  # WRITE
                it = it.customer
                it.status = "good"
        ''', id="a name that is bound anew"),
        pytest.param('''
            def mark(pk, late):
                if late:
                    it = Order.objects.get(pk=pk)
                else:
                    it = Invoice.objects.get(pk=pk)
                it.status = "paid"  # WRITE
        ''', id="a name of two branches"),
        pytest.param('''
            def mark(order: Order):
                def inner():
                    order.status = "paid"  # WRITE
                inner()
                one = lambda bill: setattr(bill, "status", "x")
                one(order.invoice_set.first())
        ''', id="a function in a function"),
        pytest.param('''
            def mark(order: Order):
                order.customer.orders.update(status="paid")  # WRITE
                order.invoice_set.update(status="paid")
                order.customer.orders.create(status="new")  # WRITE
                order.invoice_set.create(status="new")
        ''', id="related managers that write"),
        pytest.param('''
            def found():
                yield from Order.objects.all()

            def bills():
                for it in Invoice.objects.all():
                    yield it

            def mark():
                for it in found():
                    it.status = "paid"  # WRITE
                for it in bills():
                    it.status = "paid"
        ''', id="generators"),
        pytest.param('''
            def pair(pk):
                return Order.objects.get(pk=pk), Invoice.objects.get(order=pk)

            def mark(pk):
                a, b = pair(pk)
                a.status = "paid"  # WRITE
                b.status = "paid"
                it, made = Order.objects.get_or_create(pk=pk)
                it.status = "paid"  # WRITE
                bill, made = Invoice.objects.get_or_create(pk=pk)
                bill.status = "paid"
        ''', id="tuples"),
        pytest.param('''
            from django.dispatch import receiver
            from django.db.models.signals import post_save

            @receiver(post_save, sender=Order)
            def saved(sender, instance, created, **kwargs):
                instance.status = "paid"  # WRITE

            @receiver(post_save, sender=Invoice)
            def bill_saved(sender, instance, created, **kwargs):
                instance.status = "paid"
        ''', id="signals"),
        pytest.param('''
            from django.views.generic import UpdateView

            class OrderView(UpdateView):
                model = Order
                fields = ["note"]

                def form_valid(self, form):
                    form.instance.status = "paid"  # WRITE
                    self.object.status = "paid"  # WRITE
                    return super().form_valid(form)

            class InvoiceView(UpdateView):
                model = Invoice
                fields = ["status"]

                def form_valid(self, form):
                    form.instance.status = "paid"
                    self.object.status = "paid"
                    return super().form_valid(form)
        ''', id="a view of the framework"),
        pytest.param('''
            class Many:
                def __init__(self):
                    self.orders: list[Order] = []
                    self.bills: dict[str, Invoice] = {}

                def mark(self):
                    for it in self.orders:
                        it.status = "paid"  # WRITE
                    for it in self.bills.values():
                        it.status = "paid"
        ''', id="annotated attributes"),
        pytest.param('''
            class Work:
                @property
                def order(self):
                    return Order.objects.first()

                @property
                def bill(self) -> Invoice:
                    return self.order.invoice_set.first()

                def mark(self):
                    self.order.status = "paid"  # WRITE
                    self.bill.status = "paid"
        ''', id="properties"),
        pytest.param('''
            def mark(by_id: dict[int, Order], bills: dict[int, Invoice]):
                by_id[3].status = "paid"  # WRITE
                by_id.get(4).status = "paid"  # WRITE
                for key, it in by_id.items():
                    it.status = "paid"  # WRITE
                for it in Order.objects.in_bulk([1, 2]).values():
                    it.status = "paid"  # WRITE
                bills[3].status = "paid"
                bills.get(4).status = "paid"
                for key, it in bills.items():
                    it.status = "paid"
        ''', id="dicts of rows"),
        pytest.param('''
            def mark(order: Order):
                match order.note:
                    case "x":
                        order.status = "paid"  # WRITE
                    case status:
                        order.note = status
                with open("x") as order.note:
                    pass
        ''', id="match"),
        pytest.param('''
            class Pay(Order):
                class Meta:
                    proxy = True

                def run(self):
                    self.status = "paid"  # WRITE

            class Bill(Invoice):
                class Meta:
                    proxy = True

                def run(self):
                    self.status = "paid"
        ''', id="a proxy"),
        pytest.param('''
            def change(order: Order, **values):
                Order.objects.filter(pk=order.pk).update(**values)  # WRITE

            def bill(invoice: Invoice, **values):
                Invoice.objects.filter(pk=invoice.pk).update(**values)

            def mark(order, invoice):
                change(order, status="paid")
                bill(invoice, status="paid")
        ''', id="keywords that are handed on"),
        pytest.param('''
            def values_of(late):
                values = {"note": "x"}
                if late:
                    values["status"] = "late"  # WRITE
                return values

            def mark(late):
                Order.objects.create(**values_of(late))  # WRITE
                Invoice.objects.create(**others(late))

            def others(late):
                return {"status": "late"}
        ''', id="a dict that a function returns"),
        pytest.param('''
            def copy(order: Order):
                order.pk = None
                order.save()
                Order.objects.create(note=order.status)
                Invoice.objects.create(order=order, status=order.status)
                Order.objects.filter(pk=1).update(note=order.status)
        ''', id="a status that is read"),
    ],
)  # fmt: skip
def test_a_view(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, DJANGO + HEAD + textwrap.dedent(body))
