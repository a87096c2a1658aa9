"""Migrations hold machines frozen: forwards, backwards, as SQL, beside Django's own operations."""

import shutil
import subprocess
import unittest
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, migrations, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.test import TransactionTestCase
from django.test.utils import override_settings
from tests.integrations.django_project.conftest import MakeDatabase, served
from tests.integrations.django_project.stays.models import Booking
from tests.servers import TestServer

from pginterlock import spec
from pginterlock.digests import digest
from pginterlock.django.frozen import freeze, thaw
from pginterlock.django.operations import InterlockApply, InterlockDrop
from pginterlock.django.test import GuardedTablesMixin
from pginterlock.elements import Claim
from pginterlock.errors import SpecError
from pginterlock.model import Machine, Spec
from pginterlock.verify import verify

SPEC = Path(__file__).parent / "interlock.yaml"
Connect = Callable[..., psycopg.Connection]


def the_machine() -> Machine:
    return spec.load(SPEC).machines[0]


def run(*operations: Any, backwards: bool = False, atomic: bool = True) -> None:
    """Run *operations* as one migration after those of the project, or back over them."""
    loader = MigrationLoader(connection)
    before: ProjectState = loader.project_state(("stays", "0002_interlock_booking"))
    migration = type("Migration", (migrations.Migration,), {"atomic": atomic})("9999", "stays")
    migration.operations = list(operations)
    with connection.schema_editor(atomic=atomic) as editor:
        if backwards:
            migration.unapply(before, editor)
        else:
            migration.apply(before, editor)


def applying(machine: Machine, before: Machine | None = None) -> InterlockApply:
    replaced = None if before is None else freeze(before)
    text = freeze(machine)
    return InterlockApply(machine.name, text, digest=digest(machine), before=replaced)


def findings(dsn: str, connect: Connect, *machines: Machine) -> list[str]:
    """Return what `interlock verify` finds, of any severity but what concerns the roles here."""
    wanted = Spec(machines or (the_machine(),))
    with psycopg.connect(dsn, autocommit=True) as session:
        return [it.code for it in verify(session, wanted).findings if it.severity == "error"]


def installed() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('interlock.machine')::text")
        if cursor.fetchone() == (None,):
            return []
        cursor.execute("select machine_name from interlock.machine")
        return [name for (name,) in cursor.fetchall()]


def test_migrate_puts_the_machine_on(site: str, connect: Connect) -> None:
    assert findings(site, connect) == []


def test_makemigrations_sees_nothing_of_us(site: str) -> None:
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())


def test_back_and_forth_again(site: str, connect: Connect) -> None:
    Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")

    call_command("migrate", "stays", "0001", verbosity=0)
    assert installed() == []
    Booking.objects.update(guests=3)
    call_command("migrate", "stays", verbosity=0)

    assert findings(site, connect) == []


def test_a_row_that_breaks_a_rule_stops_the_migration(bare_site: str) -> None:
    Booking.objects.create(arrives="2026-03-05", leaves="2026-03-02")

    with pytest.raises(CommandError) as caught:
        call_command("migrate", "stays", verbosity=0)

    assert "invariant stay_has_nights: 1 row" in str(caught.value)
    assert "Mend these rows" in str(caught.value)
    assert caught.value.returncode == 4
    assert installed() == []


def changed() -> Machine:
    """Return the machine with one state more."""
    text = SPEC.read_text(encoding="utf-8").replace(
        "      check_out:", "      leave: {from: CHECKED_IN, to: LEFT}\n      check_out:"
    )
    return spec.parse(text.replace("[CHECKED_OUT, ", "[CHECKED_OUT, LEFT, "), "x").machines[0]


@pytest.mark.parametrize("atomic", [True, False])
def test_a_version_goes_on_and_back(site: str, connect: Connect, atomic: bool) -> None:
    step = applying(changed(), the_machine())

    run(step, atomic=atomic)
    assert findings(site, connect, changed()) == []
    run(step, backwards=True, atomic=atomic)

    assert findings(site, connect) == []


def test_back_over_a_version_whose_new_state_has_rows_is_refused(site: str) -> None:
    step = applying(changed(), the_machine())
    run(step)
    with connection.cursor() as cursor:
        cursor.execute("insert into stays_room (number) values ('1')")
        cursor.execute(
            "insert into stays_booking (status, guests, arrives, leaves, paid_at, room_id)"
            " select 'PENDING', 1, '2026-03-01', '2026-03-02', now(), id from stays_room"
        )
        for state in ("CONFIRMED", "CHECKED_IN", "LEFT"):
            cursor.execute("update stays_booking set status = %s", [state])

    with pytest.raises(CommandError, match=r"1 row of public\.stays_booking stands in LEFT"):
        run(step, backwards=True)


def test_a_drop_goes_and_comes_back(site: str, connect: Connect) -> None:
    step = InterlockDrop("booking", freeze(the_machine()))

    run(step)
    assert installed() == []
    run(step, backwards=True)

    assert findings(site, connect) == []


def test_a_drop_of_what_is_not_there_says_so(site: str) -> None:
    step = InterlockDrop("booking", freeze(the_machine()))
    run(step)

    with pytest.raises(CommandError, match="no machine 'booking' is installed here"):
        run(step)


