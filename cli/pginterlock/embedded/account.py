"""Run programs of the server: as root with the rights of an ordinary account, else with our own.

No account is ever added, and nothing is changed for the accounts that are there.
"""

import os
import pwd
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pginterlock.errors import EnvironmentFault

_NAMES = ("postgres", "nobody")
_NOT_ALLOWED = 126


@dataclass(frozen=True, slots=True)
class Account:
    """Whose rights the server runs with; all None: our own."""

    name: str | None = None
    uid: int | None = None
    gid: int | None = None

    @property
    def groups(self) -> tuple[int, ...] | None:
        """The further groups: none for another account, our own for ourselves."""
        return None if self.uid is None else ()

    def take(self, place: Path) -> None:
        """Give *place* to the account; raise EnvironmentFault where we may not."""
        if self.uid is None or self.gid is None:
            return
        try:
            os.chown(place, self.uid, self.gid, follow_symlinks=False)
        except OSError as error:
            raise EnvironmentFault(
                f"{place} cannot be given to account {self.name}: {error.strerror}",
                remedy="Run this as an ordinary user; PostgreSQL does not run as root.",
            ) from None


def choose() -> Account:
    """Return the account that a server is to run as."""
    if os.geteuid() != 0:
        return Account()
    for name in _NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise EnvironmentFault(
        "PostgreSQL does not run as root, and there is no account postgres or nobody",
        remedy="Run this as an ordinary user.",
    )


def run(command: Sequence[str | Path], account: Account, cwd: Path) -> tuple[int, str]:
    """Run *command* and return its exit code and what it said.

    The output goes to a file: a server that inherits a pipe would keep it open.
    """
    with tempfile.TemporaryFile() as said:
        try:
            done = subprocess.run(
                command,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                check=False,
                env=_environment(),
                user=account.uid,
                group=account.gid,
                extra_groups=account.groups,
            )
        except OSError as error:
            return _NOT_ALLOWED, f"{command[0]}: {error.strerror}"
        said.seek(0)
        return done.returncode, said.read().decode(errors="replace")


def watch(script: str, arguments: Sequence[str], account: Account) -> subprocess.Popen[bytes]:
    """Start a shell that runs *script* once its input ends: when we end, even by kill -9."""
    return subprocess.Popen(
        ["/bin/sh", "-c", f"read -r _\n{script}", "sh", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=_environment(),
        start_new_session=True,
        user=account.uid,
        group=account.gid,
        extra_groups=account.groups,
    )


def _environment() -> dict[str, str]:
    """Return our environment without PGPORT, PGDATA and the like, which the server would obey."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}
