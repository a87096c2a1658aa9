"""Nothing of ours is proposed for removal, whatever else looks at the database."""

import os
import subprocess
import sys

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from tests.integrations.alembic_depot import Depot, body, url
from tests.servers import ROOT

from pginterlock import spec
from pginterlock.alembic import include_object

_UTILS = """\
from alembic_utils.pg_extension import PGExtension
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.replaceable_entity import register_entities

register_entities(
    [
        PGFunction("depot", "theirs()", "returns integer language sql as $$ select 1 $$"),
        PGFunction("public", "others()", "returns integer language sql as $$ select 1 $$"),
    ],
    entity_types=[PGExtension, PGFunction, PGTrigger],
)
"""


@pytest.mark.parametrize("form", ["function", "native", "trigger"])
def test_every_object_of_ours_is_left_alone(empty_depot: Depot, form: str) -> None:
    depot = empty_depot
    depot.change(
        "interlock.yaml",
        ("mode: enforce", f"mode: enforce\n    checks: {form}"),
        ("{resource: [dock]", "{resource: [dock], during: 'int4range(weight, weight + 1)'"),
    )
    with (depot.folder / "interlock.yaml").open("a", encoding="utf-8") as file:
        file.write("    continuity: online\n    deletion: {from: [NEW]}\n")
    depot.revision("first")
    depot.upgrade()

    depot.check()


def test_checks_are_left_alone_where_checks_are_compared(depot: Depot) -> None:
    depot.change("interlock.yaml", ("mode: enforce", "mode: enforce\n    checks: native"))
    depot.revision("native")
    depot.upgrade()
    depot.ask("alter table depot.parcel add constraint old check (weight < 100)")
    plugins = '["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"]'
    depot.lay_out(options=f'"autogenerate_plugins": {plugins}')
    depot.change("interlock.yaml", ("mode: enforce", "mode: enforce\n    checks: native"))

    up = body(depot.revision("theirs"), "upgrade")

    assert up.count("drop_constraint") == 1
    assert "'old'" in up


def test_beside_alembic_utils_too(depot: Depot) -> None:
    depot.ask("create extension if not exists btree_gist")
    depot.change(
        "env.py", ("import pginterlock.alembic\n", f"import pginterlock.alembic\n{_UTILS}")
    )

    up = body(_revision_apart(depot), "upgrade")

    assert "depot_theirs" in up
    assert "drop_entity" not in up
    assert "interlock" not in up


def test_what_alembic_utils_has_lost_is_dropped_as_ever(depot: Depot) -> None:
    depot.ask("create function depot.lost() returns integer language sql as $$ select 1 $$")
    depot.change(
        "env.py", ("import pginterlock.alembic\n", f"{_UTILS}\nimport pginterlock.alembic\n")
    )

    up = body(_revision_apart(depot), "upgrade")

    assert up.count("drop_entity") == 1
    assert "depot_lost" in up


def test_the_filter_of_the_user_goes_on(depot: Depot) -> None:
    depot.ask(
        "create index keep_me on depot.parcel (status); create index old on depot.parcel (id)"
    )
    depot.lay_out(
        options='"include_object": lambda o, name, kind, reflected, other: name != "keep_me"'
    )

    up = body(depot.revision("theirs"), "upgrade")

    assert "drop_index" in up
    assert "old" in up
    assert "keep_me" not in up
    assert "interlock" not in up


def test_an_index_of_the_models_is_made_whatever_its_name(depot: Depot) -> None:
    depot.change(
        "models.py", ("    schema=", '    sa.Index("interlock_of_theirs", "dock"),\n    schema=')
    )

    up = body(depot.revision("theirs"), "upgrade")

    assert "create_index('interlock_of_theirs'" in up


def test_a_revision_brings_the_shield_where_env_py_has_no_import(depot: Depot) -> None:
    depot.change("env.py", ("import pginterlock.alembic\n", ""))

    depot.check()


def test_a_script_of_ones_own_takes_the_filter(depot: Depot) -> None:
    engine = sa.create_engine(url(depot.dsn), poolclass=sa.NullPool)
    metadata = sa.MetaData()
    options = {
        "include_schemas": True,
        "include_object": include_object,
        "include_name": lambda name, kind, _: kind != "schema" or name in (None, "depot"),
        "interlock_spec": spec.load(depot.folder / "interlock.yaml"),
    }
    with engine.connect() as connection:
        sa.Table("parcel", metadata, schema="depot", autoload_with=connection)
        told = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert told == []


def _revision_apart(depot: Depot) -> str:
    """Write a revision in a process of its own: alembic_utils registers for all of one."""
    ran = subprocess.run(
        [sys.executable, "-m", "alembic", "revision", "--autogenerate", "-m", "theirs"],
        env={**os.environ, "ALEMBIC_URL": url(depot.dsn), "PYTHONPATH": str(ROOT / "cli")},
        cwd=depot.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return max(depot.versions(), key=lambda it: it.stat().st_mtime_ns).read_text(encoding="utf-8")
