"""Rows that are handed on: by fixtures, dependencies, aliases of types, helpers."""

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
=== shop/tests/__init__.py
=== shop/tests/conftest.py
import pytest
from shop.models import Order, Invoice, Customer
@pytest.fixture
def order():
    return Order.objects.create(note="x")
@pytest.fixture
def env():
    o = Order.objects.create(note="x")
    i = Invoice.objects.create(order=o)
    return i, o
@pytest.fixture(scope="module")
def gen():
    o = Order.objects.create(note="x")
    yield o
@pytest.fixture
def special(order):
    order.status = "q"  # WRITE
    return order
=== shop/tests/test_a.py
import pytest
from shop.models import Order
def test_one(order):
    order.status = "x"  # WRITE
def test_two(env):
    env[0].status = "y"
    env[1].status = "x"  # WRITE
    i, o = env
    o.status = "x"  # WRITE
    i.status = "x"
def test_three(gen):
    gen.status = "x"  # WRITE
def test_four(special):
    special.status = "x"  # WRITE
class TestIt:
    @pytest.fixture(autouse=True)
    def setup(self, order):
        self.o = order
    @pytest.fixture
    def mine(self):
        return Order.objects.create()
    def test_five(self, order, mine):
        self.o.status = "x"  # WRITE
        mine.status = "x"  # WRITE
""",
            id="fixtures",
        ),
        pytest.param(
            """
