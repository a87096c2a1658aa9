"""The life of a machine in one Alembic environment, told whole: run once for each Alembic version.

``python -m tests.integrations.alembic_story VERSION FOLDER DSN OTHER PSQL``; at the end stands
``told``.
"""

import sys
from pathlib import Path

import alembic
import psycopg
import pytest
from alembic.util import CommandError
from tests.integrations.alembic_depot import Depot, body, is_sound, order, run_psql


def main(version: str, folder: str, dsn: str, other: str, psql: str) -> None:
    """Tell the story."""
    assert alembic.__version__.startswith(version), alembic.__version__
    depot = Depot(Path(folder), dsn).lay_out()
    made_with_its_table(depot)
    nothing_the_second_time(depot)
    refuses_in_the_database(depot)
    changed_with_its_columns(depot)
    back_and_forth(depot)
    as_a_script(depot, other, Path(psql))
    taken_off(depot)
    sys.stdout.write("told\n")


def made_with_its_table(depot: Depot) -> None:
    first = depot.revision("first")
    assert order(body(first, "upgrade"), "create_table", "create_index", "interlock_apply")
    assert order(body(first, "downgrade"), "interlock_drop", "drop_index", "drop_table")
    assert "import pginterlock.alembic" in first
    depot.upgrade()
    is_sound(depot)


def nothing_the_second_time(depot: Depot) -> None:
    depot.check()
    second = depot.revision("second")
    assert body(second, "upgrade").count("pass") == 1
    next(it for it in depot.versions() if "second" in it.name).unlink()


def refuses_in_the_database(depot: Depot) -> None:
    depot.ask("insert into depot.parcel (id, status, weight) values (1, 'NEW', 3), (2, 'NEW', 3)")
    depot.ask("update depot.parcel set status = 'PACKED', dock = 1 where id = 1")
    with pytest.raises(psycopg.IntegrityError, match="NEW -> SENT is not allowed"):
        depot.ask("update depot.parcel set status = 'SENT' where id = 2")


def changed_with_its_columns(depot: Depot) -> None:
    """A state is renamed, a column comes, one goes and one gets another type, in one revision."""
    depot.change(
        "models.py", ('"dock"', '"gate"'), ('"weight", sa.Integer', '"weight", sa.BigInteger')
    )
    depot.change("interlock.yaml", ("dock", "gate"), ("PACKED", "BOXED"), ("pack:", "box:"))
    with (depot.folder / "interlock.yaml").open("a", encoding="utf-8") as file:
        file.write("    states: {BOXED: {renamed_from: PACKED}}\n")
    with pytest.raises(CommandError, match="interlock_apply"):
        depot.check()
    third = depot.revision("third")
    up, down = body(third, "upgrade"), body(third, "downgrade")
    assert order(up, "interlock_drop", "add_column", "interlock_apply", "drop_column")
    assert order(down, "add_column", "interlock_drop", "drop_column", "interlock_apply")


def back_and_forth(depot: Depot) -> None:
    standing = "select id, status from depot.parcel order by id"
    depot.upgrade()
    depot.check()
    assert depot.ask(standing) == [(1, "BOXED"), (2, "NEW")]
    is_sound(depot)
    depot.downgrade()
    assert depot.ask(standing) == [(1, "PACKED"), (2, "NEW")]
    known = depot.ask("select state_name from interlock.state order by 1")
    assert [it[0] for it in known] == ["NEW", "PACKED", "SENT"]
    depot.upgrade()
    depot.check()


def as_a_script(depot: Depot, other: str, psql: Path) -> None:
    """What --sql writes does the same in psql, on the way up and down."""
    if not psql.exists():
        return
    scripts = [depot.sql("head"), depot.sql("head:base", down=True)]
    ran = run_psql(psql, other, scripts[0])
    assert ran.returncode == 0, ran.stderr
    there = Depot(depot.folder, other)
    there.check()
    is_sound(there)
    ran = run_psql(psql, other, scripts[1])
    assert ran.returncode == 0, ran.stderr
    assert there.ask("select * from interlock.machine") == []


def taken_off(depot: Depot) -> None:
    depot.ini(interlock_spec="")
    fourth = depot.revision("fourth")
    assert "interlock_drop" in body(fourth, "upgrade")
    assert "BOXED" in body(fourth, "downgrade")
    depot.upgrade()
    depot.check()
    depot.downgrade()
    is_sound(depot)
    depot.downgrade("base")
    assert depot.ask("select * from interlock.machine") == []


if __name__ == "__main__":
    main(*sys.argv[1:])
