"""Writes by SQLAlchemy, mapped and Core: each is found, and what only looks like it is not."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, sites_of, the_site

from pginterlock.scan.site import Target

WORK = """
=== store/work.py
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session, selectinload
from store.models import Customer, Invoice, Order
"""


def work(body: str) -> str:
    return ALCHEMY + WORK + textwrap.dedent(body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
            def pay(session: Session, pk):
                it = session.get(Order, pk)
                it.status = "paid"  # WRITE
                it = session.get(Invoice, pk)
                it.status = "paid"
            """,
            id="session.get",
        ),
        pytest.param(
            """
            def pay(session, pk):
                it = session.query(Order).filter(Order.status == "new").first()
                it.status = "paid"  # WRITE
                it = session.query(Order).filter_by(status="new", id=pk).one()
                it.status = "paid"  # WRITE
                it = session.query(Invoice).join(Order).filter(Order.status == "new").first()
                it.status = "paid"
                for it in session.query(Order):
                    it.status = "paid"  # WRITE
                for it in session.query(Invoice).options(selectinload(Invoice.order)).all():
                    it.status = "paid"
            """,
            id="session.query",
        ),
        pytest.param(
            """
            def pay(session, pk):
                it = session.execute(select(Order).where(Order.id == pk)).scalar_one()
                it.status = "paid"  # WRITE
                for it in session.execute(select(Order)).scalars().all():
                    it.status = "paid"  # WRITE
                for it in session.scalars(select(Order).where(Order.status == "new")):
                    it.status = "paid"  # WRITE
                for it in session.scalars(select(Invoice).join(Order)):
                    it.status = "paid"
                found = session.execute(select(Invoice)).scalars().first()
                found.status = "paid"
            """,
            id="select",
        ),
        pytest.param(
            """
            async def pay(session, pk):
                it = await session.get(Order, pk)
                it.status = "paid"  # WRITE
                found = await session.execute(select(Order))
                for it in found.scalars():
                    it.status = "paid"  # WRITE
                bill = await session.scalar(select(Invoice))
                bill.status = "paid"
            """,
            id="without waiting",
        ),
        pytest.param(
            """
            def pay(session, pk):
                customer = session.get(Customer, pk)
                customer.status = "good"
                for it in customer.orders:
                    it.status = "paid"  # WRITE
                    it.customer.status = "good"
                    for bill in it.invoices:
                        bill.status = "paid"
                        bill.order.status = "paid"  # WRITE
            """,
            id="relationships",
        ),
        pytest.param(
            """
            def pay(session, pk):
                session.execute(
                    update(Order).where(Order.status == "new").values(status="paid")  # WRITE
                )
                session.execute(update(Order).where(Order.status == "new").values(note="x"))
                session.execute(update(Invoice).where(Invoice.order_id == pk).values(status="paid"))
                session.execute(select(Order).filter_by(status="paid"))
            """,
            id="update().values()",
        ),
        pytest.param(
            """
            def place(session, pk):
                session.execute(insert(Order).values(status="new"))  # WRITE
                session.execute(insert(Order).values({"status": "new"}))  # WRITE
                session.execute(insert(Order), [{"status": "new"}])  # WRITE
                session.execute(insert(Invoice).values(status="new"))
                session.execute(insert(Invoice), [{"status": "new"}])
                session.execute(select(Order), {"status": "new"})
            """,
            id="insert",
        ),
        pytest.param(
            """
            def pay(session, pk):
                session.query(Order).filter_by(id=pk).update({"status": "paid"})  # WRITE
                session.query(Order).filter_by(id=pk).update({Order.status: "paid"})  # WRITE
                session.query(Order).filter_by(status="new").update({"note": "status"})
                session.query(Invoice).filter_by(order_id=pk).update({"status": "paid"})
                session.query(Invoice).filter_by(order_id=pk).update({Invoice.status: "paid"})
                names = {Order.status: "State of the order"}
            """,
            id="Query.update",
        ),
        pytest.param(
            """
            def place(session, rows):
                session.bulk_insert_mappings(Order, [{"status": "new"}])  # WRITE
                session.bulk_update_mappings(Order, [{"id": 1, "status": "new"}])  # WRITE
                session.bulk_insert_mappings(Invoice, [{"status": "new"}])
                session.bulk_insert_mappings(Order, [{"note": "status"}])
            """,
            id="mappings in bulk",
        ),
        pytest.param(
            """
            def place(session):
                session.add(Order(status="new"))  # WRITE
                session.add_all([Order(status="new"), Invoice(status="new")])  # WRITE
                values = {"status": "new"}  # WRITE
                session.add(Order(**values))  # WRITE
                session.add(Invoice(status="new"))
                others = {"status": "new"}
                session.add(Invoice(**others))
            """,
            id="the class itself",
        ),
    ],
)
def test_mapped_classes(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, work(body))


