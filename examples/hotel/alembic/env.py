"""Run the hotel's revisions: on DATABASE_URL, else where libpq's own settings (PG*) lead."""

import os
import sys
from pathlib import Path

import sqlalchemy as sa
from alembic import context

import pginterlock.alembic  # noqa: F401 - machines in revisions, and ours left alone

sys.path.insert(0, str(Path(__file__).parent))

from models import metadata

DEFAULT_URL = "postgresql+psycopg://"


def run() -> None:
    """Run them, or write them as a script (--sql)."""
    common = {"target_metadata": metadata, "include_schemas": True}
    if context.is_offline_mode():
        context.configure(
            dialect_name="postgresql",
            literal_binds=True,
            dialect_opts={"paramstyle": "named"},
            **common,
        )
        with context.begin_transaction():
            context.run_migrations()
        return
    engine = sa.create_engine(os.environ.get("DATABASE_URL", DEFAULT_URL), poolclass=sa.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, **common)
        with context.begin_transaction():
            context.run_migrations()


run()
