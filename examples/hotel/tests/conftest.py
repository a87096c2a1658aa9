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
from tests.servers import ROOT

from pginterlock import embedded, spec
from pginterlock.embedded import Server
from pginterlock.model import Spec

# A deadlock among the crowd is found sooner than after the usual second.
_SETTINGS = {"shared_buffers": "64MB", "deadlock_timeout": "100ms"}


@pytest.fixture(scope="session", params=servers.majors(), ids=lambda major: f"pg{major}")
def hotel_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A PostgreSQL of the hotels' own."""
    programs = servers.binaries(request.param)
    with embedded.running(bin_dir=programs, settings=_SETTINGS) as server:
        yield server


@pytest.fixture(scope="session")
def before(hotel_server: Server) -> Iterator[Hotel]:
    """The application on bare tables."""
    with running(hotel_server, "before", "paused_before", None) as hotel:
        yield hotel


@pytest.fixture(scope="session")
def after(hotel_server: Server) -> Iterator[Hotel]:
    """The application on protected tables."""
    with running(hotel_server, "after", "paused_after", spec.load(SPEC)) as hotel:
        yield hotel


@pytest.fixture(scope="session")
def promised(hotel_server: Server) -> Iterator[Hotel]:
    """The unchanged views under claims, reactions and deadlines."""
    machine = promises.next_machine()
    with running(hotel_server, "promised", "paused_unchanged", machine) as hotel:
        yield hotel


@pytest.fixture(scope="session")
def mirrored(hotel_server: Server) -> Iterator[Hotel]:
    """The unchanged views, where the machine keeps `is_occupied`."""
    machine = promises.mirrored_machine()
    with running(hotel_server, "mirrored", "paused_unchanged", machine) as hotel:
        yield hotel


@pytest.fixture(scope="session")
def desk_only(hotel_server: Server) -> Iterator[Hotel]:
    """The unchanged views, where only the roles of the desk may confirm and cancel."""
    machine = promises.desk_machine()
    with running(hotel_server, "desk_only", "paused_unchanged", machine) as hotel:
        yield hotel


@contextmanager
def running(server: Server, name: str, settings: str, machine: Spec | None) -> Iterator[Hotel]:
    """Make the hotel in a database of its own, and serve it until the block ends."""
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(f"create database {name}".encode())
    with psycopg.connect(server.dsn(name), autocommit=True) as admin:
        build(admin, machine)
        with serving(f"examples.hotel.tests.{settings}", server.dsn(name, "hotel_app")) as url:
            yield Hotel(url, server.dsn(name), admin)


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
