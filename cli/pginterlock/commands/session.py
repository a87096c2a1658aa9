"""What commands open and show: the spec, the connection, progress, a console."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
import psycopg

from pginterlock import database, embedded, memberships
from pginterlock.commands.options import find_spec, preset
from pginterlock.commands.screen import Progress, console
from pginterlock.model import Spec
from pginterlock.moments import moment
from pginterlock.spec import load
from pginterlock.spec_place import is_of_classes

__all__ = ["Progress", "connected", "console", "read_moment", "read_place", "read_spec"]


def read_spec(explicit: Path | None) -> Spec:
    """Return the spec that is asked for; raise SpecError with all that is wrong."""
    return read_place(find_spec(explicit))


def read_place(place: Path) -> Spec:
    """Return the spec in the file *place*, or of the mapped classes that it names."""
    if is_of_classes(place):
        from pginterlock.integrations.sqlalchemy import naming  # noqa: PLC0415 - SQLAlchemy is big

        return naming.read_named(place)
    return load(place)


@contextmanager
def connected(dsn: str | None) -> Iterator[psycopg.Connection]:
    """Open the database that is asked for, and close it at the end."""
    asked = dsn or preset().dsn()
    with (
        embedded.resolved(database.find_dsn(asked)) as found,
        database.connect(found) as connection,
        memberships.explained(connection),
    ):
        try:
            yield connection
        except BaseException:
            database.close_amid_statement(connection)
            raise


def read_moment(connection: psycopg.Connection, text: str) -> datetime:
    """Read a time, and say on stderr which zone was taken where it names none."""
    read = moment(connection, text)
    if read.assumed_zone:
        click.echo(f"  {text!r} is taken as {read.at} ({read.assumed_zone})", err=True)
    return read.at
