"""Sessions, bound calls and texts that are put together, and none of it concerns a machine."""

import functools
from enum import Enum

import sqlalchemy as sa
from alembic import op
from psycopg import sql
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

revision = "0108"
down_revision = "0107"

booking = sa.table("room_booking", sa.column("id"), sa.column("source"), schema="hotel")


class Status(Enum):
    PENDING = "PENDING"
    GONE = "GONE"


class Base(DeclarativeBase):
    pass


class Booking(Base):
    __tablename__ = "room_booking"
    __table_args__ = {"schema": "hotel"}
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[str] = mapped_column(sa.Text)


class Guest(Base):
    __tablename__ = "guest"
    __table_args__ = {"schema": "hotel"}
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(sa.Text)


class Report:
    status = "DONE"


def upgrade():
    report = Report()
    report.status = "GONE"
    names = {Status.PENDING: "waits", Status.GONE: "has left"}
    session = Session(bind=op.get_bind())
    for guest in session.scalars(sa.select(Guest)):
        guest.status = names.get(guest.status, "GONE")
    for row in session.query(Booking).filter(Booking.status == "PENDING"):
        row.source = "web"
    session.add(Guest(status="GONE"))
    session.add(Booking(id=9, status="PENDING"))
    session.delete(session.get(Guest, 1))
    session.execute(sa.update(Booking).values({Booking.source: "web"}))
    op.execute(
        postgresql.insert(booking)
        .values(id=1, source="web")
        .on_conflict_do_update(index_elements=["id"], set_={"source": "phone"})
    )
    cursor = op.get_bind().connection.cursor()
    cursor.execute(
        sql.SQL("update {} set status = {}, note = '{{}}'").format(
            sql.Identifier("hotel", "guest"), sql.Literal("GONE")
        )
    )
    drop = functools.partial(op.drop_column, "guest", schema="hotel")
    for name in map(str.lower, ["NOTE"]):
        drop(name)
    with op.batch_alter_table("guest", schema="hotel", recreate="always") as batch:
        batch.drop_column("status")
    with op.batch_alter_table("room_booking", schema="hotel", recreate="never") as batch:
        batch.add_column(sa.Column("floor", sa.Integer()))
