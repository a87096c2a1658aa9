"""Run the tools and the tests, each in an environment of its own: ``nox``, or ``nox -s lint``."""

import tempfile
from pathlib import Path

import nox

POSTGRESQL = ["15", "18"]

nox.options.default_venv_backend = "venv"


@nox.session
def lint(session: nox.Session) -> None:
    """Style: Python, SQL, spelling, and that imports point down."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")
    session.run("sqlfluff", "lint", "--disable-progress-bar", "sql", "migrations", "pgtests")
    session.run("codespell")


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly."""
    session.install("-e", ".[dev]")
    session.run("mypy")


@nox.session
@nox.parametrize("postgresql", POSTGRESQL)
def tests(session: nox.Session, postgresql: str) -> None:
    """Everything that is promised, on one PostgreSQL version."""
    session.install("-e", ".[embedded,dev]")
    session.run("bash", "pgtests/fetch_pgtap.sh", external=True)
    session.run("bash", "tests/fetch_alembic.sh", "python", external=True)
    session.run("pytest", *session.posargs, env={"INTERLOCK_TEST_PG": postgresql})


@nox.session
def docs(session: nox.Session) -> None:
    """Every command, option and code is documented."""
    session.install("-e", ".[embedded,dev]")
    session.run("pytest", "tests/docs")


@nox.session
def build(session: nox.Session) -> None:
    """Build the wheel, and let it answer in an environment that has nothing else."""
    session.install("build")
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty"
        session.run("python", "-m", "build", "--outdir", folder, ".")
        session.run("python", "-m", "venv", str(empty))
        [wheel] = Path(folder).glob("*.whl")
        session.run(str(empty / "bin" / "pip"), "install", "--quiet", str(wheel), external=True)
        session.run(str(empty / "bin" / "interlock"), "--help", external=True)
