"""The servers that the tests run on: one of each PostgreSQL version, shared by all workers."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pginterlock import embedded
from pginterlock.errors import EnvironmentFault

ROOT = Path(__file__).parents[1]
_SHARED = "INTERLOCK_TEST_SERVERS"
_WANTED = "INTERLOCK_TEST_PG"
_DEFAULT = "15,18"
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
_ENOUGH = 3 * 2**30
_SETTINGS = {
    "max_connections": "200",
    "max_prepared_transactions": "10",
    "wal_level": "logical",
    "shared_buffers": "64MB",
    "jit": "off",
}


@dataclass(frozen=True, slots=True)
class TestServer:
    """One running server; every worker sees the same."""

    __test__ = False  # not a test, whatever its name looks like

    major: int
    host: str
    bin_dir: Path

    def dsn(self, database: str = "postgres", user: str = "postgres") -> str:
        """Return the libpq string of *database* for *user*."""
        return f"host={self.host} port=5432 user={user} dbname={database}"


def majors() -> list[int]:
    """Return the versions that are asked for."""
    return [int(word) for word in os.environ.get(_WANTED, _DEFAULT).split(",")]


def binaries(major: int) -> Path:
    """Return the programs of PostgreSQL *major*: of the system, or what `make servers` fetched."""
    fetched = ROOT / ".cache" / "servers" / str(major) / "bin"
    system = Path(f"/usr/lib/postgresql/{major}/bin")
    for folder in (system, fetched):
        if (folder / "postgres").exists():
            return folder
    try:
        return embedded.find_binaries(major)
    except EnvironmentFault as error:
        error.remedy = f"make servers, or install PostgreSQL {major}, or set {_WANTED}"
        raise


def start_all() -> list[embedded.Server]:
    """Start every version and tell the workers, which are started after, where they are."""
    with _in_memory():
        started = {
            major: embedded.start(bin_dir=binaries(major), settings=_SETTINGS) for major in majors()
        }
    os.environ[_SHARED] = json.dumps(
        {major: [str(it.socket_dir), str(it.bin_dir)] for major, it in started.items()}
    )
    return list(started.values())


@contextlib.contextmanager
def _in_memory() -> Iterator[None]:
    """Make new folders in memory where there is enough: every test has a database of its own."""
    before = tempfile.tempdir
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH:
        tempfile.tempdir = str(_MEMORY)
    try:
        yield
    finally:
        tempfile.tempdir = before


def servers() -> dict[int, TestServer]:
    """Return the running servers, by version."""
    shared = json.loads(os.environ.get(_SHARED, "{}"))
    return {
        int(major): TestServer(int(major), host, Path(bin_dir))
        for major, (host, bin_dir) in shared.items()
    }


def is_controller() -> bool:
    """Whether this process starts the servers, and no worker of pytest-xdist does."""
    return "PYTEST_XDIST_WORKER" not in os.environ
