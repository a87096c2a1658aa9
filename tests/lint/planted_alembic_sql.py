"""What Alembic runs as SQL: plain, from constants, from loops, by a connection."""

import textwrap

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

revision = "0102"
down_revision = "0101"

SCHEMA = "hotel"
GUARDED = f"{SCHEMA}.room_booking"
DISABLE = "alter table hotel.room_booking disable trigger user"  # expect: lint-disable-trigger
QUIET = """
    set session_replication_role = replica;  -- expect: lint-replication-role
    delete from hotel.room_booking;  -- expect: lint-raw-delete
    set session_replication_role = default;
"""


def upgrade() -> None:
    op.execute(DISABLE)
    op.execute(QUIET)
    op.execute(f"alter table {GUARDED} drop column checked_in_at")  # expect: lint-drop-column
    op.execute(  # expect: lint-rename-column
        "ALTER TABLE %s RENAME COLUMN status TO state" % GUARDED
    )
    op.execute(
        f"ALTER TABLE {SCHEMA}.invoice ALTER state TYPE varchar(10)"  # expect: lint-retype-column
    )
    op.execute(  # expect: lint-drop-trigger
        "drop trigger interlock_50_booking_change on " + GUARDED
    )
    for table in ("invoice", "rate", "room_booking"):
        op.execute(
            f"ALTER TABLE hotel.{table} DISABLE TRIGGER ALL"  # expect: lint-disable-trigger, lint-disable-trigger
        )
    op.execute(
        textwrap.dedent(
            """\
            update hotel.invoice
            set state = 'PAID'
            where id = 1;
            """  # expect: lint-raw-update -3
        )
    )
    connection = op.get_bind()
    connection.execute(text("drop schema interlock cascade"))  # expect: lint-schema-interlock
    connection.execute(
        sa.text(
            "update hotel.invoice set state = :state where id = :id"  # expect: lint-raw-update
        ),
        {"state": "PAID", "id": 1},
    )
    connection.exec_driver_sql("truncate hotel.room_booking")  # expect: lint-truncate
    if op.get_context().dialect.name == "postgresql":
        op.execute("drop function interlock.booking_change cascade")  # expect: lint-function
    with op.get_context().autocommit_block():
        op.execute("vacuum full hotel.room_booking")  # expect: lint-rewrite
    op.execute(
        """
        do $$
        begin
            alter table hotel.room_booking disable trigger all;  -- expect: lint-disable-trigger
            execute format('drop table %I.%I', 'hotel', 'room_booking');  -- expect: lint-drop-table
        end
        $$
        """
    )