from django.test import TestCase
class Base(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.o = Order.objects.create()
    def setUp(self):
        super().setUp()
        self.b, self.i = self.make()
    def make(self):
        return Order.objects.create(status="x"), Invoice.objects.create()  # WRITE
class Test(Base):
    def test_a(self):
        self.o.status = "x"  # WRITE
        self.b.status = "x"  # WRITE
        self.i.status = "x"
        o = self.make()[0]
        o.status = "x"  # WRITE
""",
            id="testcase",
        ),
        pytest.param(
            """
import factory
class OrderFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Order
    note = "x"
class InvoiceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Invoice
    order = factory.SubFactory(OrderFactory)
def test_a():
    o = OrderFactory(status="x")  # WRITE
    o.status = "y"  # WRITE
    for o in OrderFactory.create_batch(3, status="x"):  # WRITE
        o.status = "z"  # WRITE
    i = InvoiceFactory(status="x")
    i.order.status = "x"  # WRITE
    o = OrderFactory.build()
    o.status = "x"  # WRITE
    a, b = OrderFactory.create_batch(2)
    a.status = "x"  # WRITE
""",
            id="factories",
        ),
        pytest.param(
            """
MODELS = {"order": Order, "invoice": Invoice}
ONLY = {"a": Order}
class Hub:
    @property
    def Order(self):
        return Order
    @property
    def Bill(self) -> type[Invoice]:
        return Invoice
class Kinds:
    kind: type[Order] = Order
def inject(f):
    return f
def mark(hub: Hub, kinds: Kinds, key):
    it = hub.Order.objects.get(pk=1)
    it.status = "x"  # WRITE
    b = hub.Bill.objects.get(pk=1)
    b.status = "x"
    o = kinds.kind.objects.first()
    o.status = "x"  # WRITE
    MODELS["order"].objects.update(status="x")  # WRITE
    MODELS["invoice"].objects.update(status="x")
    ONLY[key].objects.update(status="x")  # WRITE
@inject
def f(*, hub: Hub = None):
    hub.Order.objects.filter(pk=1).update(status="x")  # WRITE
""",
            id="registry of classes",
        ),
        pytest.param(
            """
class Middleware:
    def __call__(self, request):
        request.order = Order.objects.get(pk=1)
        request.thing = Order.objects.get(pk=1)
        request.bill = Invoice.objects.get(pk=1)
def view(request):
    request.order.status = "x"  # WRITE
    request.bill.status = "x"
""",
            id="request attributes",
        ),
        pytest.param(
            """
from django.views.generic import View
from django.utils.functional import cached_property
class Mixin:
    def dispatch(self, request, *args, **kwargs):
        self.o = Order.objects.get(pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)
    @cached_property
    def thing(self):
        return Order.objects.get(pk=self.kwargs["pk"])
class A(Mixin, View):
    def post(self, request):
        self.o.status = "x"  # WRITE
        self.thing.status = "x"  # WRITE
        t = self.thing
        t.status = "x"  # WRITE
""",
            id="view attributes",
        ),
        pytest.param(
            """
from celery import shared_task
app = object()
@shared_task(bind=True)
def close(self, order: int):
    order = Order.objects.select_for_update().get(pk=order)
    order.status = "x"  # WRITE
@app.task
def close2(order_id):
    try:
        order = Order.objects.get(pk=order_id)
    except Order.DoesNotExist:
        return
    order.status = "x"  # WRITE
""",
            id="tasks",
        ),
        pytest.param(
            """
def close(order):
    order.status = "x"  # WRITE
def close3(response, orders):
    response.status = 200
    for o in orders:
        o.status = "x"  # WRITE
def close4(thing):
    thing.status = Order.PAID  # WRITE
def close5(thing):
    thing.status = "x"
""",
            id="named guess",
        ),
        pytest.param(
            """
def close(pk):
    o = Order.objects.filter(pk=pk).first()
    if not o:
        return None
    o.status = "x"  # WRITE
    o2 = o if pk else None
    o2.status = "x"  # WRITE
    o3 = getattr(o, "missing", None) or o
    o3.status = "x"  # WRITE
    (o4 := Order()).status = "x"  # WRITE
    o.customer.orders.filter(pk=1).update(status="x")  # WRITE
    for o in o.customer.orders.all()[:3]:
        o.status = "x"  # WRITE
    o = list(Order.objects.all())[0]
    o.status = "x"  # WRITE
    o = [x for x in Order.objects.all() if x.note][0]
    o.status = "x"  # WRITE
    o = sorted(Order.objects.all())[-1]
    o.status = "x"  # WRITE
    o, created = Order.objects.update_or_create(pk=1, defaults={"note": "x"})
    o.status = "x"  # WRITE
    del o
    o = Order.objects.raw("select 1")[0]
    o.status = "x"  # WRITE
    o = Order.objects.annotate(n=1).values_list("pk")[0]
    o.status = "x"
""",
            id="nullable chain",
        ),
        pytest.param(
            """
from itertools import islice
def chunked(them, size):
    it = iter(them)
    while batch := list(islice(it, size)):
        yield batch
def chunks(queryset, size):
    for start in range(0, 10, size):
        yield queryset[start : start + size]
def mark():
    for batch in chunked(Order.objects.all(), 3):
        for o in batch:
            o.status = "x"  # WRITE
    for batch in chunks(Order.objects.all(), 3):
        for o in batch:
            o.status = "x"  # WRITE
    for batch in chunks(Invoice.objects.all(), 3):
        for o in batch:
            o.status = "x"
""",
            id="chunks",
        ),
        pytest.param(
            """
import copy
def mark(pk):
    o = Order.objects.get(pk=pk)
    n = copy.copy(o)
    n.status = "x"  # WRITE
    n = copy.deepcopy(o)
    n.status = "x"  # WRITE
    o.pk = None
    o.status = "x"  # WRITE
    d = o.__dict__.copy()
    d["status"] = "y"
    m = Order(**{**{"note": 1}, "status": "x"})  # WRITE
    m.status = "z"  # WRITE
    from django.forms.models import model_to_dict
    data = model_to_dict(o)
    data["status"] = "x"  # WRITE
    Order.objects.create(**data)  # WRITE
    other = dict(status="x", **data)
    Invoice.objects.create(**other)
""",
            id="deep copies",
        ),
        pytest.param(
            """
def mark(o: Order):
    o.status = "x"  # WRITE
    o.save(update_fields=["status"])
    Order.objects.filter(status="y").update(
        note="x",
        status="z",  # WRITE
    )
    Order.objects.filter(pk=1).exclude(status="x").update(note="x")
    o.refresh_from_db(fields=["status"])
    Order.objects.only("status").first()
    Order.objects.order_by("status").values("status")
""",
            id="update fields",
        ),
        pytest.param(
            """
class Order2:
    pass
def transition(o, status):
    o.status = status  # WRITE
def go(pk):
    transition(Order.objects.get(pk=pk), "x")
def set_status(obj: "Order", status: str, *, save=True):
    obj.status = status  # WRITE
def set_status2(self, status):
    self.status = status
class Machine:
    def __init__(self, obj):
        self.obj = obj
    def fire(self, status):
        self.obj.status = status  # WRITE
        setattr(self.obj, "status", status)  # WRITE
def run():
    Machine(Order.objects.first()).fire("x")
    Machine(obj=Order.objects.first()).fire("x")
""",
            id="state machines",
        ),
        pytest.param(
            """
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from shop.models import Order as TheOrder
def mark(o: TheOrder, them: list[TheOrder] | None, p: "TheOrder | None" = None):
    o.status = "x"  # WRITE
    for it in them or []:
        it.status = "x"  # WRITE
    p.status = "x"  # WRITE
""",
            id="type checking import",
        ),
        pytest.param(
            """
from typing import Union, Optional, TypeAlias, NewType, Iterable
Anything: TypeAlias = Union[Order, Invoice]
Orders = list[Order]
def mark(a: Anything, them: Orders, g: Iterable[tuple[int, Order]]):
    a.status = "x"  # WRITE
    for it in them:
        it.status = "x"  # WRITE
    for n, o in g:
        o.status = "x"  # WRITE
""",
            id="type comments aliases",
        ),
        pytest.param(
            """
from typing import Any, Union
import psycopg
Cursor = psycopg.Cursor[Any]
Tree = Union[Order, dict[str, "Tree"], list["Tree"]]
Forest = list["Wood"]
Wood = Order | Forest
def mark(cursor: Cursor, it: Tree, one: Wood):
    cursor.status = "x"
    it.status = "x"  # WRITE
    one.status = "x"  # WRITE
""",
            id="aliases named like what they stand for, or part of themselves",
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
from typing import Annotated
from fastapi import Depends, APIRouter
from store.models import Order as O
router = APIRouter()
def get_order(pk: int):
    session = Session()
    return session.get(Order, pk)
def each():
    yield Session().get(Order, 1)
OrderDep = Annotated[Order, Depends(get_order)]
@router.post("/x")
def one(it: OrderDep, other=Depends(get_order), third: O = Depends(each), fourth=Depends(each)):
    it.status = "x"  # WRITE
    other.status = "x"  # WRITE
    third.status = "x"  # WRITE
    fourth.status = "x"  # WRITE
""",
            id="fastapi",
        ),
        pytest.param(
            """
from functools import wraps
from contextlib import contextmanager
NEW_SESSION = None
TI = Order
@contextmanager
def create_session():
    session = Session()
    yield session
    session.commit()
def provide_session(f):
    @wraps(f)
    def wrapper(*args, **kwargs):
        with create_session() as session:
            return f(*args, session=session, **kwargs)
    return wrapper
@provide_session
def find(pk, session: Session = NEW_SESSION) -> Order | None:
    return session.scalar(select(TI).where(TI.id == pk))
@provide_session
def find2(pk, session=NEW_SESSION):
    return session.query(TI).filter(TI.id == pk).first()
class Job:
    @classmethod
    @provide_session
    def fetch(cls, session=NEW_SESSION):
        return session.scalars(select(TI)).all()
@provide_session
def mark(pk, session=NEW_SESSION):
    it = find(pk)
    it.status = "x"  # WRITE
    it = find2(pk, session=session)
    it.status = "x"  # WRITE
    for it in Job.fetch():
        it.status = "x"  # WRITE
    session.execute(update(TI).where(TI.id == pk).values(status="x"))  # WRITE
    with create_session() as s:
        it = s.get(TI, pk)
        it.status = "x"  # WRITE
    tis = session.scalars(select(TI).where(TI.status.in_(["a"])).with_for_update())
    for ti in tis:
        ti.status = "x"  # WRITE
    by = {ti.id: ti for ti in tis}
    for key, ti in by.items():
        ti.status = "x"  # WRITE
    them = [t for t in tis if t.status]
    for t in them:
        t.status = "x"  # WRITE
    def inner(x):
        x.status = "x"  # WRITE
    for t in tis:
        inner(t)
""",
            id="session decorators",
        ),
        pytest.param(
            """
import sqlalchemy as sa
from store import models as orm_models
class Interface:
    @property
    def Order(self):
        return orm_models.Order
    @property
    def Invoice(self) -> type[orm_models.Invoice]:
        return orm_models.Invoice
def inject_db(f):
    return f
@inject_db
async def make(db: Interface, session, order):
    stmt = sa.insert(db.Order).values(status="x")  # WRITE
    await session.execute(stmt)
    it = (await session.execute(sa.select(db.Order))).scalar()
    it.status = "x"  # WRITE
    bill = await session.get(db.Invoice, 1)
    bill.status = "x"
    await session.execute(sa.update(db.Order).values(**dict(status="x")))  # WRITE
    values = {"status": "x", "note": 1}  # WRITE
    await session.execute(sa.update(db.Order).values(**values))  # WRITE
    await session.execute(sa.update(db.Invoice).values(**dict(status="x")))
    model = orm_models.Order(status="x")  # WRITE
    await session.execute(db.queries.insert(db.Order).values(status="x"))  # WRITE
""",
            id="interface of models",
        ),
        pytest.param(
            """
import store.models as model
def mark(context, data_dict):
    session = context["session"]
    it = model.Order.query.get(1)
    it.status = "x"  # WRITE
    m = context["model"]
    o = session.query(model.Order).get(data_dict["id"])
    o.status = "x"  # WRITE
    o = model.Session.query(model.Order).filter_by(id=1).one()
    o.status = "x"  # WRITE
class Mixed:
    @classmethod
    def get(cls, pk):
        return Session().query(cls).get(pk)
""",
            id="model of a module",
        ),
        pytest.param(
            """
from pydantic import BaseModel
class OrderUpdate(BaseModel):
    status: str | None = None
    note: str | None = None
class NoteUpdate(BaseModel):
    note: str | None = None
def patch(session: Session, pk, data: OrderUpdate, other: NoteUpdate):
    it = session.get(Order, pk)
    for key, value in data.model_dump(exclude_unset=True).items():
        setattr(it, key, value)  # WRITE
    changes = data.dict()
    for key in changes:
        setattr(it, key, changes[key])  # WRITE
    for key, value in other.model_dump().items():
        setattr(it, key, value)
    bill = session.get(Invoice, pk)
    for key, value in data.model_dump().items():
        setattr(bill, key, value)
""",
            id="fields of a schema",
        ),
    ],
)
def test_rows_of_sqlalchemy(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, ALCHEMY + WORK + body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
=== store/base.py
from sqlalchemy.orm import declarative_base
class DomainObject:
    @classmethod
    def get(cls, pk):
        return cls.session().query(cls).get(pk)
    @classmethod
    def by_name(cls, name, autoflush=True):
        obj = cls.session().query(cls).filter_by(name=name).first()
        return obj
    @classmethod
    def every(cls):
        q = cls.session().query(cls)
        return q.all()
    def delete(self):
        self.status = "deleted"  # WRITE
=== store/models.py
from sqlalchemy import Column, String, Table, MetaData
from sqlalchemy.orm import registry
from store.base import DomainObject
meta = MetaData()
order_table = Table("orders", meta, Column("status", String))
bill_table = Table("bills", meta, Column("status", String))
class Order(DomainObject):
    pass
class Bill(DomainObject):
    pass
mapper = registry()
mapper.map_imperatively(Order, order_table)
mapper.map_imperatively(Bill, bill_table)
def mark(pk):
    it = Order.get(pk)
    it.status = "x"  # WRITE
    it = Order.by_name(pk)
    it.status = "x"  # WRITE
    for it in Order.every():
        it.status = "x"  # WRITE
    b = Bill.get(pk)
    b.status = "x"
""",
            id="base with get",
        ),
    ],
)
def test_a_project(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, body)
