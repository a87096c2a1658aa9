"""What a value is where it is written: after branches, tests of its class, loops and containers."""

from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, sites_of

VIEW = """
=== shop/work.py
from shop.models import Customer, Invoice, Order
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
def mark(pk):
    try:
        it = Order.objects.get(pk=pk)
    except Order.DoesNotExist:
        it = Order()
    it.status = "paid"  # WRITE
    try:
        it = Invoice.objects.get(pk=pk)
    except Invoice.DoesNotExist:
        it = Invoice()
    it.status = "paid"
""",
            id="bound anew in a try and its handlers",
        ),
        pytest.param(
            """
def mark(pk, flag):
    it = Order.objects.get(pk=pk)
    if flag:
        it = Invoice.objects.get(pk=pk)
    else:
        it = Invoice()
    it.status = "paid"
    it = Order.objects.get(pk=pk)
    if flag:
        it = Invoice.objects.get(pk=pk)
    it.status = "paid"  # WRITE
""",
            id="bound anew in both branches",
        ),
        pytest.param(
            """
def mark(pk, flag):
    it = Order.objects.get(pk=pk)
    if flag:
        it = Invoice.objects.get(pk=pk)
        it.status = "x"
        return it
    it.status = "paid"  # WRITE
    other = Invoice()
    if flag:
        other = Order()
        return other
    other.status = "x"
""",
            id="a branch that leaves",
        ),
        pytest.param(
            """
def mark(pk):
    it = Order()
    try:
        it = Invoice.objects.get(pk=pk)
    finally:
        print(1)
    it.status = "paid"
""",
            id="bound anew in a try",
        ),
        pytest.param(
            """
def mark(pk):
    it = Order()
    try:
        it = Invoice.objects.get(pk=pk)
    except Exception:
        raise ValueError
    it.status = "paid"
""",
            id="a handler that raises",
        ),
        pytest.param(
            """
def mark(pk, lock):
    it = Order()
    with lock:
        it = Invoice.objects.get(pk=pk)
    it.status = "paid"
""",
            id="bound anew in a with",
        ),
        pytest.param(
            """
def mark(it, bill):
    if isinstance(it, Order):
        it.status = "x"  # WRITE
    if isinstance(bill, Invoice):
        bill.status = "x"
    if not isinstance(it, Order):
        return
    assert isinstance(bill, Invoice)
    bill.status = "y"
""",
            id="isinstance, and an assert",
        ),
        pytest.param(
            """
def mark(it):
    assert isinstance(it, Order)
    it.status = "x"  # WRITE
def mark2(it):
    if not isinstance(it, Order):
        raise TypeError
    it.status = "x"  # WRITE
def mark3(it):
    match it:
        case Order():
            it.status = "x"  # WRITE
        case Order() as o:
            o.status = "x"  # WRITE
        case Invoice() as b:
            b.status = "x"
""",
            id="isinstance, before and in a match",
        ),
        pytest.param(
            """
import itertools, random
def mark(pks):
    rows = Order.objects.in_bulk(pks)
    for pk, it in rows.items():
        it.status = "x"  # WRITE
    for it in rows.values():
        it.status = "x"  # WRITE
    rows[1].status = "x"  # WRITE
    rows.get(1).status = "x"  # WRITE
    it = next(iter(Order.objects.all()), None)
    it.status = "x"  # WRITE
    it = next((o for o in Order.objects.all() if o.note), None)
    it.status = "x"  # WRITE
    for n, it in enumerate(Order.objects.all(), start=1):
        it.status = "x"  # WRITE
    for it, bill in zip(Order.objects.all(), Invoice.objects.all(), strict=True):
        it.status = "x"  # WRITE
        bill.status = "x"
    for it in itertools.chain(Order.objects.all(), Order.objects.all()):
        it.status = "x"  # WRITE
    by = {o.pk: o for o in Order.objects.all()}
    by[3].status = "x"  # WRITE
    it = by.get(3)
    it.status = "x"  # WRITE
    it = by.pop(3)
    it.status = "x"  # WRITE
    it = max(Order.objects.all(), key=lambda o: o.note)
    it.status = "x"  # WRITE
    for it in sorted(Order.objects.all(), key=lambda o: o.note):
        it.status = "x"  # WRITE
    for it in reversed(list(Order.objects.all())):
        it.status = "x"  # WRITE
    for it in filter(None, Order.objects.all()):
        it.status = "x"  # WRITE
    first, *rest = Order.objects.all()
    first.status = "x"  # WRITE
    for it in rest:
        it.status = "x"  # WRITE
    (it,) = Order.objects.all()
    it.status = "x"  # WRITE
    if it := Order.objects.first():
        it.status = "x"  # WRITE
    for _, group in itertools.groupby(Order.objects.all(), lambda o: o.note):
        for it in group:
            it.status = "x"  # WRITE
    it = random.choice(Order.objects.all())
    it.status = "x"  # WRITE
    it = (Order.objects.first() or Order())
    it.status = "x"  # WRITE
    made, new = Order.objects.get_or_create(pk=1)
    made.status = "x"  # WRITE
    made = Order.objects.get_or_create(pk=1)[0]
    made.status = "x"  # WRITE
    [one.delete() for one in Order.objects.all()]
    while (it := Order.objects.first()) is not None:
        it.status = "x"  # WRITE
    Order.objects.get(pk=1).status = "x"  # WRITE
""",
            id="flow of rows",
        ),
        pytest.param(
            """
from functools import partial, lru_cache, reduce
import asyncio
from asgiref.sync import sync_to_async
def find(pk):
    return Order.objects.get(pk=pk)
@lru_cache
def cached(pk):
    return Order.objects.get(pk=pk)
async def mark(pk):
    it = await sync_to_async(find)(pk)
    it.status = "x"  # WRITE
    it = await sync_to_async(Order.objects.get)(pk=pk)
    it.status = "x"  # WRITE
    it = await asyncio.to_thread(find, pk)
    it.status = "x"  # WRITE
    a, b = await asyncio.gather(sync_to_async(find)(1), sync_to_async(find)(2))
    a.status = "x"  # WRITE
    it = cached(pk)
    it.status = "x"  # WRITE
    fetch = partial(find, pk)
    it = fetch()
    it.status = "x"  # WRITE
    async for it in Order.objects.all():
        it.status = "x"  # WRITE
    it = await Order.objects.aget(pk=1)
    it.status = "x"  # WRITE
    rows = [o async for o in Order.objects.all()]
    rows[0].status = "x"  # WRITE
    get = Order.objects.get
    it = get(pk=1)
    it.status = "x"  # WRITE
    make = Order
    it = make(status="x")  # WRITE
""",
            id="functional",
        ),
        pytest.param(
            """
from contextlib import contextmanager, closing
@contextmanager
def locked(pk):
    it = Order.objects.select_for_update().get(pk=pk)
    yield it
    it.save()
class Lock:
    def __init__(self, pk):
        self.pk = pk
    def __enter__(self):
        return Order.objects.get(pk=self.pk)
    def __exit__(self, *a):
        pass
class SelfLock:
    def __enter__(self):
        self.order = Order.objects.first()
        return self
    def __exit__(self, *a):
        pass
def each():
    for it in Order.objects.all():
        yield it
def pairs():
    for it in Order.objects.all():
        yield it, 1
def each2():
    yield from Order.objects.all()
def mark(pk):
    with locked(pk) as it:
        it.status = "x"  # WRITE
    with Lock(pk) as it:
        it.status = "x"  # WRITE
    with SelfLock() as lock:
        lock.order.status = "x"  # WRITE
    for it in each():
        it.status = "x"  # WRITE
    for it, n in pairs():
        it.status = "x"  # WRITE
    for it in each2():
        it.status = "x"  # WRITE
""",
            id="generators and contexts",
        ),
        pytest.param(
            """
class Batch:
    def __init__(self):
        self.rows = list(Order.objects.all())
    def __iter__(self):
        return iter(self.rows)
    def __getitem__(self, n):
        return self.rows[n]
    def __next__(self):
        return self.rows.pop()
class Gen:
    def __iter__(self):
        for it in Order.objects.all():
            yield it
def mark():
    for it in Batch():
        it.status = "x"  # WRITE
    b = Batch()
    b[0].status = "x"  # WRITE
    for it in Gen():
        it.status = "x"  # WRITE
    it = next(b)
    it.status = "x"  # WRITE
""",
            id="iterating class",
        ),
        pytest.param(
            """
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypedDict, Optional
@dataclass
class Work:
    order: Order
    bills: list[Invoice]
    more: "list[Order]" = field(default_factory=list)
class Pair(NamedTuple):
    order: Order
    bill: Invoice
class Row(TypedDict):
    order: Order
    bill: Invoice
def mark(w: Work, p: Pair, r: Row):
    w.order.status = "x"  # WRITE
    for b in w.bills:
        b.status = "x"
    for o in w.more:
        o.status = "x"  # WRITE
    p.order.status = "x"  # WRITE
    a, b = p
    a.status = "x"  # WRITE
    b.status = "x"
    p[0].status = "x"  # WRITE
    r["order"].status = "x"  # WRITE
    r["bill"].status = "x"
    d = {"order": Order.objects.first(), "bill": Invoice.objects.first()}
    d["order"].status = "x"  # WRITE
    d["bill"].status = "x"
""",
            id="dataclasses",
        ),
        pytest.param(
            """
class Work:
    orders: dict[int, Order]
    def __init__(self):
        self.orders = {}
        self.all = []
        self.by = {}
    def add(self, pk):
        self.all.append(Order.objects.get(pk=pk))
        self.by[pk] = Order.objects.get(pk=pk)
    def mark(self):
        for it in self.orders.values():
            it.status = "x"  # WRITE
        for it in self.all:
            it.status = "x"  # WRITE
        for it in self.by.values():
            it.status = "x"  # WRITE
        self.by[1].status = "x"  # WRITE
""",
            id="unpacked constants and nested",
        ),
        pytest.param(
            """
def outer(pk):
    it = Order.objects.get(pk=pk)
    def inner():
        it.status = "x"  # WRITE
    inner()
    def helper(o):
        o.status = "x"  # WRITE
    helper(it)
    def each(rows):
        for r in rows:
            r.status = "x"  # WRITE
    each(Order.objects.all())
    def same(b):
        b.status = "x"
    same(Invoice.objects.first())
""",
            id="nested function and lambda",
        ),
        pytest.param(
            """
def outer(pk):
    mark_it(Order.objects.get(pk=pk), 1)
def mark_it(o, n):
    _mark(o, value=n)
def _mark(thing, value):
    thing.status = value  # WRITE
def close_all(*orders):
    for o in orders:
        o.status = "x"  # WRITE
def go():
    close_all(Order.objects.first(), Order.objects.last())
def kw(**kwargs):
    kwargs["order"].status = "x"  # WRITE
    o = kwargs.get("order")
    o.status = "x"  # WRITE
def gokw():
    kw(order=Order.objects.first())
""",
            id="args through",
        ),
        pytest.param(
            """
from django.db.models import F, Case, When, Value
def mark(pks):
    rows = [Order(status="x") for n in range(3)]  # WRITE
    Order.objects.bulk_create(rows)
    made = [Order(**{"status": "x"})]  # WRITE
    Order.objects.bulk_create(made, update_conflicts=True)
    changes = []
    for o in Order.objects.filter(pk__in=pks):
        o.status = "y"  # WRITE
        changes.append(o)
    Order.objects.bulk_update(changes, fields=["status"])
    Order.objects.update_or_create(pk=1, defaults={"status": "x"})  # WRITE
    Order.objects.update_or_create(pk=1, defaults=dict(status="x"))  # WRITE
    Order.objects.update_or_create(pk=1, create_defaults={"status": "x"}, defaults={})  # WRITE
    Order.objects.filter(status="x").delete()
    Order.objects.filter(pk=1).update(**dict(status="x"))  # WRITE
    kwargs = {"status": "x"}  # WRITE
    Order.objects.create(**kwargs)  # WRITE
    Invoice.objects.create(**kwargs)
""",
            id="bulk",
        ),
        pytest.param(
            """
import types
def mark(pk, request):
    o = Order.objects.get(pk=pk)
    o.customer.status = "x"
    o.customer.profile.status = "x"
    response = request.get(o)
    response.status = 1
    ns = types.SimpleNamespace(status="x")
    ns.status = o.status
    d = {"status": "x", "order": o}
    d["status"] = "y"
    request.session.status = "x"
    o.invoice_set.update(status="x")
    Order.objects.filter(invoice__status="x").update(note="y")
    v = Order.objects.values("status").first()
    v["status"] = "z"
    rows = Order.objects.values_list("status", flat=True)
    c = Order.objects.count()
    c.status = 3
""",
            id="lookalikes",
        ),
        pytest.param(
            """
def mark(keys, bills):
    rows = dict((it.customer_id, it) for it in Order.objects.all())
    for key in keys:
        rows[key].status = "x"  # WRITE
    found = rows.get(1)
    found.status = "x"  # WRITE
    pairs = dict([(1, Order()), (2, Order())])
    pairs[1].status = "x"  # WRITE
    zipped = dict(zip(keys, Order.objects.all()))
    zipped[1].status = "x"  # WRITE
    again = dict(zipped)
    again[1].status = "x"  # WRITE
    other = dict((it.pk, it) for it in Invoice.objects.all())
    other[1].status = "x"
    turned = dict((it, it.pk) for it in Order.objects.all())
    turned[1].status = "x"
""",
            id="a dict made of pairs",
        ),
        pytest.param(
            """
def mark(it: Customer, name):
    for order in getattr(it, "orders").all():
        order.status = "x"  # WRITE
def settle(it: Invoice, name):
    first = getattr(it, name)
    first.status = "x"  # WRITE
def call(it: Invoice, other):
    settle(it, "order")
    row = getattr(it, other)
    row.status = "x"
""",
            id="an attribute that is named by a text",
        ),
        pytest.param(
            """
def mark(it: Order, bill: Invoice):
    kept = it.customer.orders.all()[:]
    for order in set(kept) - set([it]):
        order.status = "x"  # WRITE
    for one in bill[:]:
        one.status = "x"
""",
            id="what is left of a set",
        ),
    ],
)
def test_rows_of_django(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, DJANGO + VIEW + body)
