"""The life of a machine under each Alembic version that is supported; an older one is refused."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.conftest import Build
from tests.servers import ROOT, TestServer

CACHE = ROOT / ".cache" / "alembic"
OLDEST, OTHERS = "1.13", ("1.18", "1.20", "latest")
# The oldest in any case; of the others one by turns, where tests take turns.
_TURN = int(os.environ.get("INTERLOCK_BY_TURNS", "0"))
VERSIONS = (OLDEST, OTHERS[_TURN % len(OTHERS)]) if _TURN else (OLDEST, *OTHERS)


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_a_machine_lives_through_its_revisions(
    version: str,
    server: TestServer,
    make_database: Callable[[str, Build], str],
    tmp_path: Path,
) -> None:
    dsn, other = (make_database("alembic_empty", _build) for _ in range(2))
    psql = server.bin_dir / "psql"

    ran = _story("alembic_story", version, str(tmp_path / "depot"), dsn, other, str(psql))

    assert ran.stdout.endswith("told\n"), ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_a_machine_on_a_class_lives_through_its_revisions(
    version: str, make_database: Callable[[str, Build], str], tmp_path: Path
) -> None:
    dsn = make_database("alembic_empty", _build)

    ran = _story("alembic_class_story", version, str(tmp_path / "depot"), dsn)

    assert ran.stdout.endswith("told\n"), ran.stderr


def test_an_older_alembic_is_told_so_when_env_py_is_loaded() -> None:
    ran = _python("1.12", ["-c", "import pginterlock.alembic"], [])

    assert "pginterlock needs Alembic 1.13 or later, and this is 1.12" in ran.stderr
    assert "pip install --upgrade alembic" in ran.stderr


def _story(module: str, version: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    told = "" if version == "latest" else version
    return _python(version, ["-m", f"tests.integrations.{module}"], [told, *arguments])


def _python(
    version: str, what: list[str], arguments: list[str]
) -> subprocess.CompletedProcess[str]:
    paths = [ROOT / "cli", ROOT]
    if version != "latest":
        assert (CACHE / version).is_dir(), "make alembics fetches it"
        paths.insert(0, CACHE / version)
    return subprocess.run(
        [sys.executable, *what, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def _build(session: psycopg.Connection) -> None:
    session.execute("create schema depot")
