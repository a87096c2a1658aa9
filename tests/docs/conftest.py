"""A server of the docs' own: what `verify` says of its roles must not depend on other tests."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo, sql
from tests import servers
from tests.docs import transcript
from tests.docs.transcript import ROOT, Place

from pginterlock import embedded, pgtap
from pginterlock.pgtap.place import find_sql


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
        for role in admin.execute(_MADE, [transcript.APPLICATION]).fetchall():
            admin.execute(sql.SQL("drop role {}").format(sql.Identifier(*role)))
        admin.execute(f"create database {name}".encode())
    return Place(tmp_path, _environment(docs_server), psql)


# Roles that an earlier page has made; they belong to the whole server.
_MADE = """
    select rolname::text from pg_roles
    where rolname <> %s and oid >= 16384
"""


def _environment(server: embedded.Server) -> dict[str, str]:
    """Return what makes psql and interlock find the database of the page."""
    found = conninfo.conninfo_to_dict(server.dsn(transcript.DATABASE))
    fetched = find_sql(ROOT)
    return {
        **({"INTERLOCK_PGTAP_SQL": str(fetched)} if fetched else {}),
        "PGHOST": str(found["host"]),
        "PGPORT": str(found["port"]),
        "PGUSER": str(found["user"]),
        "PGDATABASE": str(found["dbname"]),
        "PGCLIENTENCODING": "UTF8",
        "PGTZ": "UTC",
        "INTERLOCK_DSN": "",
        "DATABASE_URL": "",
    }
