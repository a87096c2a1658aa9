"""What Alembic's own operations do to tables and columns."""

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = "0100"

TABLE = "room_booking"
STAMPS = ["checked_in_at", "checked_out_at"]


def drop_from(table, *columns):
    for column in columns:
        op.drop_column(table, column, schema="hotel")  # expect: lint-drop-column, lint-drop-column


def upgrade():
    op.drop_column("room_booking", "status", schema="hotel")  # expect: lint-drop-column
    op.drop_column(TABLE, "payment_captured_at", schema="hotel")  # expect: lint-drop-column
    op.drop_column("room", "is_occupied", schema="hotel")  # expect: lint-drop-column
    drop_from(TABLE, *STAMPS)
    op.alter_column(  # expect: lint-retype-column
        "room_booking",
        "status",
        type_=sa.String(length=20),
        existing_type=sa.Text(),
        schema="hotel",
    )
    op.alter_column(  # expect: lint-rename-column
        "room_booking", "check_in", new_column_name="arrives", schema="hotel"
    )
    op.alter_column(  # expect: lint-not-null
        "room_booking", "checked_in_at", nullable=False, schema="hotel"
    )
    op.alter_column(  # expect: lint-default
        "room_booking", "status", server_default="CONFIRMED", schema="hotel"
    )
    op.alter_column(  # expect: lint-default
        TABLE, "status", server_default=sa.text("'CHECKED_IN'::text"), schema="hotel"
    )
    op.alter_column(TABLE, "note", type_=sa.Text(), schema="hotel")  # expect: lint-rewrite
    op.add_column(  # expect: lint-rewrite
        TABLE,
        sa.Column("token", sa.UUID(), server_default=sa.text("gen_random_uuid()")),
        schema="hotel",
    )
    op.add_column(  # expect: lint-rewrite
        TABLE, sa.Column("number", sa.BigInteger(), sa.Identity()), schema="hotel"
    )
    op.drop_constraint(  # expect: lint-drop-constraint
        "interlock_booking_row", TABLE, schema="hotel"
    )
    op.drop_constraint(  # expect: lint-drop-constraint
        "room_booking_pkey", TABLE, type_="primary", schema="hotel"
    )
    op.drop_index(  # expect: lint-drop-index
        "interlock_booking_claim_room", table_name=TABLE, schema="hotel"
    )
    with op.batch_alter_table("room_booking", schema="hotel") as batch_op:
        batch_op.drop_column("assigned_room_id")  # expect: lint-drop-column
        batch_op.alter_column("check_out", type_=sa.DateTime())  # expect: lint-retype-column
        batch_op.drop_constraint("interlock_booking_01_known")  # expect: lint-drop-constraint
    op.rename_table("room_booking", "booking", schema="hotel")  # expect: lint-rename-table
    op.drop_column("booking", "nightly_rate", schema="hotel")  # expect: lint-drop-column
    op.drop_table("booking", schema="hotel")  # expect: lint-drop-table
    op.drop_table("invoice", schema="hotel")  # expect: lint-drop-table