def test_a_class_of_dataclass_style(tmp_path: Path) -> None:
    sites_of(
        tmp_path,
        """
        === store/models.py
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


        class Base(DeclarativeBase):
            pass


        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)
            status: Mapped[str] = mapped_column(default="new")
            lines: Mapped[list["Line"]] = relationship(back_populates="order")

            def pay(self):
                self.status = "paid"  # WRITE


        class Line(Base):
            __tablename__ = "lines"
            id: Mapped[int] = mapped_column(primary_key=True)
            status: Mapped[str] = mapped_column()
            order: Mapped["Order"] = relationship(back_populates="lines")

            def pick(self):
                self.status = "picked"
                self.order.status = "picked"  # WRITE
        """,
    )


def test_a_table_of_core_by_its_name(tmp_path: Path) -> None:
    orders = Target(("status",), table="orders")
    sites_of(
        tmp_path,
        """
        === store/tables.py
        import sqlalchemy as sa

        metadata = sa.MetaData()
        orders = sa.Table("orders", metadata, sa.Column("id"), sa.Column("status"))
        bills = sa.Table("bills", metadata, sa.Column("id"), sa.Column("status"))
        === store/work.py
        from store.tables import bills, orders


        def pay(connection, pk):
            connection.execute(orders.update().where(orders.c.id == 1).values(status="x"))  # WRITE
            connection.execute(orders.insert().values(status="new"))  # WRITE
            connection.execute(orders.insert(), [{"status": "new"}])  # WRITE
            connection.execute(bills.update().where(bills.c.status == "new").values(status="paid"))
            connection.execute(bills.insert().values(status="new"))
            connection.execute(orders.select().where(orders.c.status == "new"))
            connection.execute(orders.delete().where(orders.c.status == "new"))
        """,
        orders,
    )


def test_a_class_is_found_by_its_table(tmp_path: Path) -> None:
    found = sites_of(
        tmp_path,
        work(
            """
            def pay(session, pk):
                session.get(Order, pk).status = "paid"  # WRITE
                session.get(Invoice, pk).status = "paid"
            """
        ),
        Target(("status",), table="orders", machine="order"),
    )
    assert [(it.model, it.table, it.machine) for it in found] == [("Order", "orders", "order")]


def test_a_column_of_another_name_in_the_class(tmp_path: Path) -> None:
    site = the_site(
        tmp_path,
        """
        === store/models.py
        from sqlalchemy import Column, String
        from sqlalchemy.orm import declarative_base

        Base = declarative_base()


        class Order(Base):
            __tablename__ = "orders"
            state = Column("status", String)

            def pay(self):
                self.state = "paid"  # WRITE


        class Line(Base):
            __tablename__ = "lines"
            state = Column("status", String)

            def pick(self):
                self.state = "picked"
        """,
    )
    assert site.field == "status"


CORE_SQL = """
=== store/raw.py
def pay(connection, pk):
    connection.execute("update orders set status = 'paid' where id = %s", [pk])  # WRITE
    connection.execute("select status from orders where status = 'paid' for update")
    connection.execute("update invoices set status = 'paid' where order_id = %s", [pk])
    connection.execute("update orders set note = 'x' where status = 'new'")
    connection.execute("insert into orders (id, status) values (%s, 'new')", [pk])  # WRITE
    connection.execute("insert into invoices (id, status) values (%s, 'new')", [pk])
    connection.execute("delete from orders where status = 'new'")
    raise ValueError("cannot update orders: set status first")
=== store/move.sql
-- update orders set status = 'none';
update orders set status = 'paid' where status = 'new'; -- WRITE
update invoices set status = 'paid';
select 'update orders set status = 1';
insert into orders (status) values ('new'); -- WRITE
"""


def test_sql_in_strings_and_in_files(tmp_path: Path) -> None:
    found = sites_of(tmp_path, ALCHEMY + CORE_SQL)
    assert {(it.values, it.is_new) for it in found} == {(("paid",), False), (("new",), True)}
    assert next(it for it in found if it.file.endswith("move.sql")).sources == ("new",)


def test_sql_of_the_table_of_a_django_model(tmp_path: Path) -> None:
    sites_of(
        tmp_path,
        """
        === shop/models.py
        from django.db import connection, models


        class Order(models.Model):
            status = models.TextField()


        class Line(models.Model):
            status = models.TextField()
            class Meta:
                db_table = "order_lines"


        def pay(pk):
            with connection.cursor() as cursor:
                cursor.execute("UPDATE shop_order SET status = 'paid' WHERE id = %s", [pk])  # WRITE
                cursor.execute("UPDATE order_lines SET status = 'paid' WHERE id = %s", [pk])
        """,
    )
