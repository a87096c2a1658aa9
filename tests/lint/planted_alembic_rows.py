"""Rows that a revision writes by SQLAlchemy's statements."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session, declarative_base

revision = "0103"
down_revision = "0102"

Base = declarative_base()
booking = sa.table("room_booking", sa.column("id"), sa.column("status"), schema="hotel")
invoice = sa.Table("invoice", sa.MetaData(schema="hotel"), sa.Column("state", sa.Text))


class Booking(Base):
    __tablename__ = "room_booking"
    __table_args__ = {"schema": "hotel"}
    id = sa.Column(sa.Integer, primary_key=True)
    status = sa.Column(sa.Text)


def upgrade():
    op.execute(  # expect: lint-raw-update
        booking.update().where(booking.c.status == "X").values(status="CONFIRMED")
    )
    op.execute(sa.update(booking).values({"status": "CHECKED_IN"}))  # expect: lint-raw-update
    op.execute(sa.update(booking).values(checked_in_at=sa.func.now()))  # expect: lint-raw-update
    op.execute(sa.delete(booking))  # expect: lint-raw-delete
    op.execute(sa.insert(booking).values(id=1, status="CHECKED_OUT"))  # expect: lint-raw-insert
    op.bulk_insert(  # expect: lint-raw-insert
        booking, [{"id": 1, "status": "PENDING"}, {"id": 2, "status": "CANCELLED"}]
    )
    op.get_bind().execute(sa.update(invoice).values(state="PAID"))  # expect: lint-raw-update
    invoice.drop(op.get_bind())  # expect: lint-drop-table
    session = Session(bind=op.get_bind())
    session.query(Booking).filter(Booking.id == 1).update(  # expect: lint-raw-update
        {"status": "CANCELLED"}
    )
    session.execute(sa.update(Booking).values(status="CANCELLED"))  # expect: lint-raw-update
