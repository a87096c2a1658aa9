"""An Alembic environment whose machine stands on a mapped class."""

from tests.integrations.alembic_depot import Depot

MODELS = """\
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pginterlock.sqlalchemy import Machine


class Base(DeclarativeBase):
    pass


class Crate(Base):
    __tablename__ = "crate"
    __table_args__ = {"schema": "depot"}
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]
    sent_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    __interlock__ = Machine(
        state="status",
        mode="enforce",
        initial="NEW",
        final="SENT",
        transitions={"send": {"from": "NEW", "to": "SENT"}},
        stamps={"sent_at": "SENT"},
    )


metadata = Base.metadata
"""
# A state more.
LOST = (
    ('final="SENT"', 'final=["SENT", "LOST"]'),
    ('"to": "SENT"}}', '"to": "SENT"}, "lose": {"from": "NEW", "to": "LOST"}}'),
)


def without_file(depot: Depot) -> Depot:
    """Give *depot* these models, and take its spec away."""
    depot.write("models.py", MODELS)
    (depot.folder / "interlock.yaml").unlink()
    return depot
