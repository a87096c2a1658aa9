"""Rows of SQLAlchemy, however they are mapped, selected and written."""

from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, sites_of

from pginterlock.scan.site import Target

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
=== store/models.py
from typing import Optional
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class Base(DeclarativeBase):
    pass
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]
    orders: Mapped[list["Order"]] = relationship(back_populates="user")
    main: Mapped["Order | None"] = relationship(foreign_keys="x")
class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column("status", String(10))
    user: Mapped[Optional["User"]] = relationship(back_populates="orders")
    children: Mapped[set["Order"]] = relationship()
def mark(user: User, o: Order):
    for it in user.orders:
        it.state = "x"  # WRITE
    user.main.state = "x"  # WRITE
    for it in o.children:
        it.state = "x"  # WRITE
    o.user.status = "x"
    o.user.orders[0].state = "y"  # WRITE
    user.orders.append(Order(state="x"))  # WRITE
""",
            id="mapped",
        ),
        pytest.param(
            """
=== store/models.py
from sqlalchemy import Table, Column, Integer, String, MetaData
from sqlalchemy.orm import registry, mapper
reg = registry()
metadata = MetaData()
orders = Table("orders", metadata, Column("id", Integer), Column("status", String))
bills = Table("bills", metadata, Column("id", Integer), Column("status", String))
class Order:
    def __init__(self, status):
        self.status = status  # WRITE
    def pay(self):
        self.status = "paid"  # WRITE
class Bill:
    def pay(self):
        self.status = "paid"
def start():
    reg.map_imperatively(Order, orders)
    reg.map_imperatively(Bill, bills)
def mark(session, conn):
    it = session.get(Order, 1)
    it.status = "x"  # WRITE
    session.query(Order).update({"status": "x"})  # WRITE
    session.query(Bill).update({"status": "x"})
    conn.execute(orders.update().values(status="x"))  # WRITE
    conn.execute(bills.update().values(status="x"))
    conn.execute(orders.update().where(orders.c.id == 1), {"status": "x"})  # WRITE
""",
            id="imperative",
        ),
        pytest.param(
            """
=== store/models.py
from sqlalchemy import Table, Column, Integer, String
from sqlalchemy.orm import declarative_base
Base = declarative_base()
order_table = Table("orders", Base.metadata, Column("id", Integer), Column("status", String))
class Order(Base):
    __table__ = order_table
class Bill(Base):
    __table__ = Table("bills", Base.metadata, Column("id", Integer), Column("status", String))
def mark(session):
    it = session.get(Order, 1)
    it.status = "x"  # WRITE
    session.execute(order_table.insert().values(status="x"))  # WRITE
    session.execute(Order.__table__.insert().values(status="x"))  # WRITE
    session.execute(Order.__table__.update().values({"status": "x"}))  # WRITE
    session.execute(Bill.__table__.update().values({"status": "x"}))
    session.execute(Order.__table__.update().values({Order.status: "x"}))  # WRITE
    session.execute(order_table.update().values({order_table.c.status: "x"}))  # WRITE
""",
            id="dunder table",
        ),
        pytest.param(
            r"""
