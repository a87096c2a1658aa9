"""The life of a machine that stands on a mapped class alone: run once for each Alembic version.

``python -m tests.integrations.alembic_class_story VERSION FOLDER DSN``; at the end stands ``told``.
"""

import sys
from pathlib import Path

import alembic
import psycopg
import pytest
from alembic.util import CommandError
from tests.integrations.alembic_crate import LOST, without_file
from tests.integrations.alembic_depot import Depot, body, order


def main(version: str, folder: str, dsn: str) -> None:
    """Tell the story: made, empty the second time, changed, and taken off."""
    assert alembic.__version__.startswith(version), alembic.__version__
    depot = without_file(Depot(Path(folder), dsn).lay_out())
    first = depot.revision("first")
    assert order(body(first, "upgrade"), "create_table", "interlock_apply")
    assert order(body(first, "downgrade"), "interlock_drop", "drop_table")
    depot.upgrade()
    depot.check()
    depot.ask("insert into depot.crate (status) values ('NEW')")
    with pytest.raises(psycopg.IntegrityError, match="status is not a state"):
        depot.ask("update depot.crate set status = 'LOST'")
    depot.change("models.py", *LOST)
    with pytest.raises(CommandError, match="interlock_apply"):
        depot.check()
    assert "# crate: state added LOST" in depot.revision("second")
    depot.upgrade()
    depot.check()
    depot.ask("update depot.crate set status = 'LOST'")
    with pytest.raises(CommandError, match=r"1 row of depot\.crate stands in LOST"):
        depot.downgrade()
    assert depot.ask("select status from depot.crate") == [("LOST",)]
    depot.change("models.py", ("    __interlock__ = Machine(", "    unused = dict("))
    depot.ini(interlock_spec="")
    third = depot.revision("third")
    assert "interlock_drop" in body(third, "upgrade")
    depot.upgrade()
    depot.check()
    assert depot.ask("select * from interlock.machine") == []
    sys.stdout.write("told\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
