"""Machines in several schemas and under other names; who migrates; states with old names."""

from collections.abc import Iterator

import psycopg
import pytest
from alembic.util import CommandError
from tests.integrations.alembic_depot import Depot, body, is_sound, order
from tests.servers import TestServer

from pginterlock import apply, database, embedded, spec

_TWO = """\
  crate:
    table: yard.crate
    state: state
    mode: enforce
    initial: [EMPTY]
    transitions:
      fill: {from: EMPTY, to: FULL}
      clear: {from: FULL, to: EMPTY}
    mirrors:
      full: {table: depot.parcel_place, key: place, column: is_full, in: [FULL]}
"""
_TWO_MODELS = """\
sa.Table(
    "parcel_place",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("is_full", sa.Boolean, nullable=False, server_default=sa.false()),
    schema="depot",
)
sa.Table(
    "crate",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("place", sa.Integer),
    schema="yard",
)
"""


@pytest.fixture
def own_server(server: TestServer) -> Iterator[str]:
    """A server of its own: a member of interlock_owner is a finding in every database."""
    with embedded.running(bin_dir=server.bin_dir) as started:
        with psycopg.connect(started.dsn(), autocommit=True) as session:
            _build_yards(session)
        yield started.dsn()


@pytest.mark.slow
def test_machines_of_several_schemas_and_a_mirror_between_them(
    empty_depot: Depot, own_server: str
) -> None:
    """As a role that is no superuser: it owns the tables, and is a member of interlock_owner."""
    depot = empty_depot
    admin = Depot(depot.folder, own_server)
    name = str(psycopg.conninfo.conninfo_to_dict(admin.dsn)["dbname"])
    admin.ask(f"grant create on database {name} to depot_keeper")
    depot.dsn = psycopg.conninfo.make_conninfo(own_server, user="depot_keeper")
    _append(depot, "models.py", _TWO_MODELS)
    _append(depot, "interlock.yaml", _TWO)

    first = depot.revision("first")
    depot.upgrade()
    depot.check()
    is_sound(admin)

    assert order(body(first, "upgrade"), "'yard'", "interlock_apply")
    assert body(first, "upgrade").count("interlock_apply") == 2
    depot.ask("insert into depot.parcel_place (id) values (1)")
    depot.ask("insert into yard.crate (id, state, place) values (1, 'EMPTY', 1)")
    depot.ask("update yard.crate set state = 'FULL'")
    assert depot.ask("select is_full from depot.parcel_place") == [(True,)]
    depot.downgrade("base")
    assert depot.ask("select * from interlock.machine") == []


def _build_yards(session: psycopg.Connection) -> None:
    for role in ("depot_keeper login", "interlock_owner nologin"):
        session.execute(
            f"do $$ begin create role {role}; exception when duplicate_object"
            " or unique_violation then null; end $$".encode()
        )
    session.execute("grant interlock_owner to depot_keeper")
    session.execute("create schema depot authorization depot_keeper")
    session.execute("create schema yard authorization depot_keeper")
    session.execute("grant create on schema public to depot_keeper")


def test_a_role_that_may_not_is_told_what_it_lacks(depot: Depot, server: TestServer) -> None:
    name = str(psycopg.conninfo.conninfo_to_dict(depot.dsn)["dbname"])
    depot.ask(
        "do $$ begin create role depot_guest login; exception when duplicate_object then end $$"
    )
    depot.ask("grant all on table public.alembic_version to depot_guest")
    depot.ask("grant usage on schema depot to depot_guest")
    _append(depot, "interlock.yaml", "    invariants: {light: weight < 50}\n")
    depot.revision("more")
    depot.dsn = server.dsn(name, user="depot_guest")

    with pytest.raises(CommandError, match="permission denied for table machine\n  Connect as"):
        depot.upgrade()


