"""The tables of the hotel, before any machine."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    op.execute("create schema hotel")
    op.create_table(
        "hotel",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="hotel_pk"),
        comment="One row for each house.",
        schema="hotel",
    )
    op.create_table(
        "room",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("room_type", sa.Text(), nullable=False),
        sa.Column("is_occupied", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.hotel.id"], name="room_of_hotel"),
        sa.PrimaryKeyConstraint("id", name="room_pk"),
        sa.UniqueConstraint("hotel_id", "number", name="room_number_once"),
        comment="One row for each room; is_occupied is kept by the application.",
        schema="hotel",
    )
    op.create_table(
        "room_booking",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("hotel_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), server_default="PENDING", nullable=True),
        sa.Column("room_type", sa.Text(), nullable=False),
        sa.Column("assigned_room_id", sa.BigInteger(), nullable=True),
        sa.Column("check_in", sa.Date(), nullable=False),
        sa.Column("check_out", sa.Date(), nullable=False),
        sa.Column("adults", sa.Integer(), server_default="2", nullable=False),
        sa.Column("children", sa.Integer(), server_default="0", nullable=False),
        sa.Column("nightly_rate", sa.Numeric(10, 2), nullable=False),
        sa.Column("deposit", sa.Numeric(10, 2), server_default="0", nullable=False),
        *(
            sa.Column(name, sa.DateTime(True), server_default=sa.func.now(), nullable=False)
            for name in ("created_at", "updated_at")
        ),
        *(
            sa.Column(name, sa.DateTime(True), nullable=True)
            for name in (
                "checked_in_at",
                "checked_out_at",
                "cancelled_at",
                "payment_authorized_at",
                "payment_captured_at",
                "payment_failed_at",
                "refund_processed_at",
            )
        ),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotel.hotel.id"], name="room_booking_of_hotel"),
        sa.ForeignKeyConstraint(
            ["assigned_room_id"], ["hotel.room.id"], name="room_booking_in_room"
        ),
        sa.PrimaryKeyConstraint("id", name="room_booking_pk"),
        comment="One row for each booking; status says where it stands.",
        schema="hotel",
    )
    for name, columns in (
        ("room_booking_room_idx", ["assigned_room_id", "check_in"]),
        ("room_booking_arrival_idx", ["check_in", "status"]),
    ):
        op.create_index(name, "room_booking", columns, schema="hotel")


def downgrade() -> None:
    """Take them away again."""
    for name in ("room_booking", "room", "hotel"):
        op.drop_table(name, schema="hotel")
    op.execute("drop schema hotel")
