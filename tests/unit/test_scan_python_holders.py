"""Rows that classes hold or give: wrappers, repositories, bases whose heirs say which, generics."""

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
class Base:
    def find(self):
        raise NotImplementedError

    def mark(self):
        it = self.find()
        it.status = "paid"  # WRITE

class OfOrders(Base):
    def find(self):
        return Order.objects.first()
""",
            id="heir method",
        ),
        pytest.param(
            """
import abc
class Base(abc.ABC):
    model = None

    @abc.abstractmethod
    def find(self): ...

    @property
    @abc.abstractmethod
    def current(self):
        raise NotImplementedError

    def mark(self):
        it = self.find()
        it.status = "paid"  # WRITE
        self.current.status = "paid"  # WRITE
        self.model.objects.filter(pk=1).update(status="x")  # WRITE
        self.model.objects.create(status="x")  # WRITE

class OfOrders(Base):
    model = Order
    def find(self):
        return Order.objects.first()
    @property
    def current(self):
        return Order.objects.last()
""",
            id="heir abstract attr",
        ),
        pytest.param(
            """
class Wrapper:
    def __init__(self, row: Order):
        self.row = row
        self._model = row

    @property
    def model(self):
        return self._model

    def mark(self):
        self.row.status = "x"  # WRITE
        self.model.status = "x"  # WRITE
        self._model.status = "x"  # WRITE

def use(pk):
    w = Wrapper(Order.objects.get(pk=pk))
    w.row.status = "y"  # WRITE
    w.model.status = "y"  # WRITE
    w.status = "y"
""",
            id="wrapped rows",
        ),
        pytest.param(
            """
class Wrapper:
    def __init__(self, row):
        self.row = row

    def mark(self):
        self.row.status = "x"  # WRITE

def use(pk):
    w = Wrapper(Order.objects.get(pk=pk))
    w.mark()
""",
            id="wrapped unannotated",
        ),
        pytest.param(
            """
class Base:
    def __init__(self, row):
        self.row = row

class Wrapper(Base):
    def __init__(self, row, more):
        super().__init__(row)
        self.more = more
    def mark(self):
        self.row.status = "x"  # WRITE

def use(pk):
    w = Wrapper(Order.objects.get(pk=pk), 1)
    w.mark()
""",
            id="wrapped in base",
        ),
        pytest.param(
            """
class Base:
    def __init__(self, row):
        self.row = row
    def mark(self):
        self.row.status = "x"  # WRITE

class Wrapper(Base):
    pass

def use(pk):
    w = Wrapper(Order.objects.get(pk=pk))
    w.mark()
""",
            id="wrapped in heir of base",
        ),
        pytest.param(
            """
from typing import Generic, TypeVar
T = TypeVar("T")
class Repository(Generic[T]):
    model: type[T]
    def get(self, pk) -> T:
        return self.model.objects.get(pk=pk)
    def every(self) -> list[T]:
        return list(self.model.objects.all())

class Orders(Repository[Order]):
    model = Order
class Invoices(Repository[Invoice]):
    model = Invoice

def mark(pk):
    it = Orders().get(pk)
    it.status = "x"  # WRITE
    for one in Orders().every():
        one.status = "x"  # WRITE
    bill = Invoices().get(pk)
    bill.status = "x"
    for one in Invoices().every():
        one.status = "x"
""",
            id="generics",
        ),
        pytest.param(
            """
from typing import Generic, TypeVar
T = TypeVar("T")
class Repository(Generic[T]):
    def __init__(self, model: type[T]):
        self.model = model
    def get(self, pk) -> T:
        raise NotImplementedError
    def first(self) -> T | None:
        return None

def mark(pk, repo: Repository[Order], bills: Repository[Invoice]):
    it = repo.get(pk)
    it.status = "x"  # WRITE
    two = repo.first()
    two.status = "x"  # WRITE
    bill = bills.get(pk)
    bill.status = "x"
def more(pk):
    repo = Repository[Order](Order)
    it = repo.get(pk)
    it.status = "x"  # WRITE
    other = Repository(Order)
    one = other.get(pk)
    one.status = "x"  # WRITE
U = TypeVar("U")
class Box(Generic[U]):
    item: U
def boxed(box: Box[Order], second: Box[Invoice]):
    box.item.status = "x"  # WRITE
    second.item.status = "x"
def first_of(them: list[T]) -> T:
    return them[0]
def call(orders: list[Order], bills: list[Invoice]):
    one = first_of(orders)
    one.status = "x"  # WRITE
    other = first_of(bills)
    other.status = "x"
