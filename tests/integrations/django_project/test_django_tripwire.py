"""Migrations and what sqlmigrate writes, where the tripwire is on: they pass it and are watched."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.state import ProjectState
from tests.integrations.django_project.stays.models import Booking
from tests.integrations.django_project.test_django_migrations import (
    applying,
    changed,
    findings,
    installed,
    psql,
    run,
    run_psql,
    script,
    the_machine,
    with_claim,
)
from tests.servers import TestServer

import pginterlock
from pginterlock import apply
from pginterlock.database import connect
from pginterlock.django.frozen import freeze
from pginterlock.django.operations import InterlockDrop
from pginterlock.model import Machine, Spec
from pginterlock.tripwire import Mode
from pginterlock.tripwire_setting import ask_for
from pginterlock.verify import verify

Connect = Callable[..., psycopg.Connection]
_SWITCHED_OFF = "alter table public.stays_booking disable trigger interlock_50_booking_change"


def wire(dsn: str) -> None:
    """Put a tripwire that refuses on *dsn*."""
    with connect(dsn) as session:
        ask_for(session, Mode.REFUSE)


def make_schema(dsn: str) -> None:
    """Make schema interlock, with no machine in it."""
    with connect(dsn) as session:
        apply.install(session, Spec(()))


def is_guarded(dsn: str, machine: Machine) -> None:
    """Hold the database against *machine*, and try to disarm it."""
    with connect(dsn) as session:
        found = verify(session, Spec((machine,))).findings
    assert [it for it in found if it.severity == "error" or it.code.startswith("tripwire")] == []
    for attack in ("drop trigger interlock_50_booking_change on stays_booking", _SWITCHED_OFF):
        with psycopg.connect(dsn) as session, pytest.raises(psycopg.IntegrityError) as caught:
            session.execute(attack.encode())
        refusal = pginterlock.refusal(caught.value)
        assert refusal is not None
        assert refusal.code == "IL17"


def collected(operation: Any, *, atomic: bool, backwards: bool = False) -> str:
    """Return what sqlmigrate writes of *operation*, in a transaction where it is *atomic*."""
    with connection.schema_editor(collect_sql=True, atomic=atomic) as editor:
        way = operation.database_backwards if backwards else operation.database_forwards
        way("stays", editor, ProjectState(), ProjectState())
    text = "\n".join(editor.collected_sql)
    return f"BEGIN;\n{text}\nCOMMIT;\n" if atomic else text


def test_migrate_goes_back_and_forth(site: str) -> None:
    Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")
    wire(site)

    call_command("migrate", "stays", "0001", verbosity=0)
    assert installed() == []
    call_command("migrate", "stays", verbosity=0)

    is_guarded(site, the_machine())


@pytest.mark.parametrize("atomic", [True, False])
def test_a_version_goes_on_and_back_and_the_machine_off(site: str, atomic: bool) -> None:
    wire(site)
    machine = changed() if atomic else with_claim()  # no transaction holds what builds an index
    step = applying(machine, the_machine())

    run(step, atomic=atomic)
    is_guarded(site, machine)
    run(step, backwards=True, atomic=atomic)
    is_guarded(site, the_machine())
    run(InterlockDrop("booking", freeze(the_machine())), atomic=atomic)

    assert installed() == []


@pytest.mark.parametrize("is_wired_before", [True, False])
def test_sqlmigrate_asks_where_it_runs(
    bare_site: str, server: TestServer, is_wired_before: bool
) -> None:
    make_schema(bare_site)
    if is_wired_before:
        wire(bare_site)
    text = script("0002")
    wire(bare_site)

    psql(server, bare_site, text)

    is_guarded(bare_site, the_machine())


def test_sqlmigrate_backwards_asks_too(site: str, server: TestServer) -> None:
    text = script("0002", "--backwards")
    wire(site)

    psql(server, site, text)

    assert installed() == []


def test_a_script_that_meets_no_tripwire_does_without(
    site: str, server: TestServer, connect: Connect
) -> None:
    wire(site)
    text = collected(applying(changed(), the_machine()), atomic=True)
    with psycopg.connect(site) as session:
        session.execute("drop event trigger interlock_tripwire_10_partition")
        session.execute("drop event trigger interlock_tripwire_20_end")
        session.execute("drop event trigger interlock_tripwire_30_drop")
        session.execute("delete from interlock.guarded")

    psql(server, site, text)

    with psycopg.connect(site) as session:
        assert session.execute("select * from interlock.guarded").fetchall() == []
    assert findings(site, connect, changed()) == ["tripwire-missing"]


@pytest.mark.parametrize(
    ("machine", "atomic"),
    [(changed, True), (changed, False), (with_claim, False)],
    ids=["atomic", "several", "an index"],
)
def test_a_script_changes_the_machine_and_changes_it_back(
    site: str, server: TestServer, machine: Callable[[], Machine], atomic: bool
) -> None:
    step = applying(machine(), the_machine())
    text = collected(step, atomic=atomic)
    wire(site)

    psql(server, site, text)
    is_guarded(site, machine())
    psql(server, site, collected(step, atomic=atomic, backwards=True))

    is_guarded(site, the_machine())


@pytest.mark.parametrize("atomic", [True, False])
def test_a_script_takes_the_machine_off(site: str, server: TestServer, atomic: bool) -> None:
    text = collected(InterlockDrop("booking", freeze(the_machine())), atomic=atomic)
    wire(site)

    psql(server, site, text)

    assert installed() == []


def test_a_script_that_leaves_its_machine_broken_is_refused_at_its_commit(
    site: str, server: TestServer
) -> None:
    wire(site)
    text = collected(applying(changed(), the_machine()), atomic=True)
    head, commit, _ = text.rpartition("COMMIT;")

    ran = run_psql(server, site, f"{head}{_SWITCHED_OFF};\nselect 'so far';\n{commit}")

    assert "so far" in ran.stdout
    assert "booking: COMMIT would disarm the machine: trigger interlock_50" in ran.stderr
    assert ran.returncode != 0
    is_guarded(site, the_machine())
