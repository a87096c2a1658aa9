"""Rows of SQLAlchemy that a query gives alone, that a project's query gives, that an enum tells."""

from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, sites_of

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
def pay(session: Session):
    for (it,) in session.execute(select(Order)):
        it.status = "x"  # WRITE
    for (it,) in session.execute(select(Invoice)):
        it.status = "x"
    (it,) = session.execute(select(Order)).one()
    it.status = "x"  # WRITE
    for rows in session.scalars(select(Order)).partitions(10):
        for it in rows:
            it.status = "x"  # WRITE
""",
            id="a row of one thing",
        ),
        pytest.param(
            """
def pay(session: Session, by_name: dict[str, Order], bills: dict[str, Invoice]):
    for it in by_name["x"]:
        it.status = "x"  # WRITE
    for it in bills["x"]:
        it.status = "x"
""",
            id="an annotation that leaves out the list",
        ),
        pytest.param(
            """
from sqlalchemy import Select

def locked(query: Select, session: Session, *, nowait=False, **options) -> Select:
    if not session.bind:
        return query
    return query.with_for_update(nowait=nowait, **options)
def pay(session: Session):
    query = select(Order).limit(3)
    query = locked(query, session, of=Order)
    for it in session.scalars(query).all():
        it.status = "x"  # WRITE
def bill(session: Session):
    query = select(Invoice)
    for it in session.scalars(locked(query, session=session, of=Invoice)):
        it.status = "x"
""",
            id="a statement that a function hands on",
        ),
    ],
)
def test_of_a_query_that_selects_one_thing(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, ALCHEMY + WORK + body)


def test_of_the_query_class_of_a_project(tmp_path: Path) -> None:
    text = """
=== store/models.py
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.query import Query as BaseQuery

class OwnQuery(BaseQuery):
    def new(self):
        return self.filter_by(status="new")

    def the_first(self):
        return self.order_by("id").first()

class Common:
    query: OwnQuery
    query_class = OwnQuery

db = SQLAlchemy(model_class=Common)

class Order(Common, db.Model):
    __tablename__ = "orders"
    status = db.Column(db.String)

class Bill(Common, db.Model):
    __tablename__ = "bills"
    status = db.Column(db.String)

class Page:
    query: OwnQuery

def pay(pk, order=None):
    if order is None:
        order = Order.query.filter_by(id=pk).with_parent(pk).first()
    order.status = "x"  # WRITE
    bill = Bill.query.filter_by(id=pk).first()
    bill.status = "x"
    for it in Order.query.new():
        it.status = "x"  # WRITE
    for it in Bill.query.new():
        it.status = "x"
    Order.query.the_first().status = "x"  # WRITE
    Page().query.status = "x"
"""
    sites_of(tmp_path, text)


ENUM = """
=== store/models.py
import enum
from dataclasses import dataclass
from sqlalchemy import Column, Enum, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class State(enum.Enum):
    new = 1
    paid = 2

class Other(enum.Enum):
    new = 1

class Base(DeclarativeBase):
    pass

class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    status = Column(Enum(State))

class Bill(Base):
    __tablename__ = "bills"
    id = Column(Integer, primary_key=True)
    status = Column(Enum(Other))
    phase = Column(Enum(State))
"""


@pytest.mark.parametrize(
    "more",
    [
        pytest.param("", id="of one model"),
        pytest.param(
            """
class OrderSchema:
    status = Enum(State)
""",
            id="of a schema too, whose objects have none",
        ),
    ],
)
def test_of_whose_column_alone_the_enum_is(tmp_path: Path, more: str) -> None:
    body = """
=== store/work.py
from store.models import Order, Other, State
from store import models

def pay(it, ok, rows):
    it.status = State.paid  # WRITE
    it.thing.status = models.State.paid if ok else models.State.new  # WRITE
    rows[0].status = State.paid.value  # WRITE
    it.status = Other.new
    it.status = "paid"
    it.status = ok.paid
    it.status = State.paid if ok else None  # WRITE
"""
    sites_of(tmp_path, ENUM + more + body)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(
            """
class Refund(Base):
    __tablename__ = "refunds"
    id = Column(Integer, primary_key=True)
    status: Mapped[State] = mapped_column()
""",
            id="another model",
        ),
        pytest.param(
            """
@dataclass
class Message:
    status: State
""",
            id="a data class",
        ),
        pytest.param(
            """
class Job:
    def __init__(self):
        self.status = State.new
""",
            id="a class that assigns it",
        ),
    ],
)
def test_of_an_enum_that_something_else_has_too(tmp_path: Path, other: str) -> None:
    body = """
=== store/work.py
from store.models import State

def pay(it):
    it.status = State.paid
"""
    sites_of(tmp_path, ENUM + other + body)


def test_of_what_a_descriptor_gives(tmp_path: Path) -> None:
    body = """
class Latest:
    def __get__(self, holder, owner=None):
        return holder.session.get(Order, 1)

class Proxy:
    def __init__(self, name):
        self.name = name
    def __get__(self, holder, owner=None):
        if holder is None:
            return self
        return getattr(holder.held, self.name)

class Folder:
    latest = Latest()
    order = Proxy("order")
    bill = Proxy("bill")
    def __init__(self, session):
        self.session = session
    def pay(self):
        self.latest.status = "x"  # WRITE
        self.order.status = "x"  # WRITE
        self.bill.status = "x"
"""
    sites_of(tmp_path, ALCHEMY + WORK + body)