def fetch(model: type[T], pk) -> T:
    return model.objects.get(pk=pk)
def fetch2(model, pk):
    return model.objects.get(pk=pk)
def call2():
    one = fetch(Order, 1)
    one.status = "x"  # WRITE
    one = fetch(Invoice, 1)
    one.status = "x"
    one = fetch2(Order, 1)
    one.status = "x"  # WRITE
    one = fetch2(Invoice, pk=1)
    one.status = "x"
    one = fetch2(model=Invoice, pk=1)
    one.status = "x"
""",
            id="generics annotated",
        ),
        pytest.param(
            """
def make(base):
    class Made(base):
        pass
    return Made
class Special(make(Order)):
    pass
def mark(pk):
    it = Special.objects.get(pk=pk)
    it.status = "x"  # WRITE
""",
            id="base that is a call",
        ),
        pytest.param(
            """
=== shop/more.py
from django.db import models
class JobQuerySet(models.QuerySet):
    def open(self):
        return self.filter(status="open")
    def close(self):
        self.update(status="closed")  # WRITE
        return self
JobManager = models.Manager.from_queryset(JobQuerySet)
class BaseManager(models.Manager.from_queryset(JobQuerySet)):
    def special(self):
        return self.get(pk=1)
class Order(models.Model):
    status = models.TextField()
    objects = JobManager()
    others = BaseManager()
    third = JobQuerySet.as_manager()
def mark(pk):
    it = Order.objects.open().first()
    it.status = "x"  # WRITE
    for one in Order.third.open():
        one.status = "x"  # WRITE
    two = Order.others.special()
    two.status = "x"  # WRITE
    Order.third.open().update(status="x")  # WRITE
""",
            id="from queryset",
        ),
        pytest.param(
            """
=== shop/more.py
from django.db import models
class Base(models.Model):
    class Meta:
        abstract = True
    def close(self):
        self.status = "x"  # WRITE
    @classmethod
    def make(cls):
        it = cls(status="x")  # WRITE
        it.status = "y"  # WRITE
        return cls.objects.create(status="z")  # WRITE
    def clone(self):
        new = type(self)(status="q")  # WRITE
        two = self.__class__.objects.get(pk=1)
        two.status = "x"  # WRITE
        type(self).objects.filter(pk=self.pk).update(status="x")  # WRITE
        return new
class Order(Base):
    status = models.TextField()
    parent = models.ForeignKey("self", models.CASCADE, related_name="children")
    def up(self):
        self.parent.status = "x"  # WRITE
        for c in self.children.all():
            c.status = "x"  # WRITE
        self.children.update(status="x")  # WRITE
""",
            id="model methods",
        ),
        pytest.param(
            """
class CloseMixin:
    def close(self):
        self.status = "closed"  # WRITE
        self.save()
=== shop/more.py
from django.db import models
from shop.work import CloseMixin
class Order(CloseMixin, models.Model):
    status = models.TextField()
""",
            id="mixins",
        ),
        pytest.param(
            """
=== shop/more.py
from django.db import models
from shop.models import Order
class Tag(models.Model):
    orders = models.ManyToManyField(Order, related_name="tags")
    one = models.OneToOneField(Order, models.CASCADE)
class Gold(Order):
    class Meta:
        proxy = True
def mark(tag: Tag):
    for o in tag.orders.all():
        o.status = "x"  # WRITE
    tag.orders.through.objects.update(note="x")
    tag.orders.add(Order(status="x"))  # WRITE
    tag.one.status = "x"  # WRITE
    Gold.objects.update(status="x")  # WRITE
    tag.orders.filter(note="x").update(status="x")  # WRITE
    tag.orders.create(status="x")  # WRITE
