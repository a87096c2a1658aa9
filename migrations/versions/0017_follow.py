"""What a machine follows under another name, and where each column was."""

from pathlib import Path

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_HERE = Path(__file__).with_suffix("")


def upgrade() -> None:
    """Run the SQL beside this file."""
    op.execute(_HERE.with_suffix(".up.sql").read_text(encoding="utf-8").rstrip("; \n"))


def downgrade() -> None:
    """Run the SQL beside this file."""
    op.execute(_HERE.with_suffix(".down.sql").read_text(encoding="utf-8").rstrip("; \n"))
