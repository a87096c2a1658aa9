"""A pgbouncer in transaction mode in front of a test server: one connection for all clients."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from tests.servers import ROOT, TestServer

from pginterlock.embedded import account

_FETCHED = ROOT / ".cache" / "pgbouncer"
_PORT = 6432
_START_S = 10.0
_SETTINGS = """\
[databases]
* = host={server} port=5432

[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = 1
max_client_conn = 50
"""


def find() -> Path | None:
    """Return the program: what was fetched, else what the system has."""
    fetched = _FETCHED / "pgbouncer"
    if fetched.exists():
        return fetched
    found = shutil.which("pgbouncer")
    return Path(found) if found else None


@contextmanager
def running(server: TestServer, database: str) -> Iterator[str]:
    """Run one for *database* on a socket of its own; yield the libpq string of a client."""
    program = find()
    if program is None:
        raise AssertionError("there is no pgbouncer; see tests/fetch_pgbouncer.sh")
    who = account.choose()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for file in [program, *program.parent.glob("lib*.so*")]:
            shutil.copy(file, folder)
        (folder / "users.txt").write_text('"postgres" ""\n', encoding="utf-8")
        settings = folder / "pgbouncer.ini"
        text = _SETTINGS.format(server=server.host, port=_PORT, folder=folder)
        settings.write_text(text, encoding="utf-8")
        for file in [folder, *folder.iterdir()]:
            who.take(file)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [folder / program.name, settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={"LD_LIBRARY_PATH": str(folder)},
                user=who.uid,
                group=who.gid,
                extra_groups=who.groups,
            )
        dsn = f"host={folder} port={_PORT} user=postgres dbname={database}"
        try:
            _await(dsn, process, folder / "log")
            yield dsn
        finally:
            process.terminate()
            process.wait(timeout=_START_S)


def _await(dsn: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            psycopg.connect(dsn, prepare_threshold=None, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"pgbouncer did not start: {log.read_text(encoding='utf-8')}")
