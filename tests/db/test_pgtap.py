"""`interlock test` runs pgTAP files as psql does, tells what failed, and leaves nothing behind."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import psycopg
import pytest
from tests.servers import ROOT, TestServer, majors, servers

from pginterlock import pgtap
from pginterlock.errors import EnvironmentFault
from pginterlock.pgtap import Verdict, place

PASSING = "begin; select plan(1); select pass('fine'); select * from finish(); rollback;\n"
# The same in psql and through the driver: what comes before the end of a file, and how it ends.
FILES = {
    "passes": (PASSING, None),
    "uses schema interlock": ("select plan(1); select has_schema('interlock');", None),
    "includes": ("begin;\n\\ir fixtures/table.sql\nselect plan(1);\nselect has_table('t');", None),
    "has variables": ("\\set n 'a''b'\nselect plan(1); select is(:'n'::text, e'a\\'b');", None),
    "echoes": ("\\echo 1..1\n\\echo ok 1 '- by hand'", None),
    "makes functions": (
        "select plan(2);\n"
        "create function f() returns int begin atomic select case when true then 1 end; end;\n"
        "create function g() returns int language plpgsql as $$ begin return 2; end $$;\n"
        "select is(f(), 1); select is(g(), 2);",
        None,
    ),
    "fails": ("select plan(1); select is(1, 2, 'one is two');", 'Failed test 1: "one is two"'),
    "has too few": ("select plan(2); select pass(); select * from finish();", "planned 2 tests"),
    "has no plan": ("select 1;", "no plan"),
    "breaks": ("select plan(1); select pass();\nselect 1/0;", "ERROR:  division by zero"),
    "breaks in an include": ("select plan(1); select pass();\n\\ir fixtures/broken.sql", "broken"),
    "includes nothing": ("select plan(1); select pass();\n\\ir gone.sql", "gone.sql"),
    "raises": ("select plan(1); select ok(false); select finish(true);", "1 test failed of 1"),
    "bails out": ("select plan(2); select pass();\n\\echo 'Bail out!  no disk'", "no disk"),
}


@pytest.fixture(scope="module")
def template(server: TestServer) -> Iterator[str]:
    with pgtap.template(server.dsn(), folder=ROOT) as name:
        yield name


@pytest.fixture(scope="session")
def newest() -> TestServer:
    """One server, for what the command does and the server has no part in."""
    return servers()[max(majors())]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fixtures").mkdir()
    _write(tmp_path / "fixtures" / "table.sql", "create table t (id int);")
    _write(tmp_path / "fixtures" / "broken.sql", "select\n  broken;")
    return tmp_path


@pytest.mark.parametrize("way", ["psql", "driver"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_is_judged_alike_with_psql_and_without(
    server: TestServer, template: str, folder: Path, name: str, way: str
) -> None:
    text, problem = FILES[name]
    file = _write(folder / "a.sql", text)
    psql = pgtap.find_psql(server.bin_dir) if way == "psql" else None
    assert (psql is None) == (way == "driver")

    result = pgtap.run_file(file, pgtap.Server(server.dsn(), template, psql))

    assert result.has_passed == (problem is None), result.failing_lines
    if problem:
        assert problem in "\n".join(result.failing_lines)


def test_the_driver_says_which_command_of_psql_it_does_not_know(
    server: TestServer, template: str, folder: Path
) -> None:
    file = _write(folder / "a.sql", "select plan(1);\nselect pass() \\gset\n")

    result = pgtap.run_file(file, pgtap.Server(server.dsn(), template))

    assert f"{file}:2: \\gset: without psql, only \\i, \\ir, \\set" in result.problems[0]


@pytest.mark.parametrize("way", ["psql", "driver"])
def test_a_file_that_hangs_is_stopped(
    server: TestServer, template: str, folder: Path, way: str
) -> None:
    file = _write(folder / "a.sql", "select plan(1); select pass();\nselect pg_sleep(60);")
    psql = pgtap.find_psql(server.bin_dir) if way == "psql" else None

    result = pgtap.run_file(file, pgtap.Server(server.dsn(), template, psql, time_limit_s=1))

    assert "stopped after 1 s" in result.problems[0]
    assert [it.verdict for it in result.outcome.tests] == [Verdict.PASSED]
    assert result.seconds < 20


def test_every_file_has_a_fresh_database_and_none_stays(
    server: TestServer, template: str, folder: Path
) -> None:
    text = "create table t (); select plan(1); select pass();"
    files = [_write(folder / f"{number}.sql", text) for number in range(4)]

    results = pgtap.run_files(files, pgtap.Server(server.dsn(), template), jobs=3)

    assert [it.file for it in results] == files
    assert all(it.has_passed for it in results), [it.failing_lines for it in results]
    assert _databases_like(server, template) == [template]


def test_a_bail_out_stops_the_rest(server: TestServer, template: str, folder: Path) -> None:
    files = [_write(folder / "a.sql", FILES["bails out"][0]), _write(folder / "b.sql", PASSING)]

    results = pgtap.run_files(files, pgtap.Server(server.dsn(), template), jobs=1)

    assert [it.file for it in results] == files[:1]


def test_a_role_that_may_not_make_databases_is_told_so(server: TestServer) -> None:
    role = f"pgtap_poor_{os.getpid()}"
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(f"create role {role} login".encode())
        try:
            with pytest.raises(EnvironmentFault, match="no right") as fault:
                pgtap.build_template(server.dsn(user=role), f"never_{os.getpid()}")
        finally:
            admin.execute(f"drop role {role}".encode())

    assert "CREATEDB" in (fault.value.remedy or "")


def test_without_pgtap_it_is_said_what_to_install(
    server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INTERLOCK_PGTAP_SQL", raising=False)
    with psycopg.connect(server.dsn()) as connection:
        available = "select from pg_available_extensions where name = 'pgtap'"
        if connection.execute(available).rowcount:
            pytest.skip("this server has the extension")
    name = f"never_{os.getpid()}"

    with pytest.raises(EnvironmentFault, match="no pgTAP") as fault:
        pgtap.build_template(server.dsn(), name, folder=tmp_path)

    remedy = fault.value.remedy or ""
    assert "make pgtap" in remedy
    assert f"postgresql-{server.major}-pgtap" in remedy
    assert _databases_like(server, name) == []


def test_an_sql_file_that_is_not_pgtap_is_refused(
    server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERLOCK_PGTAP_SQL", str(_write(tmp_path / "x.sql", "no sql;")))

    with (
        psycopg.connect(server.dsn()) as connection,
        pytest.raises(EnvironmentFault, match="does not load as pgTAP"),
    ):
        place.install_pgtap(connection)


def test_no_argument_of_psql_holds_the_password(
    server: TestServer, template: str, folder: Path
) -> None:
    file = _write(folder / "a.sql", PASSING)
    real = pgtap.find_psql(server.bin_dir)
    spy = _write(
        folder / "psql",
        f'#!/bin/sh\nprintf "%s\\n" "$@" "then $PGPASSWORD" > {folder}/seen\nexec "{real}" "$@"\n',
    )
    spy.chmod(0o755)

    result = pgtap.run_file(file, pgtap.Server(f"{server.dsn()} password=hunter2", template, spy))

    arguments, _, password = (folder / "seen").read_text().partition("then ")
    assert result.has_passed, result.failing_lines
    assert "hunter2" not in arguments
    assert password == "hunter2\n"  # noqa: S105


def test_the_command_prints_what_failed_and_exits_1(newest: TestServer, folder: Path) -> None:
    _write(folder / "bad.sql", FILES["fails"][0])
    _write(folder / "good.sql", PASSING)

    done = _interlock(str(folder), "--dsn", newest.dsn())

    assert done.returncode == 1, done.stderr
    assert "not ok 1 - one is two\n" in done.stdout
    assert "\n    #         have: 1\n" in done.stdout
    assert done.stdout.endswith("2 files, 2 tests, 1 failed: 1 file FAILED\n")
    assert "\x1b" not in done.stdout
    assert _databases_like(newest, f"interlock_test_{done.pid}") == []


def test_the_command_writes_junit_and_tap(newest: TestServer, folder: Path) -> None:
    file = _write(folder / "good.sql", PASSING)
    report = folder / "report.xml"

    junit = _interlock(
        str(file), "--dsn", newest.dsn(), "--format", "junit", "--output", str(report)
    )
    tap = _interlock(str(file), "--dsn", newest.dsn(), "--format", "tap")

    assert (junit.returncode, tap.returncode) == (0, 0), junit.stderr + tap.stderr
    assert "1 file, 1 test: all passed" in junit.stdout
    root = ElementTree.parse(report).getroot()  # noqa: S314 - our own
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("1", "0", "0")
    assert tap.stdout.startswith("TAP version 13\n1..1\n")
    assert tap.stdout.endswith(f"    1..1\nok 1 - {file}\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["gone"], 2, "gone: no such file or folder", id="no such folder"),
        pytest.param(["sql/queries", "--output", "no/x"], 2, "no such folder", id="no place"),
        pytest.param(
            ["sql/queries", "--dsn", "postgresql://me:hunter2@localhost:1/x"],
            3,
            "no connection",
            id="no server",
        ),
    ],
)
def test_what_cannot_begin_says_why(arguments: list[str], code: int, message: str) -> None:
    done = _interlock(*arguments)

    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert done.stdout == ""
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


def test_pytest_runs_the_files_on_each_server(newest: TestServer, folder: Path) -> None:
    conftest = (ROOT / "pgtests" / "conftest.py").read_text(encoding="utf-8")
    _write(folder / "conftest.py", conftest)
    _write(folder / "bad.sql", FILES["fails"][0])
    _write(folder / "good.sql", PASSING)
    _write(folder / "none.sql", "\\echo 1..0 '# SKIP not here'")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "-v", "-p", "no:xdist",
         "--rootdir", folder, "-p", "no:cacheprovider", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip

    assert done.returncode == 1, done.stdout + done.stderr
    assert newest.major in majors()
    for major in majors():
        assert f"good.sql::pg{major} PASSED" in done.stdout
        assert f"none.sql::pg{major} SKIPPED" in done.stdout
        assert f"bad.sql::pg{major} FAILED" in done.stdout
    assert '# Failed test 1: "one is two"' in done.stdout
    assert "Traceback" not in done.stdout
    assert "table.sql" not in done.stdout


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str
    pid: int


def _interlock(*arguments: str) -> Done:
    with subprocess.Popen(
        [sys.executable, "-m", "pginterlock", "test", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "cli")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        stdout, stderr = running.communicate()
        return Done(running.returncode, stdout, stderr, running.pid)


def _databases_like(server: TestServer, prefix: str) -> list[str]:
    with psycopg.connect(server.dsn()) as connection:
        query = "select datname from pg_database where starts_with(datname, %s)"
        return [row[0] for row in connection.execute(query, [prefix])]


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
