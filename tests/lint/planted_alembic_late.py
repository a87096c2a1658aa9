"""A machine is off only from where it was taken off, a bypass open only until it is closed."""

from alembic import op

revision = "0105"
down_revision = "0104"


def upgrade():
    op.execute("alter table hotel.room_booking drop column status")  # expect: lint-drop-column
    op.interlock_drop("booking")
    op.execute("alter table hotel.room_booking add column status text")
    op.execute("alter table hotel.invoice drop column state")  # expect: lint-drop-column
    op.interlock_apply(
        "interlock: 1\nmachines:\n  booking:\n    table: hotel.room_booking\n", digest="x"
    )
    op.execute("alter table hotel.room_booking drop column status")  # expect: lint-drop-column
    op.execute("select interlock.open_bypass('invoice', 'a batch too far', interval '1 hour')")
    op.execute("update hotel.invoice set state = 'DRAFT'")
    op.execute("update hotel.room_booking set status = 'PENDING'")  # expect: lint-raw-update
    op.execute("select interlock.close_bypass(1)")
    op.execute("update hotel.invoice set state = 'DRAFT'")  # expect: lint-raw-update
    # interlock: ok
    op.execute("truncate hotel.invoice")  # expect: lint-truncate, lint-suppression -1
