"""Machines on mapped classes go into revisions as those of a file do, alone or beside one."""

import pytest
from alembic.util import CommandError
from tests.integrations.alembic_depot import Depot

MODELS = """\
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pginterlock.sqlalchemy import Machine


class Base(DeclarativeBase):
    pass


class Crate(Base):
    __tablename__ = "crate"
    __table_args__ = {"schema": "depot"}
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]
    sent_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    __interlock__ = Machine(
        state="status",
        mode="enforce",
        initial="NEW",
        final="SENT",
        transitions={"send": {"from": "NEW", "to": "SENT"}},
        stamps={"sent_at": "SENT"},
    )


metadata = Base.metadata
"""
FILE = """\
interlock: 1
machines:
  crate: {table: depot.crate, state: status, mode: enforce, initial: [NEW], final: [SENT],
          transitions: {send: {from: NEW, to: SENT}}, stamps: {sent_at: SENT}}
"""


@pytest.fixture
def crates(empty_depot: Depot) -> Depot:
    """An environment whose machine stands on a class, and no spec."""
    empty_depot.write("models.py", MODELS)
    (empty_depot.folder / "interlock.yaml").unlink()
    return empty_depot


def test_a_machine_on_a_class_needs_no_file(crates: Depot) -> None:
    written = crates.revision()
    crates.upgrade()

    assert "op.interlock_apply(" in written
    assert "table: depot.crate" in written
    assert crates.revision().count("op.") == 0
    crates.write("models.py", MODELS.replace('final="SENT"', 'final=["SENT", "LOST"]').replace(
        '"to": "SENT"}}', '"to": "SENT"}, "lose": {"from": "NEW", "to": "LOST"}}'))  # fmt: skip
    crates.upgrade()
    assert "# crate: state added LOST" in crates.revision()


def test_a_machine_that_stands_in_both_goes_into_one_revision(crates: Depot) -> None:
    crates.write("interlock.yaml", FILE)

    written = crates.revision()
    crates.upgrade()

    assert written.count("op.interlock_apply(") == 1
    assert crates.revision().count("op.") == 0
    (crates.folder / "interlock.yaml").unlink()
    crates.upgrade()
    assert crates.revision().count("op.") == 0


def test_a_machine_that_stands_in_both_and_differs_is_told_with_both_places(crates: Depot) -> None:
    crates.write("interlock.yaml", FILE.replace("mode: enforce, ", ""))

    told = r":Crate mode: machine 'crate' has another mode at .*interlock\.yaml:3:3"
    with pytest.raises(CommandError, match=told):
        crates.revision()


def test_a_class_that_does_not_agree_with_itself_is_told(crates: Depot) -> None:
    crates.write("models.py", MODELS.replace('stamps={"sent_at"', 'stamps={"snt_at"'))

    with pytest.raises(CommandError, match=r":Crate stamps\.snt_at: .*did you mean 'sent_at'"):
        crates.revision()
