"""What the operations of a revision do in a database, and what they refuse to do."""

import logging
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from alembic.util import CommandError
from tests.integrations.alembic_depot import ASYNC_ENV, ENV, Depot, body, is_sound

from pginterlock import migrate

_MACHINES = "select machine_name, version from interlock.machine"


def test_a_migration_that_fails_later_leaves_nothing(depot: Depot) -> None:
    _change(depot)
    depot.revision("more")
    latest = _latest(depot)
    _rewrite(
        latest, "    # ### end Alembic", '    op.execute("select 1 / 0")\n    # ### end Alembic'
    )
    before = depot.ask(_MACHINES)

    with pytest.raises(Exception, match="division by zero"):
        depot.upgrade()

    assert depot.ask(_MACHINES) == before
    assert depot.ask("select count(*) from interlock.state") == [(3,)]


def test_the_revision_of_long_ago_does_what_it_did_then(depot: Depot) -> None:
    """The spec of today has nothing to say in it; nor has a spec that is gone."""
    was = depot.ask("select definition from interlock.machine")
    depot.downgrade("base")
    depot.write("interlock.yaml", "nothing of this is read")

    depot.upgrade()

    assert depot.ask("select definition from interlock.machine") == was


class TestHandsOff:
    """A revision that was edited is refused, with the place and what to do."""

    def test_a_machine_that_was_changed(self, empty_depot: Depot) -> None:
        _edited(empty_depot, "from: NEW, to: PACKED, guard: weight > 0", "from: NEW, to: PACKED")

        with pytest.raises(
            CommandError, match=r"0001_first.py: machine parcel is not what .* digest is"
        ):
            empty_depot.upgrade()

    def test_a_machine_that_is_none_any_more(self, empty_depot: Depot) -> None:
        _edited(empty_depot, "initial: [NEW]", "initial: [NEW")

        with pytest.raises(
            CommandError, match=r"0001_first.py: the machine in it cannot be read:\nline:\d+:\d+"
        ):
            empty_depot.upgrade()

    def test_a_table_that_is_none_any_more(self, empty_depot: Depot) -> None:
        _edited(empty_depot, "          id: bigint not null\n", "          - id\n")

        with pytest.raises(CommandError, match="table= is not what was written there"):
            empty_depot.sql("head")

    def test_no_machine_or_two(self, empty_depot: Depot) -> None:
        text = (Path(__file__).parent / "alembic_first.txt").read_text(encoding="utf-8")
        head, _, rest = text.partition("          parcel:\n")
        machine = rest.partition('        """')[0]
        other = machine.replace("depot.parcel", "depot.other")
        two = f"{head}          parcel:\n{machine}          other:\n{other}"
        empty_depot.write("versions/0001_first.py", two + rest[len(machine) :])

        with pytest.raises(CommandError, match="declares 2 machines, and an operation has one"):
            empty_depot.upgrade()

    def test_a_word_that_is_none(self, empty_depot: Depot) -> None:
        _edited(
            empty_depot, 'digest="5d7d5f9063fc547b",', 'digest="5d7d5f9063fc547b", old_names="x",'
        )

        with pytest.raises(CommandError, match="old_names='x': one of keep, accept, drop"):
            empty_depot.upgrade()


class TestRows:
    """Rows that are in the way are counted, and nothing is changed."""

    def test_a_downgrade_past_rows_in_new_states(self, depot: Depot) -> None:
        _change(depot)
        depot.revision("more")
        depot.upgrade()
        depot.ask(
            "insert into depot.parcel (id, status, weight) values (1, 'NEW', 1), (2, 'NEW', 1)"
        )
        depot.ask("update depot.parcel set status = 'PACKED', dock = id")
        depot.ask("update depot.parcel set status = 'LOST'")

        with pytest.raises(CommandError, match=r"2 rows of depot\.parcel stand in LOST"):
            depot.downgrade()

        assert depot.ask("select count(*) from interlock.state") == [(4,)]
        is_sound(depot)

    def test_rows_that_break_a_new_rule(self, depot: Depot) -> None:
        depot.ask("insert into depot.parcel (id, status, weight) values (7, 'NEW', 1)")
        with (depot.folder / "interlock.yaml").open("a", encoding="utf-8") as file:
            file.write("    invariants: {heavy: weight > 5}\n")
        depot.revision("more")

        with pytest.raises(CommandError, match=r"IL14 invariant heavy: 1 row, for example id=7"):
            depot.upgrade()

        assert depot.ask("select version from interlock.machine") == [(1,)]

    def test_rows_that_hold_the_same(self, empty_depot: Depot) -> None:
        depot = empty_depot
        depot.change("interlock.yaml", ("mode: enforce", "mode: observe"))
        depot.revision("first")
        depot.upgrade()
        depot.ask(
            "insert into depot.parcel (id, status, weight) values (1, 'NEW', 1), (2, 'NEW', 1)"
        )
        depot.ask("update depot.parcel set status = 'PACKED', dock = 5, packed_at = now()")
        depot.change("interlock.yaml", ("mode: observe", "mode: enforce"))
        depot.revision("strict")

        with pytest.raises(CommandError, match=r"rows of depot\.parcel that hold what another"):
            depot.upgrade()

        depot.ask("update depot.parcel set dock = 6 where id = 2")
        depot.upgrade()
        depot.check()
        is_sound(depot)


