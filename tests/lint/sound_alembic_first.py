"""The revision that makes the tables, before there is a machine."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    status = sa.Enum(
        "PENDING", "CONFIRMED", "CHECKED_IN", "CHECKED_OUT", "CANCELLED", name="booking_status"
    )
    status.create(op.get_bind(), checkfirst=True)
    op.create_table(
        "room_booking",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("status", status, nullable=False, server_default="PENDING"),
        sa.Column("checked_in_at", sa.DateTime(timezone=True)),
        schema="hotel",
    )
    op.create_index("room_booking_status", "room_booking", ["status"], schema="hotel")
    op.execute("insert into hotel.room_booking (id, status) values (1, 'CHECKED_OUT')")
    op.execute("update hotel.room_booking set status = 'CANCELLED'")
    op.alter_column("room_booking", "checked_in_at", type_=sa.DateTime(), schema="hotel")
    op.execute("grant all on hotel.room_booking to hotel_app")


def downgrade():
    op.drop_index("room_booking_status", table_name="room_booking", schema="hotel")
    op.drop_table("room_booking", schema="hotel")
    op.execute("drop type booking_status")
