"""`--sql` of a machine that depends on owners and roles: the script asks the database it meets."""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from alembic.util import CommandError
from psycopg import errors
from tests.integrations import alembic_rights
from tests.integrations.alembic_depot import Depot, is_sound, run_psql
from tests.integrations.alembic_rights import BARE, CHANGED, definitions
from tests.servers import TestServer

import pginterlock
from pginterlock import apply, embedded, spec
from pginterlock.database import connect
from pginterlock.model import Spec
from pginterlock.steps import make_plan
from pginterlock.tripwire import Mode
from pginterlock.tripwire_setting import ask_for
from pginterlock.verify import verify

_count = count()


@pytest.fixture(scope="module")
def rights_server(server: TestServer) -> Iterator[embedded.Server]:
    """A server with the roles of the depot."""
    with embedded.running(bin_dir=server.bin_dir) as started:
        yield started


@pytest.fixture
def depot(rights_server: embedded.Server, tmp_path: Path) -> Depot:
    """An environment on a database with tables and no machine, that revisions upgrade."""
    dsn = alembic_rights.make(rights_server, f"online_{next(_count)}")
    return alembic_rights.lay_out(tmp_path / "depot", dsn)


@pytest.fixture
def there(depot: Depot, rights_server: embedded.Server) -> Depot:
    """The same environment on another such database, where scripts are run."""
    return Depot(depot.folder, alembic_rights.make(rights_server, f"script_{next(_count)}"))


def run(psql: Path, there: Depot, script: str) -> None:
    """Run *script* to its end."""
    ran = run_psql(psql, there.dsn, script)
    assert ran.returncode == 0, ran.stderr


def revise(depot: Depot, *changes: tuple[str, str], mending: str = "") -> str:
    """Change the spec, write a revision, run it with the database at hand; return its name.

    The revision writes rows by *mending* before it changes the machine, on its way up and down.
    """
    depot.change("interlock.yaml", *changes)
    written = depot.revision()
    found = re.search(r"^revision.* = .(\w+)", written, re.MULTILINE)
    assert found
    if mending:
        (file,) = (it for it in depot.versions() if it.name.startswith(found[1]))
        call = "    op.interlock_apply("
        assert written.count(call) == 2
        text = written.replace(call, f'    op.execute("{mending}")\n{call}')
        file.write_text(text, encoding="utf-8")
    depot.upgrade()
    return found[1]


def written(depot: Depot) -> str:
    """Write the first revision, and return its script, which makes all of it."""
    depot.revision()
    depot.ask("drop table alembic_version")
    return depot.sql("head")


def is_same(depot: Depot, there: Depot, *told: str) -> None:
    """Hold the database of the script against the other, and against the spec.

    `verify` has nothing to say but what is *told*, and that the roles have a member.
    """
    is_sound(there)
    declared = spec.load(there.folder / "interlock.yaml")
    with connect(there.dsn) as connection:
        found = [it.message for it in verify(connection, declared).findings]
        assert found == ["depot_migrator: member of interlock_owner", *told]
        assert make_plan(connection, declared).is_empty
    has_same_definitions(depot, there)


def has_same_definitions(depot: Depot, there: Depot) -> None:
    online, script = definitions(depot.dsn), definitions(there.dsn)
    assert {name: rows for name, rows in script.items() if rows != online[name]} == {}


def of_users(found: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[str]]:
    """Return what lies outside of schema interlock, without who granted it."""
    return {
        name: [re.sub(r" by \w+", "", str(row)) for row in rows if "interlock" not in str(row)]
        for name, rows in found.items()
        if name != "schemas"
    }


@pytest.mark.slow
def test_a_script_goes_where_revisions_go(depot: Depot, there: Depot, psql: Path) -> None:
    """Put on, changed, without what depends on rights; and all the way back."""
    before = definitions(there.dsn)
    texts, at = [""], "base"
    for changes in ((), CHANGED, BARE):
        name = revise(depot, *changes)
        texts.append((depot.folder / "interlock.yaml").read_text(encoding="utf-8"))
        run(psql, there, depot.sql(name if at == "base" else f"{at}:{name}"))
        is_same(depot, there)
        at = name
    assert there.ask("select max(version) from interlock.machine_version") == [(3,)]

    for text in reversed(texts[1:-1]):
        run(psql, there, depot.sql(f"{at}:{at}-1", down=True))
        depot.downgrade()
        depot.write("interlock.yaml", text)
        is_same(depot, there)
        (at,) = depot.ask("select version_num from alembic_version")[0]
    run(psql, there, depot.sql(f"{at}:base", down=True))
    depot.downgrade()
    has_same_definitions(depot, there)

    assert there.ask("select * from interlock.machine") == []
    after = of_users(definitions(there.dsn))
    assert {name: after[name] for name in before if name != "schemas"} == of_users(before)