def test_a_translated_schema_is_that_of_the_machine_too(empty_depot: Depot) -> None:
    depot = empty_depot
    depot.ask("create schema tenant")
    depot.lay_out(
        engine=', execution_options={"schema_translate_map": {"depot": "tenant"}}',
        options='"include_name": lambda n, kind, _: kind != "schema" or n in ("tenant", "depot")',
    )
    depot.ask(
        "create table tenant.parcel (id bigint primary key, status text not null,"
        " packed_at timestamptz, weight integer, dock integer)"
    )
    depot.write(
        "versions/0001_first.py",
        "import pginterlock.alembic\nfrom alembic import op\nrevision = '0001'\n"
        "down_revision = None\n\n\ndef upgrade() -> None:\n"
        "    op.interlock_apply(TEXT, digest='5d7d5f9063fc547b')\n\n\n"
        "def downgrade() -> None:\n    op.interlock_drop('parcel')\n\n\n"
        f"TEXT = '''\n{(depot.folder / 'interlock.yaml').read_text(encoding='utf-8')}'''\n",
    )

    depot.upgrade()

    assert depot.ask("select schema_name, table_name from interlock.machine") == [
        ("tenant", "parcel")
    ]
    depot.downgrade("base")
    assert depot.ask("select * from interlock.machine") == []


@pytest.mark.slow
def test_a_rename_ends_with_another_revision_and_comes_back_with_its_downgrade(
    depot: Depot,
) -> None:
    depot.ask("insert into depot.parcel (id, status, weight) values (1, 'NEW', 3)")
    depot.ask("update depot.parcel set status = 'PACKED', dock = 1")
    depot.change("interlock.yaml", ("PACKED", "BOXED"))
    _append(depot, "interlock.yaml", "    states: {BOXED: {renamed_from: PACKED}}\n")
    renamed = depot.revision("renamed")
    depot.upgrade()
    depot.check()
    depot.change("interlock.yaml", ("    states: {BOXED: {renamed_from: PACKED}}\n", ""))
    ended = depot.revision("ended")
    depot.upgrade()
    depot.check()
    is_sound(depot)

    assert 'old_names="drop"' in body(renamed, "downgrade")
    assert 'old_names="accept"' in body(ended, "downgrade")
    known = "select state_name from interlock.state order by 1"
    assert depot.ask(known) == [("BOXED",), ("NEW",), ("SENT",)]
    depot.downgrade()
    assert depot.ask(known) == [("BOXED",), ("NEW",), ("PACKED",), ("SENT",)]
    depot.downgrade()
    assert depot.ask(known) == [("NEW",), ("PACKED",), ("SENT",)]
    assert depot.ask("select status from depot.parcel") == [("PACKED",)]
    depot.upgrade()
    depot.check()
    is_sound(depot)


def test_what_interlock_apply_did_already_passes_and_is_not_done_again(depot: Depot) -> None:
    """The way of a large table: applied while others write, and the revision after it."""
    _append(depot, "interlock.yaml", "    invariants: {light: weight < 50}\n")
    depot.revision("more")
    with database.connect(depot.dsn) as connection:
        apply.install(connection, spec.load(depot.folder / "interlock.yaml"))
    done = depot.ask("select version, applied_at from interlock.machine")

    depot.upgrade()

    assert depot.ask("select version, applied_at from interlock.machine") == done
    depot.check()


def test_each_migration_in_a_transaction_of_its_own(empty_depot: Depot) -> None:
    depot = empty_depot
    depot.lay_out(options='"transaction_per_migration": True')
    depot.revision("first")
    depot.upgrade()
    _append(depot, "interlock.yaml", "    invariants: {light: weight < 50}\n")
    depot.revision("second")
    depot.downgrade("base")

    depot.upgrade()

    depot.check()
    is_sound(depot)


def test_the_mode_is_changed_by_a_revision_and_back(depot: Depot) -> None:
    depot.change("interlock.yaml", ("mode: enforce", "mode: observe"))
    written = depot.revision("watch")
    depot.upgrade()

    assert "# parcel: mode changed enforce -> observe" in written
    assert depot.ask("select mode from interlock.machine") == [("observe",)]
    depot.check()
    depot.ask("insert into depot.parcel (id, status, weight) values (1, 'SENT', 3)")
    with pytest.raises(CommandError, match="IL12 stamp packed_at: 1 row"):
        depot.downgrade()
    depot.ask("delete from depot.parcel")
    depot.downgrade()
    assert depot.ask("select mode from interlock.machine") == [("enforce",)]


def _append(depot: Depot, name: str, text: str) -> None:
    with (depot.folder / name).open("a", encoding="utf-8") as file:
        file.write(text)
