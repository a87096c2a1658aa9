"""A real Django project on databases of its own: cloned from one that its migrations made."""

import os
from collections.abc import Callable, Iterator

import django
import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from psycopg.conninfo import conninfo_to_dict
from tests.conftest import Build

# For this process alone: programs that other tests start have projects of their own.
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.integrations.django_project.settings"
django.setup()
del os.environ["DJANGO_SETTINGS_MODULE"]

Entry = tuple[str, str | None, str | None]
MakeDatabase = Callable[[str, Build], str]


def point(alias: str, dsn: str) -> None:
    """Let *alias* of DATABASES be the database *dsn*, for every thread."""
    connections[alias].close()
    told = conninfo_to_dict(dsn)
    connections.settings[alias].update(
        NAME=told["dbname"],
        HOST=told["host"],
        PORT=told.get("port", ""),
        USER=told["user"],
        PASSWORD="",
    )


def migrate(session: psycopg.Connection, *words: str) -> None:
    """Bring the database of *session* to the migrations of the project."""
    before = dict(connections.settings["default"])
    try:
        point("default", session.info.dsn)
        call_command("migrate", *words, verbosity=0)
    finally:
        connections["default"].close()
        connections.settings["default"].update(before)


@pytest.fixture
def site(make_database: MakeDatabase) -> Iterator[str]:
    """The project on a database under its machine; the libpq string of it."""
    yield from served(make_database("django_site", migrate))


@pytest.fixture
def bare_site(make_database: MakeDatabase) -> Iterator[str]:
    """The project on a database before its machine."""

    def build(session: psycopg.Connection) -> None:
        migrate(session, "stays", "0001")

    yield from served(make_database("django_bare", build))


def served(dsn: str) -> Iterator[str]:
    """Let the project be on *dsn* until the test ends."""
    for alias in ("default", "other"):
        point(alias, dsn)
    yield dsn
    for alias in ("default", "other"):
        connections[alias].close()
        del connections[alias]  # another test may set up a project of its own


@pytest.fixture
def entries(site: str, connect: Callable[..., psycopg.Connection]) -> Callable[[], list[Entry]]:
    """Read the history from a session of its own: event, actor and reason of each entry."""
    session = connect(site, autocommit=True)

    def read() -> list[Entry]:
        return session.execute(
            "select coalesce(event, 'birth'), actor, reason"
            " from interlock.booking_audit order by id"
        ).fetchall()

    return read
