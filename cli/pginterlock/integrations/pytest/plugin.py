"""What pytest loads: options, and fixtures that import their work when they are asked for."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pginterlock.integrations.pytest.database import InterlockDatabase
    from pginterlock.integrations.pytest.place import Schema, Templates
    from pginterlock.model import Spec


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option, and the settings of pytest.ini."""
    group = parser.getgroup("interlock", "state machines in PostgreSQL")
    group.addoption(
        "--interlock-dsn",
        metavar="DSN",
        default=None,
        help="The server of interlock_db: databases are made on it and dropped again. Default: an "
        "embedded server.",
    )
    parser.addini("interlock_schema", "SQL files that make the tables, in order", type="linelist")
    parser.addini("interlock_spec", "The spec, or a folder of them. Default: as interlock does")


@pytest.fixture(scope="session")
def interlock_schema(pytestconfig: pytest.Config) -> "Schema":
    """Return the SQL files of the setting; override it with files, or a function of a dsn."""
    files: list[str] = pytestconfig.getini("interlock_schema")
    return files


@pytest.fixture(scope="session")
def interlock_spec(pytestconfig: pytest.Config) -> "Spec":
    """Return the spec of the setting, else the one that `interlock` finds in the root folder."""
    from pginterlock.spec import load
    from pginterlock.spec_place import DEFAULT_SPEC, named_in

    with _told():
        named: str = pytestconfig.getini("interlock_spec")
        root = pytestconfig.rootpath
        return load(root / named if named else named_in(root) or root / DEFAULT_SPEC)


@pytest.fixture(scope="session")
def interlock_server(pytestconfig: pytest.Config) -> Iterator[str]:
    """Yield the connection string of the server; each worker of pytest-xdist has one of its own."""
    from pginterlock import database, embedded

    named: str | None = pytestconfig.getoption("--interlock-dsn")
    with ExitStack() as stack:
        with _told():
            if named:
                dsn = stack.enter_context(embedded.resolved(database.find_dsn(named)))
            else:
                server = embedded.start(in_memory=True)
                stack.callback(server.stop)
                dsn = server.dsn()
        yield dsn


@pytest.fixture(scope="session")
def interlock_templates(
    pytestconfig: pytest.Config, interlock_server: str
) -> "Iterator[Templates]":
    """Yield the databases that those of the tests are cloned from."""
    from pginterlock.integrations.pytest.place import Templates

    with ExitStack() as stack:
        yield Templates(interlock_server, pytestconfig.rootpath, stack)


# It asks for schema and spec itself: a module may have its own, and a fixture of the session is
# not made anew for one.
@pytest.fixture
def interlock_db(
    interlock_spec: "Spec", interlock_schema: "Schema", interlock_templates: "Templates"
) -> "Iterator[InterlockDatabase]":
    """Yield a database of this test alone, with the user's tables under their machines."""
    from pginterlock.integrations.pytest.database import InterlockDatabase
    from pginterlock.pgtap import clone

    with ExitStack() as stack:
        with _told():
            template = interlock_templates.of(interlock_schema, interlock_spec)
            dsn = stack.enter_context(clone(interlock_templates.dsn, template))
            sessions = stack.enter_context(ExitStack())
            database = InterlockDatabase(dsn, interlock_spec, sessions)
        yield database


@contextmanager
def _told() -> Iterator[None]:
    """Turn an error of ours into a failure that says it, without a traceback of our code."""
    from pginterlock.errors import InterlockError

    try:
        yield
    except InterlockError as error:
        remedy = f"\n  {error.remedy}" if error.remedy else ""
        told = f"interlock_db: {error.message}{remedy}"
        raise pytest.fail.Exception(told, pytrace=False) from None
