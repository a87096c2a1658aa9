"""The tables of the hotel, as ../schema.sql makes them."""

import sqlalchemy as sa

metadata = sa.MetaData(schema="hotel")

hotel = sa.Table(
    "hotel",
    metadata,
    sa.Column("id", sa.BigInteger, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("id", name="hotel_pk"),
    comment="One row for each house.",
)

room = sa.Table(
    "room",
    metadata,
    sa.Column("id", sa.BigInteger, autoincrement=False),
    sa.Column("hotel_id", sa.BigInteger, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("room_type", sa.Text, nullable=False),
    sa.Column("is_occupied", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.PrimaryKeyConstraint("id", name="room_pk"),
    sa.ForeignKeyConstraint(["hotel_id"], ["hotel.hotel.id"], name="room_of_hotel"),
    sa.UniqueConstraint("hotel_id", "number", name="room_number_once"),
    comment="One row for each room; is_occupied is kept by the application.",
)

room_booking = sa.Table(
    "room_booking",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=False)),
    sa.Column("hotel_id", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Text, server_default="PENDING"),
    sa.Column("room_type", sa.Text, nullable=False),
    sa.Column("assigned_room_id", sa.BigInteger),
    sa.Column("check_in", sa.Date, nullable=False),
    sa.Column("check_out", sa.Date, nullable=False),
    sa.Column("adults", sa.Integer, nullable=False, server_default="2"),
    sa.Column("children", sa.Integer, nullable=False, server_default="0"),
    sa.Column("nightly_rate", sa.Numeric(10, 2), nullable=False),
    sa.Column("deposit", sa.Numeric(10, 2), nullable=False, server_default="0"),
    sa.Column("created_at", sa.DateTime(True), nullable=False, server_default=sa.func.now()),
    sa.Column("updated_at", sa.DateTime(True), nullable=False, server_default=sa.func.now()),
    sa.Column("checked_in_at", sa.DateTime(True)),
    sa.Column("checked_out_at", sa.DateTime(True)),
    sa.Column("cancelled_at", sa.DateTime(True)),
    sa.Column("payment_authorized_at", sa.DateTime(True)),
    sa.Column("payment_captured_at", sa.DateTime(True)),
    sa.Column("payment_failed_at", sa.DateTime(True)),
    sa.Column("refund_processed_at", sa.DateTime(True)),
    sa.PrimaryKeyConstraint("id", name="room_booking_pk"),
    sa.ForeignKeyConstraint(["hotel_id"], ["hotel.hotel.id"], name="room_booking_of_hotel"),
    sa.ForeignKeyConstraint(["assigned_room_id"], ["hotel.room.id"], name="room_booking_in_room"),
    sa.Index("room_booking_room_idx", "assigned_room_id", "check_in"),
    sa.Index("room_booking_arrival_idx", "check_in", "status"),
    comment="One row for each booking; status says where it stands.",
)
