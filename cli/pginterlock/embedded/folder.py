"""The folder of a server: data, log, socket and, if need be, a copy of the programs.

Only the server's account may enter it. No permission outside of it is changed.
"""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pginterlock.embedded.account import Account, run
from pginterlock.embedded.programs import COPY
from pginterlock.errors import EnvironmentFault

PORT = 5432
_SOCKET = f".s.PGSQL.{PORT}"
_MAX_SOCKET_BYTES = 107
# What no libpq string, no unix_socket_directories and no shell of pg_ctl's would take apart.
_PLAIN = re.compile(r"[\w./-]+", re.ASCII)
_OURS = ("data", "data.new", "log", "socket", COPY)
_PREFIX = "interlock-"
_PROCESSES = Path("/proc")
_SHARED = "/dev/shm"  # noqa: S108 - a folder of our own is made in it
_ROOM_BYTES = 512 * 2**20
# Lines of postmaster.pid.
_PID, _SOCKET_FOLDER = 0, 4


@dataclass(slots=True)
class Folder:
    """Where a server lives; *fleeting* is what goes when it ends.

    *home* is a short and plain path; where *named*, as the user calls it, is none, a link to it.
    """

    named: Path
    home: Path
    account: Account
    fleeting: list[Path] = field(default_factory=list)

    @property
    def is_fleeting(self) -> bool:
        """Whether the data go when the server ends."""
        return self.named in self.fleeting

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """The log of the server."""
        return self.home / "log"

    def made_by(self) -> int | None:
        """Return the major version that made the data; None when there are none yet."""
        if not self.data.exists():
            return None
        try:
            return int((self.data / "PG_VERSION").read_text(encoding="ascii"))
        except (OSError, ValueError):
            raise EnvironmentFault(
                f"{self.data} is not, or not wholly, the data of a server",
                remedy="Name another folder; delete this one if nothing in it is needed.",
            ) from None

    def running_socket(self) -> Path | None:
        """Return the folder of the socket of a server that runs here already.

        What a server left behind when it was killed is not taken for one, even if its process id
        belongs to another program by now.
        """
        file = self.data / "postmaster.pid"
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
            process = _PROCESSES / str(abs(int(lines[_PID])))
        except (OSError, ValueError, IndexError):
            return None
        if not _PROCESSES.joinpath("self").exists():
            return None
        try:
            is_alive = (process / "cwd").samefile(self.data)
        except OSError:
            is_alive = False
        if not is_alive:
            file.unlink(missing_ok=True)
            return None
        return Path(lines[_SOCKET_FOLDER]) if len(lines) > _SOCKET_FOLDER else None

    def socket(self) -> Path:
        """Return the folder for the socket."""
        folder = self.home / "socket"
        folder.mkdir(mode=0o700, exist_ok=True)
        self.account.take(folder)
        return folder

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process at a time make and start what is here."""
        place = os.open(self.named, os.O_RDONLY)
        try:
            fcntl.flock(place, fcntl.LOCK_EX)
            yield
        finally:
            os.close(place)

    def remove(self) -> None:
        """Remove what is fleeting."""
        for place in self.fleeting:
            shutil.rmtree(place, ignore_errors=True)


def prepare(folder: Path | None, account: Account, *, in_memory: bool = False) -> Folder:
    """Return *folder*, or a new fleeting one, ready for a server that runs as *account*."""
    if folder is None:
        made = _temporary(account, _memory() if in_memory else ())
        return Folder(made, made, account, [made])
    home = folder.absolute()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        foreign = [it.name for it in home.iterdir() if it.name not in _OURS]
        if foreign:
            raise EnvironmentFault(
                f"{home} holds other things ({foreign[0]}): it is no folder of a server of ours",
                remedy="Name an empty folder, or one that does not exist yet.",
            )
        home.chmod(0o700)
    except OSError as error:
        raise EnvironmentFault(
            f"{home} cannot hold a server: {error.strerror}", remedy="Name another folder."
        ) from None
    account.take(home)
    if not _can_enter(home, account):
        raise EnvironmentFault(
            f"account {account.name}, which the server runs as, cannot enter {home}",
            remedy="Name a folder whose parents it may enter, such as one below /var/tmp.",
        )
    if _is_plain(home):
        return Folder(home, home, account)
    link = _temporary(account)
    (link / "home").symlink_to(home, target_is_directory=True)
    return Folder(home, link / "home", account, [link])


def _is_plain(home: Path) -> bool:
    socket = str(home / "socket" / _SOCKET)
    return bool(_PLAIN.fullmatch(socket)) and len(socket) <= _MAX_SOCKET_BYTES


def _memory() -> tuple[str, ...]:
    """Return the folder that lies in memory, where there is one and it has room."""
    try:
        free = shutil.disk_usage(_SHARED).free
    except OSError:
        return ()
    return (_SHARED,) if free >= _ROOM_BYTES else ()


def _temporary(account: Account, first: tuple[str, ...] = ()) -> Path:
    """Return a new folder with a short name that the account can enter."""
    failed = "there is none"
    for parent in dict.fromkeys((*first, tempfile.gettempdir(), "/tmp", "/var/tmp")):  # noqa: S108
        if not _is_plain(Path(parent, _PREFIX + "12345678", "home")):
            failed = f"the path of {parent} is too long, or not plain enough, for a socket"
            continue
        try:
            made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        except OSError as error:
            failed = f"{parent}: {error.strerror}"
            continue
        account.take(made)
        if _can_enter(made, account):
            return made
        made.rmdir()
        failed = f"account {account.name} cannot enter {parent}"
    raise EnvironmentFault(
        f"no temporary folder can hold a server: {failed}",
        remedy="Set TMPDIR to a folder that every account may enter, such as /var/tmp.",
    )


def _can_enter(home: Path, account: Account) -> bool:
    enter = ["/bin/sh", "-c", 'cd "$1" && test -w .', "sh", str(home)]
    return account.uid is None or run(enter, account, Path("/"))[0] == 0