def with_claim() -> Machine:
    text = SPEC.read_text(encoding="utf-8") + (
        "    claims:\n      room: {resource: [room_id], in: [CHECKED_IN]}\n"
    )
    return spec.parse(text, "x").machines[0]


def test_what_no_transaction_holds_says_so_and_runs_without_one(
    site: str, connect: Connect
) -> None:
    step = applying(with_claim(), the_machine())

    with pytest.raises(CommandError, match="atomic = False"):
        run(step)
    run(step, atomic=False)

    assert findings(site, connect, with_claim()) == []


def test_a_frozen_machine_reads_back(site: str) -> None:
    for machine in (the_machine(), changed(), with_claim()):
        assert thaw(freeze(machine), "here", digest(machine)) == machine
    assert isinstance(with_claim().claims[0], Claim)


def test_a_digest_is_what_the_server_takes_of_the_registry(site: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select left(encode(sha256(convert_to(definition::text, 'UTF8')), 'hex'), 16)"
            " from interlock.machine"
        )
        assert cursor.fetchall() == [(digest(the_machine()),)]


def test_a_machine_that_was_edited_by_hand_is_refused(site: str) -> None:
    text = freeze(the_machine())
    edited = text.replace("leaves > arrives", "leaves >= arrives")

    with pytest.raises(CommandError, match="not what the migration was written with") as caught:
        run(InterlockApply("booking", edited, digest=digest(the_machine())))
    with pytest.raises(CommandError, match="cannot be read"):
        run(InterlockApply("booking", text.replace("leaves > arrives", "leaves >"), digest="x"))

    assert caught.value.returncode == 4


def test_a_database_that_is_ahead_or_behind_is_refused(site: str) -> None:
    with pytest.raises(CommandError, match="in another version"):
        run(applying(changed()))
    with pytest.raises(CommandError, match="in another version"):
        run(applying(with_claim(), changed()), backwards=True)
    run(InterlockDrop("booking", freeze(the_machine())))
    with pytest.raises(CommandError, match="not installed here"):
        run(applying(changed(), the_machine()))


def test_a_machine_that_was_applied_by_hand_is_taken_as_it_is(site: str) -> None:
    run(applying(the_machine()))
    run(applying(the_machine(), changed()))


def test_another_kind_of_database_is_refused(site: str) -> None:
    with pytest.raises(CommandError, match="is sqlite, not PostgreSQL"):
        run_elsewhere(applying(the_machine()))


def run_elsewhere(operation: InterlockApply) -> None:
    connections.settings["sqlite"] = {
        **connections.settings["default"],
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "OPTIONS": {},
    }
    try:
        with connections["sqlite"].schema_editor() as editor:
            operation.database_forwards("stays", editor, ProjectState(), ProjectState())
    finally:
        connections["sqlite"].close()
        del connections["sqlite"]
        del connections.settings["sqlite"]