@pytest.mark.slow
def test_an_owner_who_is_no_superuser_runs_it(
    rights_server: embedded.Server, tmp_path: Path, psql: Path
) -> None:
    """He is a member of those who own the tables, and of the owner of schema interlock."""
    migrator = "depot_migrator"
    dsn = alembic_rights.make(rights_server, f"online_{next(_count)}", migrator)
    depot = alembic_rights.lay_out(tmp_path / "depot", dsn)
    name = f"script_{next(_count)}"
    there = Depot(depot.folder, alembic_rights.make(rights_server, name, migrator))
    for it in (depot, there):
        it.ask("grant update on depot.parcel to public")
    first = revise(depot)
    second = revise(depot, *CHANGED)

    run(psql, there, depot.sql(first))
    run(psql, there, depot.sql(f"{first}:{second}"))

    is_same(depot, Depot(depot.folder, rights_server.dsn(name)))
    run(psql, there, depot.sql("head:base", down=True))
    depot.downgrade("base")
    has_same_definitions(depot, there)


@pytest.mark.slow
def test_a_script_gives_a_state_of_a_mirror_another_name(
    depot: Depot, there: Depot, psql: Path
) -> None:
    """Rows move to the name, and back, while what depends on rights is off and on again.

    A mirror in observe looks at the commit: no write in the migration is ahead of a change.
    """
    first = revise(depot)
    text = (depot.folder / "interlock.yaml").read_text(encoding="utf-8")
    run(psql, there, depot.sql(first))
    renamed = ("funnel: true", "funnel: true\n    states: {FRESH: {renamed_from: NEW}}")
    mending = "update depot.parcel set weight = weight + 1"
    second = revise(depot, ("NEW", "FRESH"), renamed, mending=mending)

    run(psql, there, depot.sql(f"{first}:{second}"))
    is_same(depot, there, "NEW is still accepted beside FRESH")
    assert there.ask("select status, weight from depot.parcel") == [("FRESH", 2)]

    run(psql, there, depot.sql(f"{second}:{first}", down=True))
    depot.downgrade()
    depot.write("interlock.yaml", text)
    is_same(depot, there)
    assert there.ask("select status, weight from depot.parcel") == [("NEW", 3)]


@pytest.mark.slow
def test_what_a_script_put_on_holds(depot: Depot, there: Depot, psql: Path) -> None:
    revise(depot)
    run(psql, there, depot.sql("head"))
    app = Depot(there.folder, there.dsn.replace("user='postgres'", "user='depot_app'"))

    with pytest.raises(errors.InsufficientPrivilege):
        app.ask("update depot.parcel set status = 'PACKED' where id = 1")
    app.ask("update depot.parcel set weight = 2 where id = 1")
    app.ask("select interlock.fire('parcel', 1, 'pack')")
    assert there.ask("select id from depot.dock where is_full") == [(1,)]
    with pytest.raises(errors.CheckViolation, match="is_full"):
        there.ask("update depot.dock set is_full = false where id = 1")
    there.ask("update depot.dock set is_shut = true where id = 2")
    there.ask("insert into depot.parcel (id, status, dock) values (2, 'NEW', 2)")
    with pytest.raises(errors.CheckViolation, match="is_shut"):
        app.ask("select interlock.fire('parcel', 2, 'pack')")


