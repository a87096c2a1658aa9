"""What commands open and show: the spec, the connection, progress, a console."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pginterlock.commands.options import find_spec, preset
from pginterlock.model import Spec
from pginterlock.spec_place import is_of_classes

if TYPE_CHECKING:
    import psycopg
    from rich.console import Console

_SILENT_S = 1.0
_PIPED_WIDTH = 240


def read_spec(explicit: Path | None) -> Spec:
    """Return the spec that is asked for; raise SpecError with all that is wrong."""
    return read_place(find_spec(explicit))


def read_place(place: Path) -> Spec:
    """Return the spec in the file *place*, or of the mapped classes that it names."""
    if is_of_classes(place):
        from pginterlock.integrations.sqlalchemy import naming  # noqa: PLC0415 - SQLAlchemy is big

        return naming.read_named(place)
    from pginterlock.spec import load  # noqa: PLC0415 - it imports much, and so do those below

    return load(place)


@contextmanager
def connected(dsn: str | None) -> Iterator["psycopg.Connection"]:
    """Open the database that is asked for, and close it at the end."""
    from pginterlock import database, embedded, memberships  # noqa: PLC0415

    asked = dsn or preset().dsn()
    with (
        embedded.resolved(database.find_dsn(asked)) as found,
        database.connect(found) as connection,
        memberships.explained(connection),
    ):
        yield connection


def console(*, stderr: bool = False) -> "Console":
    """Return a console that has colours on a terminal only, and never wraps what is piped."""
    from rich.console import Console  # noqa: PLC0415

    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        return Console(file=stream, highlight=False)
    return Console(file=stream, highlight=False, soft_wrap=True, width=_PIPED_WIDTH)


def read_moment(connection: "psycopg.Connection", text: str) -> datetime:
    """Read a time, and say on stderr which zone was taken where it names none."""
    from pginterlock.moments import moment  # noqa: PLC0415

    read = moment(connection, text)
    if read.assumed_zone:
        click.echo(f"  {text!r} is taken as {read.at} ({read.assumed_zone})", err=True)
    return read.at


class Progress:
    """Say on stderr what is going on, once it takes longer than a second."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._told = ""

    def __call__(self, title: str) -> None:
        """Tell of the next thing."""
        if title != self._told and time.monotonic() - self._started > _SILENT_S:
            self._told = title
            console(stderr=True).print(f"  {title} ...", style="dim")
