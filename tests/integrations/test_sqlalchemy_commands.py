"""The commands take mapped classes for a spec, from the first plan to a clean verify."""

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from tests.conftest import Build

from pginterlock.commands import interlock

MODELS = """\
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pginterlock.sqlalchemy import Machine


class Base(DeclarativeBase):
    pass


class Ticket(Base):
    __tablename__ = "ticket"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(sa.Text)
    __interlock__ = Machine(
        state=status, mode="enforce", initial="OPEN", final="SHUT",
        transitions={"shut": {"from": "OPEN", "to": "SHUT"}},
    )
"""


def build(session: psycopg.Connection) -> None:
    session.execute("create table ticket (id int primary key, status text not null)")


def test_plan_apply_and_verify(
    make_database: Callable[[str, Build], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dsn = make_database("tickets", build)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ticket_models.py").write_text(MODELS, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.interlock]\nspec = "ticket_models:Base"\n')

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(interlock, [*arguments, "--dsn", dsn])
        return done.exit_code, done.stdout

    assert run("plan")[0] == 1
    assert run("apply", "--yes")[0] == 0
    assert run("plan")[0] == 0
    code, told = run("verify", "--format", "json")
    wrong = [it for it in json.loads(told)["findings"] if it["severity"] == "error"]
    assert (code, wrong) == (0, [])
    with psycopg.connect(dsn) as session, pytest.raises(psycopg.errors.CheckViolation):
        session.execute("insert into ticket values (1, 'SHUT')")
