"""What `alembic revision --autogenerate` writes, and what it says where it cannot."""

from io import StringIO

import pytest
from alembic.config import Config
from alembic.util import CommandError
from tests.integrations.alembic_depot import SPEC, Depot, body, is_sound, order, run_psql
from tests.servers import TestServer

from pginterlock import digests
from pginterlock import spec as specs


def test_a_table_goes_after_its_machine_and_comes_back_before_it(depot: Depot) -> None:
    depot.write("models.py", "import sqlalchemy as sa\nmetadata = sa.MetaData()\n")
    depot.ini(interlock_spec="")

    written = depot.revision()

    assert order(body(written, "upgrade"), "interlock_drop", "drop_table")
    assert order(body(written, "downgrade"), "create_table", "interlock_apply")
    assert "interlock_parcel" not in written
    depot.upgrade()
    depot.check()
    depot.downgrade()
    depot.lay_out()
    is_sound(depot)


def test_what_has_drifted_is_a_revision_and_mends_it(depot: Depot) -> None:
    depot.ask("drop trigger interlock_50_parcel_change on depot.parcel")

    with pytest.raises(CommandError, match=r"drift: create trigger depot\.parcel interlock_50_par"):
        depot.check()
    written = depot.revision()

    assert "# parcel: drift: create trigger" in written
    depot.upgrade()
    depot.check()
    is_sound(depot)


def test_a_function_of_ours_that_is_not_as_it_was_is_a_revision_of_its_own(depot: Depot) -> None:
    name = depot.ask(
        "select p.oid::regprocedure from pg_proc as p"
        " where p.pronamespace = 'interlock'::regnamespace and p.proname = 'statement_text'"
    )[0][0]
    depot.ask(f"alter function {name} set work_mem = '1MB'")

    written = depot.revision()

    assert "op.interlock_schema()" in body(written, "upgrade")
    depot.upgrade()
    depot.check()


def test_a_machine_on_a_table_of_others_stays(depot: Depot) -> None:
    depot.write("models.py", "import sqlalchemy as sa\nmetadata = sa.MetaData()\n")
    depot.change("env.py", ('"include_schemas": True', '"include_schemas": False'))
    depot.ini(interlock_spec="")

    written = depot.revision()

    assert "interlock" not in body(written, "upgrade")


def test_a_change_is_told_in_words_and_by_whom_it_is_followed(depot: Depot) -> None:
    depot.change(
        "interlock.yaml",
        ("final: [SENT]", "final: [SENT, LOST]"),
        ("PACKED, to: SENT}", "PACKED, to: SENT}\n      lose: {from: PACKED, to: LOST}"),
    )

    written = depot.revision()

    assert "# parcel: state added LOST" in written
    assert "# parcel: move added lose: PACKED -> LOST" in written
    before = specs.parse(SPEC, "spec").machines[0]
    assert f'replaces="{digests.digest(before)}"' in body(written, "upgrade")


class TestSpecAndModels:
    """They disagree: it is said where the spec speaks of what the models have not."""

    def test_a_column_that_the_models_drop(self, depot: Depot) -> None:
        depot.change("models.py", ('    sa.Column("dock", sa.Integer),\n', ""))

        with pytest.raises(
            CommandError, match=r"interlock.yaml:4:5: machine parcel speaks of colu"
        ):
            depot.revision()

    def test_a_table_that_the_models_drop(self, depot: Depot) -> None:
        depot.write("models.py", "import sqlalchemy as sa\nmetadata = sa.MetaData()\n")

        with pytest.raises(CommandError, match=r"the models have no table depot\.parcel any"):
            depot.revision()

    def test_a_column_that_neither_has(self, depot: Depot) -> None:
        depot.change("interlock.yaml", ("resource: [dock]", "resource: [dok]"))

        with pytest.raises(CommandError, match=r"interlock.yaml:14:25: .*dok.*mean 'dock'"):
            depot.revision()

    def test_a_column_that_comes_with_the_same_revision(self, depot: Depot) -> None:
        depot.change(
            "models.py", ("    sa.CheckC", '    sa.Column("sent_at", sa.DateTime),\n    sa.CheckC')
        )
        depot.change(
            "interlock.yaml", ("{packed_at: PACKED}", "{packed_at: PACKED, sent_at: SENT}")
        )

        written = depot.revision()

        assert order(body(written, "upgrade"), "add_column", "interlock_apply")
        depot.upgrade()
        depot.check()

    def test_a_column_that_cannot_be_added_to_the_rows_there_are(self, depot: Depot) -> None:
        depot.ask("insert into depot.parcel (id, status) values (1, 'NEW')")
        depot.change(
            "models.py",
            ("    sa.CheckC", '    sa.Column("x", sa.Text, nullable=False),\n    sa.CheckC'),
        )

        written = depot.revision()

        assert "add_column" in written
        assert "interlock" not in body(written, "upgrade")
        depot.change("interlock.yaml", ("{packed_at: PACKED}", "{packed_at: [PACKED, SENT]}"))
        next(it for it in depot.versions() if it.name != "0001_first.py").unlink()
        with pytest.raises(CommandError, match="cannot be tried in this database: column"):
            depot.revision()


