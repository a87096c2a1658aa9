"""Bring schema interlock to the current version: Alembic on ``migrations/``, then ``sql/runtime/``.

Alembic writes the SQL (its offline mode), so that a plan can show it; running it is the same SQL in
one transaction. Its version table is ``interlock.schema_version``.
"""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from pginterlock import assets, database
from pginterlock.compiler import ownership
from pginterlock.errors import EnvironmentFault
from pginterlock.table import UNREADABLE

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "head"
AHEAD = "The database is ahead of the code: upgrade pginterlock."


def revisions() -> list[str]:
    """Return our revisions, oldest first: the numbers that the names of their files begin with.

    Nearly every command asks, and to load Alembic takes longer than all else that it does.
    """
    names = assets.names("migrations", "versions", suffix=".py")
    return [name.partition("_")[0] for name in names]


def head() -> str:
    """Return the revision that this version of the package asks for."""
    return revisions()[-1]


def knows(revision: str) -> bool:
    """Whether *revision* is one of ours; a newer package may have made another."""
    return revision in revisions()


def demand_known(revision: str | None) -> None:
    """Raise EnvironmentFault where *revision* is one that a newer package has made."""
    if revision and revision != UNREADABLE and not knows(revision):
        raise EnvironmentFault(
            f"schema interlock is of revision {revision!r}, unknown to this version",
            remedy=AHEAD,
        )


def upgrade_sql(revision: str | None, target: str = HEAD) -> str:
    """Return the SQL from *revision* (None: nothing there) to *target*."""
    from alembic import command  # noqa: PLC0415 - see `revisions`

    with _config() as (config, written):
        command.upgrade(config, f"{revision or 'base'}:{target}", sql=True)
        return written.getvalue()


def downgrade_sql(revision: str, target: str = "base") -> str:
    """Return the SQL that goes back from *revision* to *target*."""
    from alembic import command  # noqa: PLC0415 - see `revisions`

    with _config() as (config, written):
        command.downgrade(config, f"{revision}:{target}", sql=True)
        return written.getvalue()


def runtime() -> dict[str, str]:
    """Return the files of ``sql/runtime`` in the order in which they load."""
    return {name: assets.read("sql", "runtime", name) for name in assets.names("sql", "runtime")}


def upgrade(connection: psycopg.Connection, *, owner: str | None = None) -> None:
    """Install schema interlock, or bring it to the current version, in one transaction."""
    with database.faults(), connection.transaction():
        found = database.ask(connection, "revision.sql")[0]
        revision = None
        if found["has_schema"] is not True:
            database.run(connection, ownership.schema(owner))
        elif found["has_version_table"]:
            row = connection.execute("select version_num from interlock.schema_version").fetchone()
            revision = row[0] if row else None
        if revision != head():
            database.run(connection, ownership.as_role(owner, upgrade_sql(revision)))
        for text in runtime().values():
            database.run(connection, ownership.as_role(owner, text))


@contextmanager
def _config() -> Iterator[tuple["Config", io.StringIO]]:
    """Open the configuration of our environment, with its files on disk, and what it writes."""
    from alembic.config import Config  # noqa: PLC0415 - see `revisions`

    written = io.StringIO()
    with assets.on_disk("migrations") as folder, _aside():
        config = Config(output_buffer=written)
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        with _quiet():
            yield config, written


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep our revisions out of the log of a user, who has revisions of his own there."""
    logger = logging.getLogger("alembic.runtime.migration")
    was, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was


@contextmanager
def _aside() -> Iterator[None]:
    """Give a run of Alembic that we are in the midst of its ``context`` and ``op`` back.

    Alembic knows one run at a time; a migration of the user may be what asks for our SQL.
    """
    from alembic import context, op  # noqa: PLC0415 - see `revisions`

    under_way = [getattr(module, "_proxy", None) for module in (context, op)]
    try:
        yield
    finally:
        for proxy in under_way:
            if proxy is not None:
                proxy._install_proxy()
