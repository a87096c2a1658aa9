"""`alembic upgrade --sql`: what it writes does in psql what the revision does with a database."""

from pathlib import Path

import psycopg
import pytest
from alembic.util import CommandError
from tests.integrations.alembic_depot import (
    FORMS,
    Depot,
    is_sound,
    only_machine,
    run_psql,
    shaped,
)
from tests.servers import TestServer

from pginterlock import embedded


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_machine(
    empty_depot: Depot, other_database: str, psql: Path, form: str
) -> None:
    depot = shaped(empty_depot, form)
    depot.revision("first")
    script = depot.sql("head")

    ran = run_psql(psql, other_database, script)

    assert ran.returncode == 0, ran.stderr
    there = Depot(depot.folder, other_database)
    there.check()
    is_sound(there)
    again = run_psql(psql, other_database, only_machine(script))
    assert again.returncode == 0, again.stderr
    there.check()
    is_sound(there)


def test_an_owner_who_is_no_superuser_runs_it(
    empty_depot: Depot, psql: Path, migrators_server: embedded.Server
) -> None:
    depot = empty_depot
    depot.revision("first")
    mine = migrators_server.dsn(user="depot_migrator")

    ran = run_psql(psql, mine, depot.sql("head"))

    assert ran.returncode == 0, ran.stderr
    there = Depot(depot.folder, mine)
    there.check()
    is_sound(Depot(depot.folder, migrators_server.dsn()))


@pytest.mark.slow
def test_an_owner_who_inherits_nothing_runs_it_or_is_told_so(
    empty_depot: Depot, psql: Path, server: TestServer
) -> None:
    """Before 16 a role inherits or does not; from 16 on the grant says that it does."""
    depot = empty_depot
    depot.revision("first")
    with embedded.running(bin_dir=server.bin_dir) as started:
        mine = started.dsn(user="depot_first")
        with psycopg.connect(started.dsn(), autocommit=True) as admin:
            admin.execute("create role depot_first login noinherit createrole")
            admin.execute("grant create on database postgres to depot_first")
            admin.execute("grant create on schema public to depot_first")
            admin.execute("create schema depot authorization depot_first")
            ran = run_psql(psql, mine, depot.sql("head"))
            if server.major < 16:
                assert "role depot_first does not inherit the rights of roles" in ran.stderr
                admin.execute("alter role depot_first inherit")
                ran = run_psql(psql, mine, depot.sql("head"))

        assert ran.returncode == 0, ran.stderr
        Depot(depot.folder, mine).check()
        is_sound(Depot(depot.folder, started.dsn()))


class TestRefused:
    """A script asks the database that it meets, and is taken back whole."""

    def test_another_version_is_in_force(self, depot: Depot, psql: Path) -> None:
        _change(depot)
        depot.revision("more")
        depot.change("interlock.yaml", ("LOST", "GONE"))
        script = depot.sql("0001:head")
        depot.upgrade()
        depot.ask('update interlock.machine set definition = definition || \'{"key": ["id"]}\'')

        ran = run_psql(psql, depot.dsn, script)

        assert "machine parcel is at" in ran.stderr
        assert ran.returncode != 0

    def test_the_machine_is_not_there(self, depot: Depot, psql: Path, other_database: str) -> None:
        _change(depot)
        depot.revision("more")

        ran = run_psql(psql, other_database, depot.sql("0001:head"))

        assert "machine parcel is not installed here" in ran.stderr
        assert Depot(depot.folder, other_database).ask("select to_regnamespace('interlock')") == [
            (None,)
        ]

    def test_rows_that_break_the_new_rules(self, depot: Depot, psql: Path) -> None:
        depot.ask("insert into depot.parcel (id, status, weight) values (7, 'NEW', 1)")
        with (depot.folder / "interlock.yaml").open("a", encoding="utf-8") as file:
            file.write("    invariants: {heavy: weight > 5}\n")
        depot.revision("more")

        ran = run_psql(psql, depot.dsn, depot.sql("0001:head"))

        assert "heavy" in ran.stderr
        assert depot.ask("select version from interlock.machine") == [(1,)]

    def test_a_downgrade_past_rows_in_a_state_that_goes(self, depot: Depot, psql: Path) -> None:
        _change(depot)
        depot.revision("more")
        depot.upgrade()
        depot.ask("insert into depot.parcel (id, status, weight) values (1, 'NEW', 1)")
        depot.ask("update depot.parcel set status = 'PACKED'")
        depot.ask("update depot.parcel set status = 'LOST'")

        ran = run_psql(psql, depot.dsn, depot.sql("head:0001", down=True))

        assert "machine parcel: 1 row stands in LOST, and this script takes" in ran.stderr
        assert ran.returncode != 0
        assert depot.ask("select count(*) from interlock.state") == [(4,)]
        is_sound(depot)

    def test_schema_interlock_is_of_another_version(self, depot: Depot, psql: Path) -> None:
        _change(depot)
        depot.revision("more")
        depot.ask("update interlock.schema_version set version_num = '0001'")

        ran = run_psql(psql, depot.dsn, depot.sql("0001:head"))

        assert "schema interlock is of revision 0001 here, and this script was made" in ran.stderr

    def test_no_table_in_the_operation(self, empty_depot: Depot) -> None:
        text = (Path(__file__).parent / "alembic_first.txt").read_text(encoding="utf-8")
        head, _, rest = text.partition('        table="""')
        empty_depot.write("versions/0001_first.py", head + rest.partition('""",\n')[2])

        with pytest.raises(CommandError, match="--sql has to know its table"):
            empty_depot.sql("head")

        empty_depot.upgrade()
        empty_depot.check()


def _change(depot: Depot) -> None:
    depot.change(
        "interlock.yaml",
        ("final: [SENT]", "final: [SENT, LOST]"),
        ("PACKED, to: SENT}", "PACKED, to: SENT}\n      lose: {from: PACKED, to: LOST}"),
    )
