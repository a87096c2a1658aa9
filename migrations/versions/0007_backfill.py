"""Jobs that repair old rows: what they did, batch by batch, and the rows they could not repair."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_HERE = Path(__file__).with_suffix("")


def upgrade() -> None:
    """Run the SQL beside this file."""
    op.execute(_HERE.with_suffix(".up.sql").read_text(encoding="utf-8").rstrip("; \n"))


def downgrade() -> None:
    """Run the SQL beside this file."""
    op.execute(_HERE.with_suffix(".down.sql").read_text(encoding="utf-8").rstrip("; \n"))