class TestStale:
    """The database is not what the revision was written against."""

    def test_two_heads_that_change_one_machine(self, depot: Depot) -> None:
        _change(depot)
        depot.revision("one", rev_id="one")
        depot.change("interlock.yaml", ("LOST", "GONE"))
        one = _latest(depot)
        aside = one.rename(depot.folder / one.name)
        depot.revision("two", rev_id="two")
        aside.rename(one)
        depot.upgrade("one")

        with pytest.raises(CommandError, match=r"machine parcel is at \w+ here, and .* changes it"):
            depot.upgrade("two")

    def test_a_machine_that_is_not_there(self, depot: Depot) -> None:
        _change(depot)
        depot.revision("more")
        _rewrite(
            _latest(depot),
            "def upgrade() -> None:",
            "def upgrade() -> None:\n    op.interlock_drop('parcel')\n",
        )

        with pytest.raises(
            CommandError, match="machine parcel is not installed here, and this rev"
        ):
            depot.upgrade()

    def test_what_is_there_already_is_not_done_again(self, depot: Depot) -> None:
        _change(depot)
        depot.revision("more")
        text = body(_latest(depot).read_text(encoding="utf-8"), "upgrade")
        depot.upgrade()
        again = depot.ask(_MACHINES)
        depot.ask("update public.alembic_version set version_num = '0001'")

        depot.upgrade()

        assert "replaces=" in text
        assert depot.ask(_MACHINES) == again

    def test_a_drop_of_what_is_not_there(self, depot: Depot) -> None:
        depot.revision("nothing")
        _rewrite(_latest(depot), "    pass\n", "    op.interlock_drop('parzel')\n")

        with pytest.raises(CommandError, match="no machine 'parzel' is installed here"):
            depot.upgrade()

    def test_a_database_that_is_behind_the_code(self, depot: Depot) -> None:
        """Schema interlock is of an older version: a revision brings it up, and all is as new."""
        older = migrate.revisions()[-2]
        depot.ask(migrate.downgrade_sql(migrate.head(), older))

        written = depot.revision("newer")
        depot.upgrade()

        assert "op.interlock_" in body(written, "upgrade")
        assert depot.ask("select version_num from interlock.schema_version") == [(migrate.head(),)]
        depot.check()
        is_sound(depot)

    def test_a_database_that_is_ahead_of_the_code(self, depot: Depot) -> None:
        depot.ask("update interlock.schema_version set version_num = '9999'")

        with pytest.raises(CommandError, match="schema interlock is of revision '9999', unknown"):
            depot.check()
        depot.downgrade("base")  # takes the machine off, and needs no other version for it
        with pytest.raises(CommandError, match="schema interlock is of revision '9999', unknown"):
            depot.upgrade()

    def test_revisions_of_schema_interlock_are_not_in_the_log_of_a_user(
        self, empty_depot: Depot, caplog: pytest.LogCaptureFixture
    ) -> None:
        empty_depot.revision("first")
        with caplog.at_level(logging.INFO, logger="alembic.runtime.migration"):
            empty_depot.upgrade()

        ran = [it.getMessage() for it in caplog.records if "Running upgrade" in it.getMessage()]
        assert len(ran) == 1
        assert ran[0].endswith(", first")


