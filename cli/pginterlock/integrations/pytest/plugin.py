"""What pytest loads: options, and fixtures that import their work when they are asked for."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from pginterlock.integrations.pytest.database import InterlockDatabase
    from pginterlock.integrations.pytest.place import Schema
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

    with _told():
        named: str = pytestconfig.getini("interlock_spec")
        return load(pytestconfig.rootpath / (named or _usual_spec(pytestconfig.rootpath)))


@pytest.fixture(scope="session")
def interlock_server(pytestconfig: pytest.Config) -> Iterator[str]:
    """Yield the connection string of the server; each worker of pytest-xdist has one of its own."""
    from pginterlock import embedded

    named: str | None = pytestconfig.getoption("--interlock-dsn")
    if named:
        yield named
        return
    with _told():
        server = embedded.start(in_memory=True)
    try:
        yield server.dsn()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def interlock_template(
    pytestconfig: pytest.Config,
    interlock_spec: "Spec",
    interlock_schema: "Schema",
    interlock_server: str,
) -> Iterator[str]:
    """Yield the name of the database that those of the tests are cloned from."""
    from pginterlock.integrations.pytest import place

    with ExitStack() as stack:
        made = place.template(
            interlock_server, interlock_schema, interlock_spec, pytestconfig.rootpath
        )
        with _told():
            name = stack.enter_context(made)
        yield name


@pytest.fixture
def interlock_db(
    interlock_spec: "Spec", interlock_server: str, interlock_template: str
) -> "Iterator[InterlockDatabase]":
    """Yield a database of this test alone, with the user's tables under their machines."""
    from pginterlock.integrations.pytest.database import InterlockDatabase
    from pginterlock.pgtap import clone

    with ExitStack() as stack:
        with _told():
            dsn = stack.enter_context(clone(interlock_server, interlock_template))
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
        pytest.fail(f"interlock_db: {error.message}{remedy}", pytrace=False)


def _usual_spec(root: "Path") -> str:
    """Return what `interlock` would read in the folder *root*."""
    import tomllib

    from pginterlock.errors import SpecError

    project = root / "pyproject.toml"
    told: object = {}
    if project.is_file():
        try:
            told = tomllib.loads(project.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise SpecError((f"{project} cannot be read: {error}",)) from None
    for key in ("tool", "interlock", "spec"):
        told = told.get(key) if isinstance(told, dict) else None
    return told if isinstance(told, str) else "interlock.yaml"
