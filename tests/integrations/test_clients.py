"""Clients without a library of ours get all that a refusal has: Node, psql, a shell."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from tests.conftest import Build
from tests.integrations.refusing_stays import CASES, build
from tests.servers import ROOT, TestServer

SCRIPTS = ROOT / "examples" / "clients"
PAGE = (ROOT / "docs" / "how-to" / "read-refusals.md").read_text(encoding="utf-8")
MODULES = ROOT / ".cache" / "node" / "node_modules"
RULES = [(sqlstate, constraint, sql) for _, sqlstate, constraint, sql in CASES]
MOVE = CASES[0][3]

has_node = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "pg").is_dir(),
    reason="NODE IS NOT HERE: the Node client was NOT TESTED; run make node-clients",
)

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(server: TestServer, make_database: Callable[[str, Build], str]) -> Run:
    """Run a program in a database with a row for each way to be refused."""
    where = conninfo_to_dict(make_database("refusing_stays", build))
    environment = {
        "PATH": f"{server.bin_dir}{os.pathsep}{os.environ['PATH']}",
        "NODE_PATH": str(MODULES),
        "PGHOST": str(where["host"]),
        "PGPORT": str(where["port"]),
        "PGUSER": str(where["user"]),
        "PGDATABASE": str(where["dbname"]),
    }

    def runner(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            arguments, capture_output=True, text=True, check=False, env=environment, timeout=60
        )

    return runner


def told(output: str) -> dict[str, str]:
    return {
        name: rest.strip() for name, _, rest in (it.partition(" ") for it in output.splitlines())
    }


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(("node", SCRIPTS / "refusal.js"), marks=has_node),
        ("sh", SCRIPTS / "refusal.sh"),
    ],
    ids=["node", "sh"],
)
def test_a_script_tells_each_refusal(run: Run, program: tuple[str, Path]) -> None:
    for sqlstate, constraint, sql in [RULES[0], *RULES[-3:]]:
        done = run(*program, sql)

        found = told(done.stdout)
        assert (done.returncode, done.stderr) == (1, "")
        assert (found["sqlstate"], found["constraint"]) == (sqlstate, constraint)
        if sqlstate == "23514":
            assert found["hint"]
            assert json.loads(found["detail"])["machine"] == "stay"
        else:
            assert found["detail"].startswith("Key (")
    assert done.stdout not in PAGE
    assert run(*program, MOVE).stdout in PAGE

    written = run(*program, "update stay set note = 'kind' where id = 1")
    assert (written.returncode, written.stdout, written.stderr) == (0, "", "")
    other = run(*program, "select 1 / 0")
    assert (other.returncode, other.stdout) == (2, "")
    assert "division by zero" in other.stderr


def test_psql_tells_it_in_its_own_words(run: Run) -> None:
    done = run("psql", "-X", "-q", "-v", f"write={MOVE}", "-f", SCRIPTS / "refusal.sql")

    assert done.stdout == "sqlstate 23514\n"
    labels = ("DETAIL:", "HINT:", "SCHEMA NAME:", "TABLE NAME:", "CONSTRAINT NAME:")
    lines = [it for it in done.stderr.splitlines() if it.startswith(labels)]
    assert len(lines) == len(labels)
    assert [it for it in lines if it not in PAGE] == []
