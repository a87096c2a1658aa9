"""Spec in, SQL out: what a machine compiles to, for reading; and it runs.

``pytest tests/golden --update-golden`` writes the files anew; then read the difference.
"""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from pginterlock import apply, migrate, plan, spec, steps

HERE = Path(__file__).parent
CASES = sorted(file.parent.name for file in HERE.glob("*/interlock.yaml"))


def build(session: psycopg.Connection) -> None:
    """Make the table, and schema interlock, so that a plan is of the machine alone."""
    session.execute((HERE / "table.sql").read_bytes())
    migrate.upgrade(session)


@pytest.mark.parametrize("case", CASES)
def test_the_sql_is_as_it_was_read(
    case: str,
    make_database: Callable[..., str],
    connect: Callable[..., psycopg.Connection],
    request: pytest.FixtureRequest,
) -> None:
    session = connect(make_database("golden", build), autocommit=True)
    if (more := HERE / case / "tables.sql").exists():
        session.execute(more.read_bytes())
    wanted = spec.load(HERE / case / "interlock.yaml")
    expected = HERE / case / "expected.sql"

    made = steps.make_plan(session, wanted)
    written = plan.write(made)
    sql = written[written.index("\n\n") + 1 :].lstrip("\n")
    if request.config.getoption("update_golden"):
        expected.write_text(sql)

    assert sql == expected.read_text()
    apply.run(session, made)
    assert steps.make_plan(session, wanted).steps == ()
