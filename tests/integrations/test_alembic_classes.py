"""Machines on mapped classes go into revisions as those of a file do, alone or beside one."""

import pytest
from alembic.util import CommandError
from tests.integrations.alembic_crate import LOST, MODELS, without_file
from tests.integrations.alembic_depot import Depot

FILE = """\
interlock: 1
machines:
  crate: {table: depot.crate, state: status, mode: enforce, initial: [NEW], final: [SENT],
          transitions: {send: {from: NEW, to: SENT}}, stamps: {sent_at: SENT}}
"""


@pytest.fixture
def crates(empty_depot: Depot) -> Depot:
    """An environment whose machine stands on a class, and no spec."""
    return without_file(empty_depot)


def test_a_machine_on_a_class_needs_no_file(crates: Depot) -> None:
    written = crates.revision()
    crates.upgrade()

    assert "op.interlock_apply(" in written
    assert "table: depot.crate" in written
    assert crates.revision().count("op.") == 0
    crates.change("models.py", *LOST)
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