def script(*words: str) -> str:
    out = StringIO()
    call_command("sqlmigrate", "stays", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def empty_site(make_database: MakeDatabase) -> Iterator[str]:
    """The project on an empty database."""
    yield from served(make_database("empty", lambda _: None))


def run_psql(server: TestServer, dsn: str, text: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("psql") or str(server.bin_dir / "psql")
    return subprocess.run(
        [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", dsn],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def psql(server: TestServer, dsn: str, text: str) -> None:
    ran = run_psql(server, dsn, text)
    assert ran.returncode == 0, ran.stderr


def test_sqlmigrate_writes_what_psql_runs(
    bare_site: str, server: TestServer, connect: Connect
) -> None:
    text = script("0002")
    assert installed() == []

    psql(server, bare_site, text)

    assert findings(bare_site, connect) == []
    assert "in force in database" in script("0002")


def test_sqlmigrate_of_tables_that_are_not_there_yet(
    empty_site: str, server: TestServer, connect: Connect
) -> None:
    psql(server, empty_site, script("0001") + script("0002"))

    assert findings(empty_site, connect) == []


def test_a_script_without_a_transaction_builds_its_indexes_beside_the_writers(
    site: str, server: TestServer, connect: Connect
) -> None:
    step = applying(with_claim(), the_machine())
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        step.database_forwards("stays", editor, ProjectState(), ProjectState())

    text = "\n".join(editor.collected_sql)
    psql(server, site, text)

    assert "create unique index concurrently" in text
    assert findings(site, connect, with_claim()) == []


def test_a_lock_that_is_not_granted_says_who_holds_it(site: str, connect: Connect) -> None:
    other = connect(site)
    other.execute("lock table stays_booking in access share mode")
    settings = {"INTERLOCK_LOCK_WAIT": 0.2, "INTERLOCK_LOCK_TIMEOUT": 50}

    with override_settings(**settings), pytest.raises(CommandError) as caught:
        run(InterlockDrop("booking", freeze(the_machine())))

    assert caught.value.returncode == 3
    assert "lock table stays_booking" in str(caught.value)
    other.rollback()
    assert installed() == ["booking"]


def test_sqlmigrate_backwards(site: str, server: TestServer) -> None:
    psql(server, site, script("0002", "--backwards"))

    assert installed() == []


FROM = {"model_name": "booking", "name": "status"}


@pytest.mark.parametrize(
    "field", [models.CharField(max_length=40), models.TextField()], ids=["longer", "text"]
)
def test_the_type_of_a_guarded_column_is_held_by_the_server(site: str, field: Any) -> None:
    with pytest.raises(DatabaseError, match="cannot alter type of a column used in a trigger"):
        run(migrations.AlterField(field=field, **FROM))


def test_a_guarded_column_that_is_renamed_stops_moves_and_is_found(
    site: str, connect: Connect
) -> None:
    Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")

    run(migrations.RenameField("booking", "status", "state"))

    with connection.cursor() as cursor, pytest.raises(DatabaseError, match=r"no field|renamed"):
        cursor.execute("update stays_booking set state = 'CHECKED_IN'")
    with pytest.raises(SpecError, match="has no column 'status'"):
        findings(site, connect)


def test_a_table_that_is_renamed_keeps_its_machine_and_is_found(
    site: str, connect: Connect
) -> None:
    Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")

    run(migrations.AlterModelTable("booking", "lodging"))

    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="is not allowed"):
        cursor.execute("update lodging set status = 'CHECKED_IN'")
    with pytest.raises(SpecError, match="does not exist"):
        findings(site, connect)


@pytest.mark.parametrize(
    "operation",
    [migrations.RemoveField("booking", "checked_in_at"), migrations.DeleteModel("Booking")],
    ids=["column", "table"],
)
def test_what_is_dropped_with_all_that_depends_on_it_is_found(
    site: str, connect: Connect, operation: Any
) -> None:
    """Django drops with CASCADE: the server refuses nothing then, and takes our objects too."""
    run(operation)

    with pytest.raises(SpecError, match=r"has no column|does not exist"):
        findings(site, connect)


def test_a_guarded_column_is_changed_with_the_machine_off_meanwhile(
    site: str, connect: Connect
) -> None:
    Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")
    frozen = freeze(the_machine())

    run(
        InterlockDrop("booking", frozen),
        migrations.AlterField(field=models.CharField(max_length=40), **FROM),
        InterlockApply("booking", frozen),
    )

    assert findings(site, connect) == []
    with pytest.raises(DatabaseError, match="is not allowed"), transaction.atomic():
        Booking.objects.update(status="CHECKED_IN")


def test_a_column_no_rule_speaks_of_is_changed_freely(site: str, connect: Connect) -> None:
    run(
        migrations.AlterField("booking", "guests", models.BigIntegerField()),
        migrations.AddField("booking", "note", models.TextField(default="")),
    )

    assert findings(site, connect) == []


def test_migrate_ends_with_a_look_at_what_cascade_took(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cascading_migrations"
    shutil.copytree(Path(__file__).parent / "stays" / "migrations", folder)
    (folder / "0003_drop.py").write_text(
        "from django.db import migrations\n"
        "class Migration(migrations.Migration):\n"
        "    dependencies = [('stays', '0002_interlock_booking')]\n"
        "    operations = [migrations.RemoveField('booking', 'checked_in_at')]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    with (
        override_settings(MIGRATION_MODULES={"stays": "cascading_migrations"}),
        pytest.raises(CommandError, match="has no column 'checked_in_at'") as caught,
    ):
        call_command("migrate", "stays", verbosity=0, skip_checks=True)

    assert caught.value.returncode == 1
    assert "manage.py interlock makemigrations" in str(caught.value)


class NotHere:
    """A router that lets no machine onto one of the databases."""

    def allow_migrate(self, db: str, app_label: str, **hints: object) -> bool | None:
        return False if "machine" in hints else None


def test_a_router_keeps_a_machine_away(bare_site: str) -> None:
    with override_settings(DATABASE_ROUTERS=[f"{__name__}.NotHere"]):
        call_command("migrate", "stays", verbosity=0, database="other")

    assert installed() == []


def test_what_was_missing_before_does_not_stop_a_migration(site: str, connect: Connect) -> None:
    connect(site, autocommit=True).execute(
        "drop trigger interlock_50_booking_death on stays_booking"
    )

    call_command("migrate", "stays", "0001", verbosity=0)

    assert installed() == []


def test_a_test_case_that_flushes_needs_the_mixin(site: str, connect: Connect) -> None:
    ran = flushed(TransactionTestCase)
    assert "may not be truncated" in str(ran.errors)

    ran = flushed(GuardedTablesMixin, TransactionTestCase)
    assert (ran.errors, ran.failures, Booking.objects.count()) == ([], [], 0)
    # The machine is whole; and the history knows a row that nobody deleted.
    assert findings(site, connect) == ["IL10"]


def flushed(*bases: type) -> unittest.TestResult:
    """Run a test case of Django that writes; what it flushes afterwards is what is tried."""

    def writes(case: object) -> None:
        Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")

    case = type("Case", bases, {"test_writes": writes, "databases": {"default"}})
    ran = unittest.TestResult()
    case("test_writes")(ran)
    return ran
