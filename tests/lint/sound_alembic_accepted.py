"""What is accepted, with a reason each, is no finding; a bypass lets writes pass."""

from alembic import op

revision = "0003"
down_revision = "0002"

BACKFILL = """
    update hotel.room_booking  -- interlock: ok the machine is in observe there until June
    set status = 'CANCELLED'
    where status = 'PENDING' and check_in < now();
"""


def upgrade():
    op.execute("truncate hotel.room_booking")  # interlock: ok the table is empty before the launch
    # interlock: ok nobody reads this column; the spec goes out with it
    op.drop_column("room_booking", "nightly_rate", schema="hotel")
    op.execute(BACKFILL)
    op.execute(
        "select interlock.open_bypass(p_machine => 'invoice', p_reason => 'x', p_for => '1 h')"
    )
    op.execute("update hotel.invoice set state = 'DRAFT' where state = 'SENT'")


def downgrade():
    pass