""",
            id="proxies and m2m",
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
class ModelWrapper:
    def __init__(self, model, backend):
        object.__setattr__(self, "_model", model)
    def __getattr__(self, item):
        return getattr(self._model, item)
    def __setattr__(self, key, value):
        setattr(self._model, key, value)
class Entity:
    MODEL_CLASS = None
    _model: ModelWrapper
    @classmethod
    def from_row(cls, row, backend):
        entity = cls.__new__(cls)
        entity._model = ModelWrapper(row, backend)
        return entity
    @property
    def model(self) -> ModelWrapper:
        return self._model
    @property
    def bare(self):
        return self.model._model
class OrderEntity(Entity):
    MODEL_CLASS = Order
    def __init__(self, backend):
        self._model = ModelWrapper(self.MODEL_CLASS(status="x"), backend)  # WRITE
    def close(self):
        self.model.status = "x"  # WRITE
        self.bare.status = "x"  # WRITE
        self.model.customer.status = "y"
class BillEntity(Entity):
    MODEL_CLASS = Invoice
    def __init__(self, backend):
        self._model = ModelWrapper(self.MODEL_CLASS(status="x"), backend)
    def close(self):
        self.model.status = "x"
        self.bare.status = "x"
""",
            id="wrapper",
        ),
        pytest.param(
            """
from typing import Generic, TypeVar, Type
T = TypeVar("T")
class Repository(Generic[T]):
    def __init__(self, session: Session, model: Type[T]):
        self.session = session
        self.model = model
    def get(self, pk) -> T | None:
        return self.session.get(self.model, pk)
    def create(self, **kwargs) -> T:
        it = self.model(**kwargs)
        self.session.add(it)
        return it
    def update(self, it: T, **kwargs) -> T:
        for k, v in kwargs.items():
            setattr(it, k, v)  # WRITE
        return it
    def update2(self, it: T, data: dict) -> T:
        for k, v in data.items():
            setattr(it, k, v)  # WRITE
        return it
class Orders(Repository[Order]):
    def __init__(self, session):
        super().__init__(session, Order)
    def pay(self, pk):
        it = self.get(pk)
        it.status = "x"  # WRITE
class Invoices(Repository[Invoice]):
    def __init__(self, session):
        super().__init__(session, Invoice)
    def pay(self, pk):
        it = self.get(pk)
        it.status = "x"
class Service:
    def __init__(self, orders: Orders, bills: Invoices):
        self.orders = orders
        self.bills = bills
    def pay(self, pk):
        it = self.orders.get(pk)
        it.status = "x"  # WRITE
        self.orders.update(it, status="y")
        self.orders.update2(it, {"status": "y"})
        self.orders.create(status="x")  # WRITE
        bill = self.bills.get(pk)
        bill.status = "z"
        self.bills.create(status="z")
""",
            id="repositories",
        ),
        pytest.param(
            """
from typing import Any, Generic, TypeVar, Type
ModelType = TypeVar("ModelType", bound="Base")
class CRUDBase(Generic[ModelType]):
    def __init__(self, model: Type[ModelType]):
        self.model = model
    def get(self, db: Session, id: Any) -> ModelType | None:
        return db.query(self.model).filter(self.model.id == id).first()
    def create(self, db: Session, *, obj_in) -> ModelType:
        obj = self.model(**obj_in.dict())
        db.add(obj)
        return obj
    def update(self, db: Session, *, db_obj: ModelType, obj_in) -> ModelType:
        for field in obj_in:
            if field in obj_in:
                setattr(db_obj, field, obj_in[field])  # WRITE
        return db_obj
class CRUDOrder(CRUDBase[Order]):
    def pay(self, db: Session, *, db_obj: Order):
        return super().update(db, db_obj=db_obj, obj_in={"status": "paid"})
order = CRUDOrder(Order)
bill = CRUDBase[Invoice](Invoice)
def endpoint(db: Session, pk):
    it = order.get(db, pk)
    it.status = "x"  # WRITE
    b = bill.get(db, pk)
    b.status = "x"
""",
            id="crud fastapi",
        ),
        pytest.param(
            """
def get_or_create(session, model, **kwargs):
    instance = session.query(model).filter_by(**kwargs).first()
    if instance:
        return instance
    instance = model(**kwargs)
    session.add(instance)
    return instance
def mark(session):
    it = get_or_create(session, Order, id=1)
    it.status = "x"  # WRITE
    bill = get_or_create(session, Invoice, id=1)
    bill.status = "x"
    get_or_create(session, Order, status="y")  # WRITE
    get_or_create(session, Invoice, status="y")
""",
            id="helpers",
        ),
        pytest.param(
            """
from abc import ABC, abstractmethod
from store.models import Base

class Queries(ABC):
    @abstractmethod
    def insert(self, of: type[Base]):
        "of the dialect"

class Plain(Queries):
    def insert(self, of: type[Base]):
        return insert(of)

class Other(Queries):
    def insert(self, of: type[Base]):
        return insert(of)

def put(session: Session, queries: Queries):
    session.execute(queries.insert(Order).values(status="x"))  # WRITE
    session.execute(queries.insert(Invoice).values(status="x"))
""",
            id="a class for the method of an heir",
        ),
    ],
)
def test_rows_of_sqlalchemy(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, ALCHEMY + WORK + body)