=== store/models.py
from flask_sqlalchemy import SQLAlchemy
db = SQLAlchemy()
class Order(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    status = db.Column(db.String)
    lines = db.relationship("Line", backref=db.backref("order", lazy=True))
class Line(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    status = db.Column(db.String)
    order_id = db.Column(db.ForeignKey("order.id"))
def mark(pk):
    it = Order.query.get_or_404(pk)
    it.status = "x"  # WRITE
    it = db.session.get(Order, pk)
    it.status = "x"  # WRITE
    it = db.get_or_404(Order, pk)
    it.status = "x"  # WRITE
    it = db.session.execute(db.select(Order)).scalar_one()
    it.status = "x"  # WRITE
    line = Line.query.first()
    line.order.status = "x"  # WRITE
    line.status = "x"
    Order.query.filter_by(id=pk).update(dict(status="x"))  # WRITE
    it = db.first_or_404(db.select(Order))
    it.status = "x"  # WRITE
    page = Order.query.paginate(page=1)
    for it in page.items:
        it.status = "x"  # WRITE
    db.session.execute(db.text("update orders set status = 'x'"))
    db.session.execute(db.text('update "order" set status = \'x\''))  # WRITE
""",
            id="flask",
        ),
        pytest.param(
            """
=== store/models.py
from sqlmodel import Field, SQLModel, Session, select
class OrderBase(SQLModel):
    status: str = "new"
class Order(OrderBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
class OrderUpdate(SQLModel):
    status: str | None = None
class Bill(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    status: str
def mark(session: Session, pk, data: OrderUpdate):
    it = session.exec(select(Order).where(Order.id == pk)).first()
    it.status = "x"  # WRITE
    it = session.get(Order, pk)
    it.status = "x"  # WRITE
    for it in session.exec(select(Order)):
        it.status = "x"  # WRITE
    session.add(Order(status="x"))  # WRITE
    data.status = "y"
    b = session.exec(select(Bill)).one()
    b.status = "x"
    it = Order.model_validate({"status": "x"})  # WRITE
    for k, v in data.dict().items():
        setattr(it, k, v)  # WRITE
""",
            id="sqlmodel",
        ),
    ],
)
def test_a_project(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
from sqlalchemy.dialects.postgresql import insert as pg_insert
import sqlalchemy as sa
def mark(session, pk, data):
    session.execute(update(Order).where(Order.id == pk).values({"status": "x"}))  # WRITE
    session.execute(update(Order).values({Order.status: "x"}))  # WRITE
    session.execute(sa.update(Order).values(status="x"))  # WRITE
    session.execute(update(Order).where(Order.id == pk), {"status": "x"})  # WRITE
    session.execute(update(Order), [{"id": 1, "status": "x"}])  # WRITE
    stmt = update(Order).where(Order.id == pk)
    stmt = stmt.values(status="x")  # WRITE
    session.execute(stmt)
    ins = pg_insert(Order).values(id=1, status="x")  # WRITE
    ins = ins.on_conflict_do_update(constraint="x", set_={"status": "x"})  # WRITE
    ins = ins.on_conflict_do_update(index_elements=["id"], set_=dict(status="x"))  # WRITE
    session.bulk_update_mappings(Order, [{"id": 1, "status": "x"}])  # WRITE
    session.bulk_insert_mappings(Order, [dict(status="x")])  # WRITE
    session.bulk_save_objects([Order(status="x")])  # WRITE
    session.query(Order).filter(Order.id == pk).update({"status": "x"})  # WRITE
    session.query(Order).update({Order.status: "x"}, synchronize_session=False)  # WRITE
    session.query(Order).filter(Order.id == pk).update(dict(status="x"))  # WRITE
    session.query(Order).filter(Order.id == pk).update(values={"status": "x"})  # WRITE
    session.query(Invoice).update({"status": "x"})
    vals = {"note": 1}
    vals["status"] = "x"  # WRITE
    session.execute(update(Order).values(**vals))  # WRITE
    session.execute(update(Order).values(vals))  # WRITE
    one = session.scalars(insert(Order).returning(Order), [{"status": "x"}]).one()  # WRITE
    one.status = "x"  # WRITE
    two = session.execute(insert(Order).values(status="x").returning(Order)).scalar_one()  # WRITE
    two.status = "x"  # WRITE
    session.merge(Order(id=1, status="x"))  # WRITE
    session.add_all([Order(status="x"), Invoice(status="y")])  # WRITE
    rows = [{"status": "x"} for n in data]  # WRITE
    session.execute(insert(Order), rows)  # WRITE
""",
            id="update forms",
        ),
        pytest.param(
            """
from sqlalchemy.orm import aliased, joinedload
async def mark(session, pk):
    it = session.scalars(select(Order).limit(1)).first()
    it.status = "x"  # WRITE
    it = session.scalars(select(Order)).unique().one()
    it.status = "x"  # WRITE
    it = (await session.scalars(select(Order))).one_or_none()
    it.status = "x"  # WRITE
    it = session.execute(select(Order)).scalars().one()
    it.status = "x"  # WRITE
    it = session.execute(select(Order)).scalar()
    it.status = "x"  # WRITE
    row = session.execute(select(Order, Invoice)).first()
    row[0].status = "x"  # WRITE
    row[1].status = "x"
    row.Order.status = "x"  # WRITE
    row.Invoice.status = "x"
    for order, bill in session.execute(select(Order, Invoice).join(Invoice)):
        order.status = "x"  # WRITE
        bill.status = "x"
    for (order,) in session.execute(select(Order)):
        order.status = "x"  # WRITE
    for row in session.execute(select(Order)).all():
        row[0].status = "x"  # WRITE
    stmt = select(Order)
    if pk:
        stmt = stmt.where(Order.id == pk)
    result = await session.execute(stmt)
    it = result.scalar_one_or_none()
    it.status = "x"  # WRITE
    for it in result.scalars().all():
        it.status = "x"  # WRITE
    it = await session.get(Order, pk, with_for_update=True)
    it.status = "x"  # WRITE
    it = session.query(Order, Invoice).first()
    it[0].status = "x"  # WRITE
    a = aliased(Order)
    for it in session.query(a).all():
        it.status = "x"  # WRITE
    it = session.query(Order).get(pk)
    it.status = "x"  # WRITE
    for it in session.query(Order).yield_per(10):
        it.status = "x"  # WRITE
    it = session.get_one(Order, pk)
    it.status = "x"  # WRITE
    async for it in await session.stream_scalars(select(Order)):
        it.status = "x"  # WRITE
    it = session.scalar(select(Order).with_for_update())
    it.status = "x"  # WRITE
    it = Order.query.filter_by(id=1).first_or_404()
    it.status = "x"  # WRITE
    it = session.scalars(select(Invoice).options(joinedload(Invoice.order))).first()
    it.order.status = "x"  # WRITE
    it.status = "x"
    a, b = session.query(Order, Invoice).one()
    a.status = "x"  # WRITE
    (n,) = session.execute(select(Order.id)).one()
    n.status = 3
""",
            id="select forms",
        ),
        pytest.param(
            """
=== store/more.py
from sqlalchemy import Column, String
from sqlalchemy.ext.hybrid import hybrid_property
from store.models import Base
class Job(Base):
    __tablename__ = "jobs"
    _status = Column("status", String)
    @hybrid_property
    def status(self):
        return self._status
    @status.setter
    def status(self, value):
        self._status = value
def mark(job: Job):
    job.status = "x"
""",
            id="hybrid and property",
        ),
        pytest.param(
            """
import sqlalchemy as sa
meta = sa.MetaData()
orders = sa.Table("orders", meta, sa.Column("id", sa.Integer), sa.Column("status", sa.String))
bills = sa.Table("invoices", meta, sa.Column("id", sa.Integer), sa.Column("status", sa.String))
class Tables:
    orders = orders
    bills = bills
class Connector:
    model: Tables
    def insert_into(self, tbl, insert_values):
        self.conn.execute(tbl.insert(), [insert_values])
    def find_or_create(self, tbl, whereclause, insert_values):
        self.conn.execute(tbl.insert().values(**insert_values))
    def find_something(self, tbl, insert_values):
        return self.find_inside(tbl=tbl, insert_values=insert_values)
    def find_inside(self, tbl, insert_values):
        def thd(conn):
            conn.execute(tbl.insert(), [insert_values])
        return self.pool.do(thd)
    def mark(self):
        self.find_something(tbl=self.model.orders, insert_values={"status": "x"})  # WRITE
        self.find_something(tbl=self.model.bills, insert_values={"status": "x"})
        self.insert_into(tbl=self.model.orders, insert_values={"status": "x"})  # WRITE
        self.find_or_create(self.model.orders, 1, {"status": "x"})  # WRITE
        self.find_or_create(self.model.bills, 1, {"status": "x"})
        self.insert_into(tbl=self.model.bills, insert_values=dict(status="x"))
        tbl = self.model.orders
        self.conn.execute(tbl.update(tbl.c.id == 1).values(status="x"))  # WRITE
        self.conn.execute(sa.insert(tbl).values({"status": "x"}))  # WRITE
        upd = tbl.update()
        upd = upd.where(tbl.c.id == 3)
        self.conn.execute(upd, {"status": "x"})  # WRITE
""",
            id="core tables in helpers",
        ),
        pytest.param(
            """
=== store/more.py
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import relationship
from sqlalchemy import Column, ForeignKey
from store.models import Base, Order, Customer, Invoice
class Link(Base):
    __tablename__ = "links"
    order_id = Column(ForeignKey("orders.id"))
    order = relationship(Order, backref="links")
    alt = relationship(lambda: Order)
class Club(Base):
    __tablename__ = "clubs"
    links = relationship("Link")
    orders = association_proxy("links", "order")
def mark(club: Club, link: Link):
    for it in club.orders:
        it.status = "x"  # WRITE
    link.order.status = "x"  # WRITE
    link.alt.status = "x"  # WRITE
    link.order.links[0].order.status = "x"  # WRITE
""",
            id="association",
        ),
        pytest.param(
            """
from sqlalchemy import event
@event.listens_for(Order, "before_insert")
def before(mapper, connection, target):
    target.status = "x"  # WRITE
def after(mapper, connection, target):
    target.status = "x"  # WRITE
event.listen(Order, "after_update", after)
@event.listens_for(Invoice, "before_insert")
def other(mapper, connection, target):
    target.status = "x"
""",
            id="events",
        ),
    ],
)
def test_rows_of_sqlalchemy(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, ALCHEMY + WORK + body)


POSITIONAL = """
=== store/jobs.py
from dataclasses import KW_ONLY
from typing import ClassVar

from sqlalchemy import Column, String
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column
from store.models import Base


class Data(MappedAsDataclass, DeclarativeBase):
    pass


class Named(Data):
    __abstract__ = True
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    kind: ClassVar[str] = "job"
    name: Mapped[str]


class Job(Named):
    __tablename__ = "jobs"
    status: Mapped[str]
    note: Mapped[str] = mapped_column(default="")


class Task(Base):
    __tablename__ = "tasks"
    id = Column(String, primary_key=True)
    status = Column(String)

    def __init__(self, name, state="new", note=None):
        self.name = name
        self.status = state  # TASK


class SmallTask(Task):
    pass


class Ticket(Base):
    __tablename__ = "tickets"
    id = Column(String, primary_key=True)
    status = Column(String)
=== store/work.py
from store.jobs import Job, SmallTask, Task, Ticket


class Other:
    def __init__(self, name, status):
        self.status = status


def work(session, given):
    session.add(Job("a", "new"))  # JOB
    session.add(Job("a", note="b"))
    session.add(Job(*given, "new"))
    session.add(Task("a", "paid", "b"))  # TASK
    session.add(SmallTask("a", "paid"))  # TASK
    session.add(Task("a"))
    session.add(Ticket("a", "new"))
    session.add(Other("a", "new"))
"""


@pytest.mark.parametrize(
    ("model", "values"),
    [
        pytest.param("Job", [("new",)], id="a data class"),
        pytest.param("Task", [("paid", "new"), ("paid",), ("paid",)], id="an __init__"),
        pytest.param("Ticket", [], id="a class that takes keywords alone"),
    ],
)
def test_a_column_that_is_handed_over_by_its_place(
    tmp_path: Path, model: str, values: list[tuple[str, ...]]
) -> None:
    text = ALCHEMY + POSITIONAL.replace(f"# {model.upper()}", "# WRITE")

    found = sites_of(tmp_path, text, Target(("status",), model=model))

    assert sorted(it.values for it in found) == sorted(values)
