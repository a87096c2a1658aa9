"""The hotel before, the hotel after, and the hotel as promised: each a process that serves HTTP."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from examples.hotel.place import SPEC, build
from examples.hotel.tests import promises
from examples.hotel.tests.client import Hotel
from tests import servers
from tests.servers import ROOT, TestServer

from pginterlock import spec
from pginterlock.model import Spec

# That of tests/conftest.py: roles belong to the whole server, and one at a time makes them.
_LOCK = 4_711_230
_STARTED: pytest.StashKey[list] = pytest.StashKey()  # type: ignore[type-arg]


# After tests/conftest.py, which starts them; `pytest examples/hotel` alone does not load it.
@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the servers, unless they are running."""
    if servers.is_controller() and not config.option.collectonly and not servers.servers():
        config.stash[_STARTED] = servers.start_all()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started here."""
    for server in config.stash.get(_STARTED, []):
        server.stop()


def _majors() -> list[int]:
    """All versions; with INTERLOCK_BY_TURNS one: what differs between them is tried elsewhere."""
    majors = servers.majors()
    return majors[-1:] if os.environ.get("INTERLOCK_BY_TURNS") else majors


@pytest.fixture(scope="session", params=_majors(), ids=lambda major: f"pg{major}")
def hotel_server(request: pytest.FixtureRequest) -> TestServer:
    """One running server of one version."""
    return servers.servers()[request.param]


@pytest.fixture(scope="session")
def before(hotel_server: TestServer) -> Iterator[Hotel]:
    """The application on bare tables."""
    with running(hotel_server, "before", "paused_before", None) as hotel:
        yield hotel


@pytest.fixture(scope="session")
def after(hotel_server: TestServer) -> Iterator[Hotel]:
    """The application on protected tables."""
    with running(hotel_server, "after", "paused_after", spec.load(SPEC)) as hotel:
        yield hotel


@pytest.fixture(scope="session")
def promised(hotel_server: TestServer) -> Iterator[Hotel]:
    """The unchanged views on a machine with reactions and deadlines."""
    machine = promises.next_machine()
    with running(hotel_server, "promised", "paused_unchanged", machine) as hotel:
        yield hotel


@pytest.fixture(scope="session")
def mirrored(hotel_server: TestServer) -> Iterator[Hotel]:
    """The unchanged views, where the machine keeps `is_occupied`."""
    machine = promises.mirrored_machine()
    with running(hotel_server, "mirrored", "paused_unchanged", machine) as hotel:
        yield hotel


@pytest.fixture(scope="session")
def desk_only(hotel_server: TestServer) -> Iterator[Hotel]:
    """The unchanged views, where only the roles of the desk may confirm and cancel."""
    machine = promises.desk_machine()
    with running(hotel_server, "desk_only", "paused_unchanged", machine) as hotel:
        yield hotel


@contextmanager
def running(server: TestServer, name: str, settings: str, machine: Spec | None) -> Iterator[Hotel]:
    """Make the hotel in a database of its own, and serve it until the block ends."""
    database = f"hotel_{name}_{os.getpid()}"
    with psycopg.connect(server.dsn(), autocommit=True) as maker:
        maker.execute(f"create database {database}".encode())
        # A deadlock among the crowd is found sooner than after the usual second.
        maker.execute(f"alter database {database} set deadlock_timeout = '100ms'".encode())
        try:
            with psycopg.connect(server.dsn(database), autocommit=True) as admin:
                maker.execute("select pg_advisory_lock(%s)", [_LOCK])
                build(admin, machine)
                maker.execute("select pg_advisory_unlock(%s)", [_LOCK])
                dsn = server.dsn(database, "hotel_app")
                with serving(f"examples.hotel.tests.{settings}", dsn) as url:
                    yield Hotel(url, server.dsn(database), admin)
        finally:
            maker.execute(f"drop database {database} with (force)".encode())


@contextmanager
def serving(settings: str, dsn: str) -> Iterator[str]:
    """Run `python -m examples.hotel.serve`, and yield its URL."""
    command = [sys.executable, "-m", "examples.hotel.serve", settings, "--port", "0"]
    paths = os.pathsep.join([str(ROOT / "cli"), str(ROOT)])
    environment = {**os.environ, "HOTEL_DSN": dsn, "PYTHONPATH": paths}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            url = process.stdout.readline().strip()
            assert url, "the application did not start"
            yield url
        finally:
            process.terminate()
