"""The hotel before, the hotel after, and the hotel as promised: each a process that serves HTTP."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest
from examples.hotel.place import SPEC, build
from examples.hotel.tests.client import Hotel
from tests import servers
from tests.servers import ROOT

from pginterlock import embedded, spec
from pginterlock.embedded import Server
from pginterlock.model import Spec

PROMISED = ROOT / "examples" / "hotel" / "tests" / "promised.yaml"
DESK = ("front_desk", "night_audit")


@pytest.fixture(scope="session", params=servers.majors(), ids=lambda major: f"pg{major}")
def hotel_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A PostgreSQL of the hotels' own."""
    programs = servers.binaries(request.param)
    with embedded.running(bin_dir=programs, settings={"shared_buffers": "64MB"}) as server:
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
    """The unchanged views under the rules that come next."""
    with running(hotel_server, "promised", "paused_unchanged", spec.load(PROMISED)) as hotel:
        yield hotel


@pytest.fixture(scope="session")
def desk_only(hotel_server: Server) -> Iterator[Hotel]:
    """The unchanged views, where only the roles of the desk may confirm and cancel."""
    whole = spec.load(SPEC)
    moves = tuple(
        replace(it, by=DESK) if it.event in {"confirm", "cancel"} else it
        for it in whole.machines[0].transitions
    )
    machine = replace(whole.machines[0], transitions=moves)
    narrow = replace(whole, machines=(machine,))
    with running(hotel_server, "desk_only", "paused_unchanged", narrow) as hotel:
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
