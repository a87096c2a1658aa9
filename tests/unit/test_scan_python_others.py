"""What only looks like a write, however near it is to one: objects of other classes and models."""

from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, DJANGO, sites_of

VIEW = """
=== shop/work.py
from shop.models import Customer, Invoice, Order
"""
WORK = """
=== store/work.py
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session
from store.models import Customer, Invoice, Order
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
from dataclasses import dataclass, replace, asdict
from pydantic import BaseModel
@dataclass
class OrderDTO:
    status: str
    def done(self):
        self.status = "x"
class OrderOut(BaseModel):
    status: str = "x"
class OrderData:
    def __init__(self, order: Order):
        self.status = order.status
        self.order = order
def mark(o: Order):
    d = OrderDTO(status="x")
    d.status = "y"
    out = OrderOut(status="x")
    out.status = "z"
    data = OrderData(o)
    data.status = "x"
    replace(d, status="q")
    payload = {"status": "x", "id": o.pk}
    payload["status"] = "y"
    send(payload, status="x")
    send(o, status="x")
def send(o, status):
    log(o, status=status)
def log(*args, **kwargs):
    print(kwargs["status"])
""",
            id="dto and schemas",
        ),
        pytest.param(
            """
class Base:
    model = None
    def find(self, pk):
        return self.model.objects.get(pk=pk)
    def name(self):
        raise NotImplementedError
class Orders(Base):
    model = Order
    def name(self):
        return Order.objects.first()
class Invoices(Base):
    model = Invoice
    def name(self):
        return Invoice.objects.first()
    def mark(self, pk):
        it = self.find(pk)
        it.status = "x"
        self.name().status = "x"
def mark(pk):
    it = Invoices().find(pk)
    it.status = "x"
    it = Orders().find(pk)
    it.status = "x"  # WRITE
    for cls in (Invoices,):
        cls().find(pk).status = "x"
""",
            id="base of several",
        ),
        pytest.param(
            """
def save_all(rows, **kwargs):
    for r in rows:
        for k, v in kwargs.items():
            setattr(r, k, v)
def clone(obj, **changes):
    new = type(obj)(**changes)
    return new
def mark(pk):
    save_all(Invoice.objects.all(), status="x")
    new = clone(Invoice.objects.first(), status="x")
    new.status = "z"
""",
            id="helpers of any",
        ),
        pytest.param(
            """
class Job:
    status = None
    def __init__(self):
        self.order = None
        self.status = "new"
    def go(self, order):
        self.status = "x"
        thread = make(order)
        thread.status = "y"
        self.result = request(order.pk)
        self.result.status = "x"
def make(o):
    return object()
def view(response, request, message, context):
    response.status = "x"
    request.status = "x"
    message.status = "x"
    context.order_status = "x"
""",
            id="same names",
        ),
        pytest.param(
            """
def mark(it: "Order | Invoice"):
    if isinstance(it, Order):
        it.note = "x"
    else:
        it.status = "x"
    if isinstance(it, Order):
        return
    it.status = "y"
def mark2(pk, kind):
    it = Order.objects.get(pk=pk)
    inv = Invoice.objects.get(order=it)
    it = inv
    it.status = "x"
    for it in Invoice.objects.all():
        it.status = "x"
    it.status = "x"
""",
            id="narrowing away",
        ),
        pytest.param(
            """
def mark(o: Order):
    Invoice.objects.filter(order=o).update(status="x")
    o.invoice_set.all().update(status="x")
    o.invoice_set.create(status="x")
    Customer.objects.filter(orders=o).update(status="x")
    for c in Customer.objects.filter(orders__status="x"):
        c.status = "x"
    i = Invoice(order=o, status="x")
    i.status = "y"
    Order.objects.filter(status="x").values("status").update(note="x")
    Order.objects.filter(status="x").exists()
    Order.objects.get(status="x")
    Order.objects.get_or_create(status="x", defaults={"note": "y"})  # WRITE
    Invoice.objects.bulk_create([Invoice(status="x")])
""",
            id="querysets of others",
        ),
        pytest.param(
            """
class Proxy:
    def __init__(self, order):
        self._order = order
    def __getattr__(self, name):
        return getattr(self._order, name)
def mark():
    p = Proxy(Order.objects.first())
    p.customer.status = "x"
    p.status = "x"
""",
            id="proxy object",
        ),
        pytest.param(
            """
def mark(app, stripe_like):
    app.models.Order.objects.filter(pk=1).update(status="x")  # WRITE
    app.models.Invoice.objects.filter(pk=1).update(status="x")
    it = app.model.Order(status="x")  # WRITE
    app.Missing(status="x")
""",
            id="class of whatever holds it",
        ),
    ],
)
def test_rows_of_django(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, DJANGO + VIEW + body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
def mark(session, o: Order):
    session.execute(select(Order).where(Order.status == "x"))
    session.query(Order).filter_by(status="x").delete()
    session.execute(update(Invoice).where(Invoice.order.has(status="x")).values(note="y"))
    row = session.execute(select(Order.id, Order.status)).first()
    row.status = "x"
    d = dict(status="x")
    session.info.update(d)
    o.customer.status = "x"
    session.execute(update(Customer).values(status="x"))
    stats = session.query(Order).count()
    stats.status = 3
    session.status = "x"
""",
            id="lookalikes",
        ),
    ],
)
def test_rows_of_sqlalchemy(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, ALCHEMY + WORK + body)
