"""examples/hotel/alembic: what its README says is what happens."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from tests.conftest import Build
from tests.servers import ROOT

from pginterlock import apply, database, spec, verify
from pginterlock.findings import Severity

HOTEL = ROOT / "examples" / "hotel"
README = HOTEL / "alembic" / "README.md"


@pytest.mark.slow
def test_autogenerate_twice_is_a_revision_and_then_nothing(
    make_database: Callable[[str, Build], str], tmp_path: Path
) -> None:
    shutil.copytree(HOTEL / "alembic", tmp_path / "alembic")
    shutil.copy(HOTEL / "interlock.yaml", tmp_path)
    dsn = make_database("alembic_nothing", lambda _: None)

    said = [_run(line, dsn, tmp_path / "alembic") for line in _commands()]

    written = sorted(
        (tmp_path / "alembic" / "versions").glob("*.py"), key=lambda it: it.stat().st_mtime_ns
    )
    first, second = (it.read_text(encoding="utf-8") for it in written[-2:])
    assert first.count("op.interlock_apply(") == 1
    assert re.findall(r"^    (?:op\.|pass)", second, re.MULTILINE) == ["    pass", "    pass"]
    assert "No new upgrade operations detected." in said[-1]
    declared = spec.load(HOTEL / "interlock.yaml")
    with database.connect(dsn) as connection:
        found = verify.verify(connection, declared).findings
    assert [it for it in found if it.severity is Severity.ERROR] == []


def test_its_models_are_the_tables_of_the_hotel(bare_hotel: str, tmp_path: Path) -> None:
    """The models, the first revision and schema.sql say the same."""
    shutil.copytree(HOTEL / "alembic", tmp_path / "alembic")
    shutil.copy(HOTEL / "interlock.yaml", tmp_path)
    with database.connect(bare_hotel) as connection:
        apply.install(connection, spec.load(HOTEL / "interlock.yaml"))

    _run("alembic stamp head", bare_hotel, tmp_path / "alembic")
    said = _run("alembic check", bare_hotel, tmp_path / "alembic")

    assert "No new upgrade operations detected." in said


def _commands() -> list[str]:
    """Return the commands of the README, without comments."""
    block = README.read_text(encoding="utf-8").split("```console\n")[1].split("```")[0]
    return [line[2:].partition(" #")[0] for line in block.split("\n") if line.startswith("$ ")]


def _run(line: str, dsn: str, folder: Path) -> str:
    told = conninfo_to_dict(dsn)
    ran = subprocess.run(
        [sys.executable, "-m", *shlex.split(line)],
        env={
            **{name: it for name, it in os.environ.items() if name != "DATABASE_URL"},
            "PGHOST": str(told["host"]),
            "PGPORT": str(told.get("port", 5432)),
            "PGUSER": str(told["user"]),
            "PGDATABASE": str(told["dbname"]),
            "PYTHONPATH": str(ROOT / "cli"),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout + ran.stderr
