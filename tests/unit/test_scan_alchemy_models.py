"""Models of SQLAlchemy: columns under other names, events, mixins that save, and SQLModel."""

from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, sites_of


def test_columns_under_other_names(tmp_path: Path) -> None:
    text = """
=== store/models.py
from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry, synonym

class Base(DeclarativeBase):
    pass

class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    code = mapped_column(String, name="status")
    state = synonym("code")
    note = synonym("id")

class Bill(Base):
    __tablename__ = "bills"
    id = Column(Integer, primary_key=True)
    code = Column(String)
    state = synonym("code")

def pay(session):
    order = session.get(Order, 1)
    order.code = "x"  # WRITE
    order.state = "x"  # WRITE
    order.note = "x"
    session.add(Order(state="x"))  # WRITE
    session.query(Order).update({Order.state: "x"})  # WRITE
    bill = session.get(Bill, 1)
    bill.state = "x"
    bill.code = "x"
"""
    sites_of(tmp_path, text)


def test_names_that_a_mapping_gives(tmp_path: Path) -> None:
    text = """
=== shop/__init__.py
=== shop/domain.py
class Order:
    pass

class Bill:
    pass
=== shop/tables.py
from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.orm import registry
from shop import domain

mapping = registry()
data = mapping.metadata
orders = Table("orders", data, Column("id", Integer), Column("status", String, key="st"))
bills = Table("bills", data, Column("id", Integer), Column("state", String, key="st"))

def start():
    mapping.map_imperatively(
        domain.Order, orders, properties={"state": orders.c.st, "number": orders.c.id}
    )
    mapping.map_imperatively(domain.Bill, bills, properties={"state": bills.c.st})

def pay(session):
    order = session.get(domain.Order, 1)
    order.state = "x"  # WRITE
    order.number = 2
    session.execute(orders.update().values(st="x"))  # WRITE
    session.execute(bills.update().values(st="x"))
    bill = session.get(domain.Bill, 1)
    bill.state = "x"
"""
    sites_of(tmp_path, text)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
@event.listens_for(Order, "before_insert")
@event.listens_for(Order, "before_update")
def stamp(mapper, connection, order):
    order.status = "x"  # WRITE
    connection.status = "x"

@event.listens_for(Invoice, "before_insert")
def stamp_bill(mapper, connection, order):
    order.status = "x"
""",
            id="of a mapper",
        ),
        pytest.param(
            """
def stamp(mapper, connection, it):
    it.status = "x"  # WRITE

def stamp_bill(mapper, connection, it):
    it.status = "x"

event.listen(Order, "after_update", stamp)
event.listen(Invoice, "after_update", stamp_bill)
""",
            id="named by a call",
        ),
        pytest.param(
            """
@event.listens_for(Order, "load")
def loaded(it, context):
    it.status = "x"  # WRITE
    it.customer.status = "x"
""",
            id="of a row",
        ),
        pytest.param(
            """
@event.listens_for(Order.customer, "set")
def moved(it, customer, before, initiator):
    it.status = "x"  # WRITE

@event.listens_for(Customer.orders, "append")
def added(it, order, initiator):
    it.status = "x"
""",
            id="of an attribute",
        ),
    ],
)
def test_rows_that_events_hand_over(tmp_path: Path, body: str) -> None:
    head = """
=== store/work.py
from sqlalchemy import event
from store.models import Customer, Invoice, Order
"""
    sites_of(tmp_path, ALCHEMY + head + body)


def test_a_method_of_a_mixin_that_sets_what_it_is_handed(tmp_path: Path) -> None:
    text = """
=== app/__init__.py
=== app/database.py
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()

class Saving:
    @classmethod
    def create(cls, **kwargs):
        return cls(**kwargs).save()

    def update(self, commit=True, **kwargs):
        for name, value in kwargs.items():
            setattr(self, name, value)
        return self.save() if commit else self

    def save(self):
        db.session.add(self)
        db.session.commit()
        return self

class Model(Saving, db.Model):
    __abstract__ = True
    id = db.Column(db.Integer, primary_key=True)
=== app/models.py
from app.database import Model, db

class Order(Model):
    __tablename__ = "orders"
    status = db.Column(db.String)

class Bill(Model):
    __tablename__ = "bills"
    status = db.Column(db.String)

def pay(pk):
    order = Order.create(status="new")  # WRITE
    order.update(status="x")  # WRITE
    Order.query.get(pk).update(commit=False, status="x")  # WRITE
    Bill.create(status="new").update(status="x")
"""
    sites_of(tmp_path, text)


def test_rows_that_sqlmodel_makes_and_sets(tmp_path: Path) -> None:
    text = """
=== app/models.py
from sqlmodel import Field, Session, SQLModel

class OrderBase(SQLModel):
    status: str = "new"

class Order(OrderBase, table=True):
    id: int | None = Field(default=None, primary_key=True)

class OrderCreate(OrderBase):
    pass

class Bill(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    status: str

def place(session: Session, sent: OrderCreate):
    session.add(Order.model_validate(sent, update={"status": "x"}))  # WRITE
    session.add(Bill.model_validate(sent, update={"status": "x"}))
    session.add(Order.model_validate({"status": "x"}))  # WRITE
    OrderCreate.model_validate({"status": "x"})
    order = session.get(Order, 1)
    order.sqlmodel_update({"status": "x"})  # WRITE
    values = {"status": "x"}  # WRITE
    order.sqlmodel_update(values)  # WRITE
    session.get(Bill, 1).sqlmodel_update({"status": "x"})
    sent.sqlmodel_update({"status": "x"})
"""
    sites_of(tmp_path, text)


def test_rows_that_a_comprehension_leaves(tmp_path: Path) -> None:
    body = """
=== store/work.py
from sqlalchemy.ext.asyncio import AsyncSession
from store.models import Customer, Invoice, Order

def stamp(session):
    for it in [one for one in session.new if isinstance(one, Order)]:
        it.status = "x"  # WRITE
    for it in [one for one in session.new if isinstance(one, Invoice)]:
        it.status = "x"
    first = next(one for one in session.dirty if isinstance(one, Order) and one.id)
    first.status = "x"  # WRITE

async def wait(session: AsyncSession):
    customer = await session.get(Customer, 1)
    for it in await customer.awaitable_attrs.orders:
        it.status = "x"  # WRITE
        (await it.awaitable_attrs.customer).status = "x"
"""
    sites_of(tmp_path, ALCHEMY + body)


def test_a_class_method_of_a_base_gives_rows_of_the_heir_it_is_called_on(tmp_path: Path) -> None:
    body = """
=== store/base.py
from sqlalchemy.orm import DeclarativeBase

class Base(DeclarativeBase):
    __abstract__ = True

    @classmethod
    def read(cls, session, key) -> "Base":
        found = session.execute(cls.query_of(key)).scalar_one_or_none()
        if found is None:
            raise LookupError(key)
        return found

    @classmethod
    def several(cls, session) -> list["Base"]:
        return list(session.execute(cls.query_of(None)).scalars())
=== store/models.py
from sqlalchemy import Column, Integer, String
from store.base import Base

class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    status = Column(String)

class Bill(Base):
    __tablename__ = "bills"
    id = Column(Integer, primary_key=True)
    status = Column(String)
=== store/work.py
from store.models import Bill, Order

def pay(session):
    order = Order.read(session, 1)
    order.status = "x"  # WRITE
    Bill.read(session, 1).status = "x"
    for it in Order.several(session):
        it.status = "x"  # WRITE
    for it in Bill.several(session):
        it.status = "x"
"""
    sites_of(tmp_path, body)
