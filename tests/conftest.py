"""What all tests share: servers, databases cloned from templates, second sessions."""

import itertools
import os
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from tests import servers
from tests.servers import ROOT, TestServer

from pginterlock import apply, spec

HOTEL_SCHEMA = ROOT / "examples" / "hotel" / "schema.sql"
HOTEL_SPEC = ROOT / "examples" / "hotel" / "interlock.yaml"

# How long an example takes says more of the machine than of the code.
settings.register_profile("interlock", deadline=None)
settings.load_profile("interlock")

Build = Callable[[psycopg.Connection], None]
_LOCK = 4_711_230
_count = itertools.count()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what `tests/golden` asks for."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        default=False,
        help="write tests/golden/*/expected.sql anew",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers, in the process that starts the workers."""
    if servers.is_controller() and not config.option.collectonly:
        config.stash[_STARTED] = servers.start_all()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop them."""
    for server in config.stash.get(_STARTED, []):
        server.stop()


_STARTED: pytest.StashKey[list] = pytest.StashKey()  # type: ignore[type-arg]


# INTERLOCK_BY_TURNS=N: each test that needs a server runs on one version, of one with many cases
# a few run, and of the slow tests one in three; which, goes by N: the next brings others. Without
# it all runs: `test-matrix`.
_TURN = int(os.environ.get("INTERLOCK_BY_TURNS", "0"))
_ON_EVERY = (
    "test_golden",
    "test_schema",
    "test_verify",
)
_MOST_CASES = 2
_SLOW_TURNS = 3
_KILLING = "kill"  # in the name of a test that kills a client or a server: of its cases one runs


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that needs a server on each version, or some of them on one by turns."""
    if "server" in metafunc.fixturenames:
        majors = servers.majors()
        name = metafunc.module.__name__.rpartition(".")[2]
        if _TURN and name not in _ON_EVERY:
            turn = zlib.crc32(f"{name} {metafunc.function.__name__}".encode()) + _TURN
            majors = [majors[turn % len(majors)]]
        ids = [f"pg{major}" for major in majors]
        metafunc.parametrize("server", majors, indirect=True, ids=ids, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave some cases of tests with many of them to another turn."""
    if not _TURN or any("::" in it for it in config.args):
        return
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        name = Path(item.path).stem
        if "server" in getattr(item, "fixturenames", ()) and name not in _ON_EVERY:
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    turn = _TURN // len(servers.majors())  # each case has its turn on each version
    left = [it for it in items if _waits_for_its_turn(it) or (_is_slow(it) and _turn_of(it, turn))]
    for some in cases.values():
        most = 1 if _KILLING in some[0].nodeid else _MOST_CASES
        every = -(-len(some) // most)
        at = turn // _SLOW_TURNS if _is_slow(some[0]) else turn
        left += [it for number, it in enumerate(some) if (number + at) % every]
    if left:
        config.hook.pytest_deselected(items=left)
        gone = set(map(id, left))
        items[:] = [it for it in items if id(it) not in gone]


def _is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None


def _turn_of(item: pytest.Item, turn: int) -> int:
    """Return in how many turns it is that of a slow test; 0: now."""
    return (zlib.crc32(item.nodeid.partition("[")[0].encode()) + turn) % _SLOW_TURNS


def _waits_for_its_turn(item: pytest.Item) -> bool:
    """Say whether a test of the docs, which have servers of their own, runs on another version."""
    case = getattr(item, "callspec", None)
    major = case.params.get("docs_server") if case else None
    if major is None:
        return False
    majors = servers.majors()
    turn = zlib.crc32(item.nodeid.replace(f"pg{major}", "").encode()) + _TURN
    return bool(major != majors[turn % len(majors)])


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> TestServer:
    """One running server of one version."""
    return servers.servers()[request.param]


@pytest.fixture
def connect() -> Iterator[Callable[..., psycopg.Connection]]:
    """Open sessions that are closed at the end; ``connect(dsn, autocommit=True)``."""
    with ExitStack() as opened:

        def opener(dsn: str, **options: object) -> psycopg.Connection:
            session = psycopg.connect(dsn, **options)  # type: ignore[arg-type]
            return opened.enter_context(session)

        yield opener


@pytest.fixture
def make_database(server: TestServer) -> Iterator[Callable[[str, Build], str]]:
    """Make databases from templates: ``make_database(name, build)`` returns a libpq string.

    *build* fills the template called *name*, once for each server.
    """
    made: list[str] = []
    with psycopg.connect(server.dsn(), autocommit=True) as admin:

        def make(name: str, build: Build) -> str:
            template = f"template_{name}"
            admin.execute("select pg_advisory_lock(%s)", [_LOCK])
            try:
                if not _exists(admin, template):
                    _build(admin, server, template, build)
            finally:
                admin.execute("select pg_advisory_unlock(%s)", [_LOCK])
            database = f"test_{os.getpid()}_{next(_count)}"
            strategy = "strategy file_copy" if server.major >= 15 else ""
            admin.execute(f"create database {database} template {template} {strategy}".encode())
            made.append(database)
            return server.dsn(database)

        yield make
        for database in made:
            admin.execute(f"drop database if exists {database} with (force)".encode())


def _exists(admin: psycopg.Connection, name: str) -> bool:
    found = admin.execute("select from pg_database where datname = %s", [name])
    return found.rowcount == 1


def _build(admin: psycopg.Connection, server: TestServer, template: str, build: Build) -> None:
    draft = f"{template}_draft"
    admin.execute(f"drop database if exists {draft} with (force)".encode())
    admin.execute(f"create database {draft}".encode())
    with psycopg.connect(server.dsn(draft), autocommit=True) as session:
        build(session)
    admin.execute(f"alter database {draft} rename to {template}".encode())


def build_bare_hotel(session: psycopg.Connection) -> None:
    """Make the hotel as it was before any machine."""
    session.execute(HOTEL_SCHEMA.read_bytes())


def build_hotel(session: psycopg.Connection) -> None:
    """Make the hotel under its machine."""
    build_bare_hotel(session)
    session.execute("insert into hotel.hotel values (1, 'city')")
    session.execute(
        "insert into hotel.room (id, hotel_id, number, room_type)"
        " select n, 1, n::text, 'A' from generate_series(1, 9) as n"
    )
    apply.install(session, spec.load(HOTEL_SPEC))


@pytest.fixture
def bare_hotel(make_database: Callable[[str, Build], str]) -> str:
    """A database with the hotel before any machine."""
    return make_database("bare_hotel", build_bare_hotel)


@pytest.fixture
def hotel(make_database: Callable[[str, Build], str]) -> str:
    """A database with the hotel under its machine, and nine rooms."""
    return make_database("hotel", build_hotel)


@pytest.fixture
def empty(make_database: Callable[[str, Build], str]) -> str:
    """An empty database."""
    return make_database("empty", lambda _: None)


@pytest.fixture
def db(hotel: str, connect: Callable[..., psycopg.Connection]) -> psycopg.Connection:
    """A session in the hotel under its machine, in autocommit."""
    return connect(hotel, autocommit=True)


def wait_until_blocked(watcher: psycopg.Connection, session: psycopg.Connection) -> None:
    """Return as soon as *session* waits for a lock."""
    blocked = "select cardinality(pg_blocking_pids(%s)) > 0"
    for _ in range(2000):
        if watcher.execute(blocked, [session.info.backend_pid]).fetchone() == (True,):
            return
        time.sleep(0.005)
    pytest.fail("the second session never waited")
