"""The hotel that is attacked: tables of one role, an application of another, a machine on them.

It is built once for each server and form, and cloned for each test. The attacks have numbers; a
test has the number of its attack in its name. Not tried: B66, a role that makes itself a member of
others, which is nothing that a machine could hold.

Other numbers that are missing were never given.
"""

from collections.abc import Callable

import psycopg
import pytest
from tests.attacks.hotel import APP, OWNER, Attacked, build, build_bare, spec_in
from tests.conftest import Build
from tests.servers import TestServer

Connect = Callable[..., psycopg.Connection]


@pytest.fixture
def form() -> str:
    """The form of the machine: what differs from its spec file, as ``key: value``."""
    return "checks: function"


@pytest.fixture
def attacked(
    form: str, server: TestServer, make_database: Callable[[str, Build], str], connect: Connect
) -> Attacked:
    """The hotel under its machine, with a booking in every state; without a tripwire.

    What disarms it goes through here, and must be found.
    """
    spec = spec_in(form)
    name = "attacked_" + form.replace(": ", "_")
    dsn = make_database(name, lambda session: build(session, spec))
    return Attacked(dsn, spec, connect, connect(dsn, autocommit=True), server)


@pytest.fixture
def watched(
    server: TestServer, make_database: Callable[[str, Build], str], connect: Connect
) -> Attacked:
    """The hotel under its machine and a tripwire."""
    spec = spec_in("checks: function")
    dsn = make_database("attacked_watched", lambda it: build(it, spec, has_tripwire=True))
    return Attacked(dsn, spec, connect, connect(dsn, autocommit=True), server)


@pytest.fixture
def bare(
    server: TestServer, make_database: Callable[[str, Build], str], connect: Connect
) -> Attacked:
    """The hotel before any machine."""
    dsn = make_database("attacked_bare", build_bare)
    return Attacked(
        dsn, spec_in("checks: function"), connect, connect(dsn, autocommit=True), server
    )


@pytest.fixture
def app(attacked: Attacked) -> psycopg.Connection:
    """A session of the application: it may select, insert, update and delete."""
    return attacked.session(APP)


@pytest.fixture
def owner(attacked: Attacked) -> psycopg.Connection:
    """A session of the owner of the tables, who is no superuser."""
    return attacked.session(OWNER)