@pytest.mark.slow
def test_scripts_pass_the_tripwire_and_it_watches_other_tables(
    depot: Depot, there: Depot, psql: Path
) -> None:
    with connect(there.dsn) as connection:
        apply.install(connection, Spec(()))
        ask_for(connection, Mode.REFUSE)
    first = revise(depot)
    text = (depot.folder / "interlock.yaml").read_text(encoding="utf-8")
    second = revise(depot, *CHANGED)

    run(psql, there, depot.sql(first))
    run(psql, there, depot.sql(f"{first}:{second}"))
    is_same(depot, there)
    for attack in (
        "drop trigger interlock_50_parcel_mirror_full on depot.dock",
        "alter table depot.dock drop column is_full",
        'drop table "Other"."Gate"',
    ):
        with pytest.raises(errors.IntegrityError) as caught:
            there.ask(attack)
        refusal = pginterlock.refusal(caught.value)
        assert refusal is not None
        assert refusal.code == "IL17"

    run(psql, there, depot.sql(f"{second}:{first}", down=True))
    depot.downgrade()
    depot.write("interlock.yaml", text)
    is_same(depot, there)
    run(psql, there, depot.sql(f"{first}:base", down=True))
    assert there.ask("select * from interlock.guarded") == []


class TestRefused:
    """What the database of the script would not hold, in the words of an upgrade there."""

    @pytest.mark.parametrize(
        "before",
        [
            "grant update (status) on depot.parcel to depot_reader",
            "revoke select on depot.parcel from public",
            "alter table depot.parcel enable row level security",
            "alter table depot.parcel owner to postgres",
            "alter table depot.dock owner to postgres; grant trigger on depot.dock to depot_app",
            "alter table depot.parcel alter dock type bigint",
        ],
    )
    def test_as_an_upgrade_refuses(self, depot: Depot, psql: Path, before: str) -> None:
        script = written(depot)
        depot.ask(before)
        with pytest.raises(CommandError) as refused:
            depot.upgrade()

        ran = run_psql(psql, depot.dsn, script)

        assert ran.returncode != 0
        problems = str(refused.value).removeprefix("interlock: ").splitlines()[:-1]
        assert problems != []
        for problem in problems:
            assert problem in ran.stderr
        assert depot.ask("select to_regnamespace('interlock')") == [(None,)]

    @pytest.mark.parametrize(
        ("before", "told"),
        [
            ("drop table depot.dock", "table depot.dock does not exist"),
            (
                "alter table depot.dock drop is_full",
                "column 'is_full' of depot.dock is missing, and was boolean when the revision was",
            ),
            (
                "alter table depot.dock drop constraint dock_pkey",
                "column 'id' of depot.dock is no unique key that is not null",
            ),
            (
                "alter table depot.dock rename to pier;"
                " create view depot.dock as select * from depot.pier",
                "depot.dock is no plain table",
            ),
        ],
    )
    def test_another_table_is_not_what_it_was(
        self, depot: Depot, psql: Path, before: str, told: str
    ) -> None:
        script = written(depot)
        depot.ask(before)

        ran = run_psql(psql, depot.dsn, script)

        assert "machine parcel does not fit this database" in ran.stderr
        assert told in ran.stderr
        assert depot.ask("select to_regnamespace('interlock')") == [(None,)]

    def test_a_role_that_is_not_there(self, depot: Depot, psql: Path) -> None:
        script = written(depot).replace("'depot_lead'", "'depot_leed'")

        ran = run_psql(psql, depot.dsn, script)

        assert "role 'depot_leed' does not exist" in ran.stderr
        assert depot.ask("select to_regnamespace('interlock')") == [(None,)]

    def test_rows_that_disagree(self, depot: Depot, psql: Path) -> None:
        script = written(depot)
        depot.ask("update depot.dock set is_full = true where id = 3")

        ran = run_psql(psql, depot.dsn, script)

        assert "rows of depot.dock that disagree: mirror full" in ran.stderr
        assert ": 1 row(s)" in ran.stderr
        assert "begin with mode: observe" in ran.stderr
        assert depot.ask("select to_regnamespace('interlock')") == [(None,)]

    def test_a_revision_that_does_not_tell_of_the_other_table(self, depot: Depot) -> None:
        depot.revision()
        (file,) = depot.versions()
        text = file.read_text(encoding="utf-8")
        head, targets, rest = text.partition("        targets:\n")
        assert targets
        file.write_text(head + '        """' + rest.partition('"""')[2], encoding="utf-8")

        with pytest.raises(CommandError, match=r"has to know table depot\.dock"):
            depot.sql("head")
