"""Rows that a revision writes through sessions and in the other forms of SQLAlchemy's statements."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

revision = "0107"
down_revision = "0106"

booking = sa.table("room_booking", sa.column("id"), sa.column("status"), schema="hotel")


class Base(DeclarativeBase):
    pass


class Booking(Base):
    __tablename__ = "room_booking"
    __table_args__ = (sa.CheckConstraint("id > 0"), {"schema": "hotel"})
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(sa.Text)


def upgrade():
    connection = op.get_bind()
    op.execute(booking.update().values({booking.c.status: "CHECKED_IN"}))  # expect: lint-raw-update
    connection.execute(booking.update(), {"status": "CHECKED_IN"})  # expect: lint-raw-update
    connection.execute(  # expect: lint-raw-insert
        booking.insert(), [{"id": 1, "status": "PENDING"}, {"id": 2, "status": "CONFIRMED"}]
    )
    op.execute(  # expect: lint-raw-update
        postgresql.insert(booking)
        .values(id=1, status="PENDING")
        .on_conflict_do_update(index_elements=["id"], set_={"status": "CHECKED_IN"})
    )
    session = Session(bind=connection)
    for row in session.scalars(sa.select(Booking).where(Booking.id > 7)):
        row.status = "CHECKED_IN"  # expect: lint-raw-update
    for row in session.query(Booking).all():
        setattr(row, "status", "CHECKED_IN")  # expect: lint-raw-update
    session.execute(sa.update(Booking).values({Booking.status: "CHECKED_IN"}))  # expect: lint-raw-update
    session.add(Booking(id=3, status="CONFIRMED"))  # expect: lint-raw-insert
    late = Booking(id=4)
    late.status = "CONFIRMED"
    session.add_all([late, Booking(id=5, status="PENDING")])  # expect: lint-raw-insert
    session.bulk_insert_mappings(Booking, [{"id": 6, "status": "CANCELLED"}])  # expect: lint-raw-insert
    session.bulk_update_mappings(Booking, [{"id": 6, "status": "CONFIRMED"}])  # expect: lint-raw-update
    session.delete(session.get(Booking, 3))  # expect: lint-raw-delete
    session.commit()
