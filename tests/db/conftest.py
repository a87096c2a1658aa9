"""What tests of the database share, besides servers and databases."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from tests import servers
from tests.db import generating, reacting_stays
from tests.db.killing import Victim
from tests.servers import TestServer


@pytest.fixture
def victim(server: TestServer) -> Iterator[Victim]:
    """A server of its own, to be killed; its folder has a short name, for its socket."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        made = Victim(servers.binaries(server.major), Path(folder) / "server")
        yield made
        made.place.stop()


@pytest.fixture
def make_stays(
    make_database: Callable[..., str], connect: Callable[..., psycopg.Connection]
) -> reacting_stays.Make:
    """Open a session of a database with stays: ``make_stays(name, machine, before)``."""

    def make(name: str = "plain", *what: object) -> psycopg.Connection:
        build = reacting_stays.builder(*what)  # type: ignore[arg-type]
        return connect(make_database(f"stays_{name}", build), autocommit=True)

    return make


@pytest.fixture
def stays_session(make_stays: reacting_stays.Make) -> psycopg.Connection:
    """A session of a database with stays."""
    return make_stays()


@pytest.fixture
def made(
    make_database: Callable[..., str], connect: Callable[..., psycopg.Connection]
) -> generating.Making:
    """Generate the tests of a spec on some tables: ``made(tables, spec)``."""
    return generating.Making(make_database, connect)