class TestTransactions:
    """An operation is part of the migration's transaction, and says so where it cannot be."""

    def test_outside_of_one(self, depot: Depot) -> None:
        _drop_inside(depot, "with op.get_context().autocommit_block():\n        ")

        with pytest.raises(CommandError, match="applied in a transaction, and this connection has"):
            depot.upgrade()

    @pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg"])
    def test_of_an_engine_that_commits_each_statement(
        self, empty_depot: Depot, driver: str
    ) -> None:
        depot = empty_depot
        depot.revision("first")
        depot.driver = driver
        env = ASYNC_ENV if driver == "asyncpg" else ENV.format(options="", engine="")
        pool = "poolclass=sa.NullPool"
        depot.write("env.py", env.replace(pool, f'{pool}, isolation_level="AUTOCOMMIT"'))

        with pytest.raises(CommandError, match="in a transaction, and this connection has none"):
            depot.upgrade()

    def test_in_one_that_would_not_see_rows(self, depot: Depot) -> None:
        _drop_inside(depot, "")
        depot.lay_out(engine=', isolation_level="REPEATABLE READ"')

        with pytest.raises(CommandError, match="the migration runs in repeatable read"):
            depot.upgrade()

    def test_the_rest_of_the_migration_has_its_settings_back(self, depot: Depot) -> None:
        _change(depot)
        depot.revision("more")
        ask = '    op.execute("create table depot.told as select name, setting from pg_settings")\n'
        set_ = '    op.execute("set local search_path = depot, public")\n'
        latest = _latest(depot)
        _rewrite(latest, "    # ### commands", set_ + "    # ### commands")
        _rewrite(latest, "    # ### end Alembic", ask + "    # ### end Alembic")

        depot.upgrade()

        asked = "select setting from depot.told where name in ('search_path', 'lock_timeout')"
        assert depot.ask(f"{asked} order by 1") == [("0",), ("depot, public",)]

    def test_a_lock_that_is_not_to_be_had_names_who_holds_it(
        self, depot: Depot, connect: Callable[..., psycopg.Connection]
    ) -> None:
        _change(depot)
        depot.revision("more")
        depot.ini(interlock_lock_wait="0.5", interlock_lock_timeout="50")
        other = connect(depot.dsn, application_name="a report")
        other.execute("lock table depot.parcel in row exclusive mode")

        with pytest.raises(CommandError, match=r"(?s)lock was not granted in 0.5 s.*a report"):
            depot.upgrade()

        other.rollback()
        depot.upgrade()

    @pytest.mark.parametrize("word", ["soon", "-1", "nan", "inf"])
    def test_a_time_that_is_none(self, depot: Depot, word: str) -> None:
        _change(depot)
        depot.revision("more")
        depot.ini(interlock_lock_wait=word)

        with pytest.raises(CommandError, match=f"interlock_lock_wait = {word}: not"):
            depot.upgrade()


@pytest.mark.parametrize("driver", ["psycopg2", "asyncpg"])
def test_other_drivers_do_the_same(empty_depot: Depot, driver: str) -> None:
    depot = empty_depot
    depot.driver = driver
    if driver == "asyncpg":
        depot.lay_out(env=ASYNC_ENV)

    depot.revision("first")
    depot.upgrade()
    depot.check()
    is_sound(depot)

    depot.ask("insert into depot.parcel (id, status, weight) values (1, 'NEW', 1)")
    depot.ask("update depot.parcel set status = 'PACKED', dock = 1")
    depot.change("interlock.yaml", ("PACKED", "BOXED"))
    with (depot.folder / "interlock.yaml").open("a", encoding="utf-8") as file:
        file.write("    states: {BOXED: {renamed_from: PACKED}}\n")
        file.write("    invariants: {light: weight < 1}\n")
    depot.revision("second")
    with pytest.raises(CommandError, match="IL14 invariant light: 1 row, for example id=1"):
        depot.upgrade()


def _change(depot: Depot) -> None:
    depot.change(
        "interlock.yaml",
        ("final: [SENT]", "final: [SENT, LOST]"),
        ("PACKED, to: SENT}", "PACKED, to: SENT}\n      lose: {from: PACKED, to: LOST}"),
    )


def _edited(depot: Depot, old: str, new: str) -> None:
    text = (Path(__file__).parent / "alembic_first.txt").read_text(encoding="utf-8")
    assert old in text
    depot.write("versions/0001_first.py", text.replace(old, new))


def _drop_inside(depot: Depot, block: str) -> None:
    depot.revision("more")
    _rewrite(_latest(depot), "    pass\n", f"    {block}op.interlock_drop('parcel')\n")


def _latest(depot: Depot) -> Path:
    return max(depot.versions(), key=lambda it: it.stat().st_mtime_ns)


def _rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
