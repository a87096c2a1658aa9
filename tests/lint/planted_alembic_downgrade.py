"""What stands in downgrade() is judged too."""

import sqlalchemy as sa
from alembic import op

revision = "0104"
down_revision = "0103"


def upgrade():
    op.add_column("room_booking", sa.Column("checked_out_at", sa.DateTime()), schema="hotel")


def downgrade():
    op.drop_column("room_booking", "checked_out_at", schema="hotel")  # expect: lint-drop-column
    op.execute("alter table hotel.room_booking rename to booking")  # expect: lint-rename-table