class TestWhereTheSpecIs:
    """Options before alembic.ini before pyproject.toml before the usual name."""

    def test_beside_alembic_ini(self, depot: Depot) -> None:
        depot.check()

    def test_in_pyproject_beside_it(self, depot: Depot) -> None:
        (depot.folder / "interlock.yaml").rename(depot.folder / "other.yaml")
        depot.write("pyproject.toml", '[tool.interlock]\nspec = "other.yaml"\n')

        depot.check()

    def test_in_alembic_ini_before_that(self, depot: Depot) -> None:
        (depot.folder / "interlock.yaml").rename(depot.folder / "third.yaml")
        depot.write("pyproject.toml", '[tool.interlock]\nspec = "missing.yaml"\n')
        depot.ini(interlock_spec="third.yaml")

        depot.check()

    def test_in_env_py_before_all(self, depot: Depot) -> None:
        depot.ini(interlock_spec="missing.yaml")
        depot.lay_out(options='"interlock_spec": "interlock.yaml"')

        depot.check()

    def test_in_pyproject_where_there_is_no_alembic_ini(self, depot: Depot) -> None:
        (depot.folder / "alembic.ini").unlink()
        (depot.folder / "interlock.yaml").rename(depot.folder / "fourth.yaml")
        depot.write(
            "pyproject.toml",
            '[tool.alembic]\nscript_location = "%(here)s"\ninterlock_spec = "fourth.yaml"\n',
        )
        project = str(depot.folder / "pyproject.toml")

        depot.check(Config(toml_file=project, stdout=StringIO()))

    def test_nowhere(self, depot: Depot) -> None:
        (depot.folder / "interlock.yaml").unlink()

        with pytest.raises(
            CommandError, match=r"no spec at .*interlock.yaml\n.*interlock_spec = FILE"
        ):
            depot.check()

    def test_not_where_alembic_ini_says(self, depot: Depot) -> None:
        depot.ini(interlock_spec="gone.yaml")

        with pytest.raises(CommandError, match=r"no spec at .*gone.yaml\n  interlock_spec says so"):
            depot.check()

    def test_what_is_wrong_with_it_is_told_with_its_place(self, depot: Depot) -> None:
        depot.change("interlock.yaml", ("packed_at: PACKED", "packed_at: PACKT"))

        with pytest.raises(CommandError, match=r"interlock.yaml:12:14: unknown state 'PACKT'"):
            depot.check()


def test_hostile_names_come_through_a_revision_and_a_script(
    empty_depot: Depot, other_database: str, server: TestServer
) -> None:
    """Quotes, backslashes, percent signs, colons and dollars, in tables, columns and states."""
    depot = empty_depot
    depot.write("models.py", _HOSTILE_MODELS)
    depot.write("interlock.yaml", _HOSTILE_SPEC)

    depot.revision()
    depot.upgrade()
    depot.check()
    is_sound(depot)

    depot.ask("""insert into depot."Odd: ""table" ("a%b", "st\\ate") values (1, 'it''s :new %s')""")
    depot.ask("""update depot."Odd: ""table" set "st\\ate" = '\"\"\"$x$\\n'""")
    script = depot.sql("head")
    psql = server.bin_dir / "psql"
    if psql.exists():
        ran = run_psql(psql, other_database, script)
        assert ran.returncode == 0, ran.stderr
        is_sound(Depot(depot.folder, other_database))


_HOSTILE_MODELS = """\
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table(
    'Odd: "table',
    metadata,
    sa.Column("a%b", sa.BigInteger, primary_key=True),
    sa.Column("st\\\\ate", sa.Text, nullable=False),
    sa.Column("when:it", sa.DateTime(timezone=True)),
    schema="depot",
)
"""
_HOSTILE_SPEC = r"""
interlock: 1
machines:
  odd:
    table: 'depot."Odd: ""table"'
    state: 'st\ate'
    mode: enforce
    initial: ["it's :new %s"]
    final: ["\"\"\"$x$\\n"]
    transitions:
      'go: "there"': {from: "it's :new %s", to: "\"\"\"$x$\\n", guard: "':x' <> '%'"}
    stamps: {'when:it': "\"\"\"$x$\\n"}
"""
