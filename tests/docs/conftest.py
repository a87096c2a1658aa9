"""A server of the docs' own: what `verify` says of its roles must not depend on other tests."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests import servers
from tests.docs import transcript
from tests.docs.transcript import Place

from pginterlock import embedded, pgtap


@pytest.fixture(scope="session", params=servers.majors(), ids=lambda major: f"pg{major}")
def docs_server(request: pytest.FixtureRequest) -> Iterator[embedded.Server]:
    """A server with the role of the application, and nothing else."""
    with embedded.running(bin_dir=servers.binaries(request.param)) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute(f"create role {transcript.APPLICATION} login".encode())
        yield server


@pytest.fixture
def place(docs_server: embedded.Server, tmp_path: Path) -> Place:
    """An empty folder, and an empty database of a server that has not seen us before."""
    psql = pgtap.find_psql(docs_server.bin_dir)
    if psql is None:
        pytest.fail("psql is not here, and the docs use it: install postgresql-client")
    name = transcript.DATABASE
    with psycopg.connect(docs_server.dsn(), autocommit=True) as admin:
        admin.execute(f"drop database if exists {name} with (force)".encode())
        admin.execute(b"drop role if exists interlock_owner")
        admin.execute(f"create database {name}".encode())
    return Place(
        tmp_path, docs_server.dsn(name), docs_server.dsn(name, transcript.APPLICATION), psql
    )
