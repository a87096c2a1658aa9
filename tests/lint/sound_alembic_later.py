"""Revisions that a guarded table takes without harm, and others that concern other tables."""

import pginterlock.alembic  # noqa: F401
import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"

SPEC = """\
interlock: 1
machines:
  booking:
    table: hotel.room_booking
"""


def upgrade():
    op.interlock_apply(SPEC, digest="0123456789abcdef")
    op.add_column("room_booking", sa.Column("note", sa.Text(), server_default=""), schema="hotel")
    op.add_column(
        "room_booking",
        sa.Column("seen_at", sa.DateTime(), server_default=sa.func.now()),
        schema="hotel",
    )
    op.alter_column("room_booking", "note", nullable=False, schema="hotel")
    op.alter_column("room_booking", "status", server_default="PENDING", schema="hotel")
    op.alter_column("room_booking", "status", server_default=None, schema="hotel")
    op.create_check_constraint("nights", "room_booking", "check_out > check_in", schema="hotel")
    op.drop_constraint(
        "room_booking_hotel_fkey", "room_booking", type_="foreignkey", schema="hotel"
    )
    op.drop_column("room_booking", "note", schema="hotel")
    op.drop_column("room", "floor", schema="hotel")
    op.drop_column("guest", "status", schema="hotel")
    op.drop_table("invoice", schema="archive")
    op.execute("update hotel.guest set status = 'GONE' where status = 'HERE'")
    op.execute("update hotel.room_booking set source = 'web' where source is null")
    op.execute("insert into hotel.room_booking (id, status) values (7, 'PENDING')")
    op.execute("insert into hotel.room_booking (id) values (8)")
    op.execute("delete from hotel.room_booking where status = 'PENDING' and id = 8")
    op.execute("select interlock.fire('booking', 7, 'cancel', reason => 'made twice')")
    op.execute("alter table hotel.room_booking disable trigger send_mail")
    op.execute(
        "create trigger send_mail after update on hotel.room_booking execute function mail()"
    )
    op.execute("create index concurrently on hotel.room_booking (hotel_id)")
    if not context.is_offline_mode():
        for row in op.get_bind().execute(sa.text("select id from hotel.room_booking")):
            print(row)


def downgrade():
    op.interlock_drop("booking")
    op.execute("alter table hotel.room_booking alter column status type varchar(20)")
    op.drop_column("room_booking", "status", schema="hotel")
