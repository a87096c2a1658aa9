"""What tests of integrations share: an Alembic environment on a database with its first machine."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from tests.conftest import Build
from tests.integrations.alembic_depot import Depot
from tests.servers import TestServer

from pginterlock import embedded


@pytest.fixture
def empty_depot(make_database: Callable[[str, Build], str], tmp_path: Path) -> Depot:
    """An environment without a revision, on a database with a schema and nothing in it."""
    return Depot(tmp_path / "depot", make_database("alembic_empty", _build_empty)).lay_out()


@pytest.fixture
def other_database(make_database: Callable[[str, Build], str]) -> str:
    """Another database with a schema and nothing in it: where a script is run."""
    return make_database("alembic_empty", _build_empty)


@pytest.fixture
def depot(
    make_database: Callable[[str, Build], str],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Depot:
    """An environment with one revision, which made a table and its machine."""
    first = tmp_path_factory.getbasetemp() / "first_depot"

    def build(session: psycopg.Connection) -> None:
        _build_empty(session)
        dsn = session.info.dsn
        Depot(first, dsn).lay_out()
        Depot(first, dsn).write("versions/0001_first.py", _FIRST)
        Depot(first, dsn).upgrade()

    found = Depot(tmp_path / "depot", make_database("alembic_depot", build)).lay_out()
    found.write("versions/0001_first.py", _FIRST)
    shutil.rmtree(first, ignore_errors=True)
    return found


@pytest.fixture
def psql(server: TestServer) -> Path:
    """Where psql is: not with every server."""
    path = server.bin_dir / "psql"
    if not path.exists():
        pytest.skip("this server came without psql")
    return path


@pytest.fixture
def migrators_server(server: TestServer) -> Iterator[embedded.Server]:
    """A server with a login `depot_migrator`: no superuser, member of the owner of our schema.

    A server of its own: such a member is a finding in every database of a server.
    """
    with embedded.running(bin_dir=server.bin_dir) as started:
        with psycopg.connect(started.dsn(), autocommit=True) as session:
            session.execute("create role depot_migrator login createrole")
            session.execute("create schema depot authorization depot_migrator")
            session.execute("grant create on schema public to depot_migrator")
            session.execute("grant create on database postgres to depot_migrator")
            session.execute("create role interlock_owner nologin")
            session.execute("grant interlock_owner to depot_migrator with admin option")
        yield started


def _build_empty(session: psycopg.Connection) -> None:
    session.execute("create schema depot")


_FIRST = (Path(__file__).parent / "alembic_first.txt").read_text(encoding="utf-8")
