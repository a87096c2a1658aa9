"""Odd names, odd settings, odd statements: nothing is attributed wrongly, nothing is lost."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction
from psycopg import sql
from tests.integrations.django_project.conftest import Entry
from tests.integrations.django_project.stays.models import Booking, GuardedBooking

from pginterlock import spec
from pginterlock.digests import digest
from pginterlock.django import acting
from pginterlock.django.frozen import freeze, thaw
from pginterlock.django.migrating import text
from pginterlock.django.operations import InterlockApply
from pginterlock.django.pending import Pending

Entries = Callable[[], list[Entry]]
ODD = r'''
interlock: 1
machines:
  odd:
    table: '"Strange ""Schema".tab''le'
    state: 'sta"tus %s'
    mode: observe
    initial: ["a\\b", 'say """no"""', "{{x}}", "Zürich\u2028"]
    transitions:
      refuse: {from: "a\\b", to: 'say """no"""', guard: "note like '%\"\"\"{0}'"}
'''


def test_odd_texts_survive_a_migration_that_is_written() -> None:
    machine = spec.parse(ODD, "odd").machines[0]
    frozen = freeze(machine)
    operation = InterlockApply("odd", frozen, digest=digest(machine), before=frozen)

    written = text(Pending("stays", (operation,), (("stays", "0001_initial"),), 2, True))
    defined: dict[str, Any] = {}
    exec(written, defined)  # noqa: S102 - we wrote it

    [read] = defined["Migration"].operations
    assert (read.machine, read.before) == (frozen, frozen)
    assert thaw(read.machine, "here", read.digest) == machine


@pytest.fixture
def bound(site: str) -> Any:
    """The project, its values bound by the server."""
    told = connections.settings["default"]
    before = told["OPTIONS"]
    connection.close()
    told["OPTIONS"] = {**before, "server_side_binding": True}
    yield site
    connection.close()
    told["OPTIONS"] = before


def test_values_that_the_server_binds(bound: str, entries: Entries) -> None:
    with acting("user:1", reason="it's 100 % \\ sure"):
        Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")
        booking = GuardedBooking.objects.get()
        booking.fire("cancel", set={"guests": 3})

    assert booking.guests == 3
    assert entries() == [
        ("birth", "user:1", "it's 100 % \\ sure"),
        ("cancel", "user:1", "it's 100 % \\ sure"),
    ]


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("/* a */ -- b\n insert into stays_booking {} select {}", None),
        ("insert into stays_booking {} select {} where '%%' <> %s", ["x"]),
        ("insert into stays_booking {} select {} where '%' <> 'x';", None),
        ("with one as (insert into stays_booking {} select {} returning id) table one", None),
        ("select 1; insert into stays_booking {} select {}", None),
    ],
    ids=["comments", "values", "percent", "with", "second"],
)
def test_statements_by_hand_in_autocommit(
    site: str, entries: Entries, statement: str, values: Any
) -> None:
    columns = "(status, guests, arrives, leaves)"
    row = "'PENDING', 1, '2026-03-01'::date, '2026-03-02'::date"
    with acting("user:1", tags={"job": "a/b*/ 'c'"}), connection.cursor() as cursor:
        cursor.execute(statement.format(columns, row), values)

    assert [actor for _, actor, _ in entries()] == ["user:1"]


def test_a_composed_statement_and_several_at_once(site: str, entries: Entries) -> None:
    query = sql.SQL("insert into {} (status, guests, arrives, leaves) values ({}, 1, %s, %s)")
    days = ["2026-03-01", "2026-03-02"]
    with acting("user:1"), connection.cursor() as cursor:
        cursor.execute(query.format(sql.Identifier("stays_booking"), sql.Literal("PENDING")), days)
        cursor.executemany(
            "insert into stays_booking (status, guests, arrives, leaves)"
            " values ('PENDING', 1, %s, %s)",
            [days, days],
        )

    assert [actor for _, actor, _ in entries()] == ["user:1"] * 3


def test_a_savepoint_by_hand_that_is_taken_back(site: str, entries: Entries) -> None:
    with acting("user:1"), transaction.atomic():
        before = transaction.savepoint()
        Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")
        transaction.savepoint_rollback(before)
        Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")

    assert [actor for _, actor, _ in entries()] == ["user:1"]


def test_a_broken_transaction_is_told_as_django_tells_it(site: str) -> None:
    with transaction.atomic():
        with acting("user:1"), pytest.raises(DatabaseError, match="null value"):
            Booking.objects.create(arrives=None, leaves="2026-03-02")
        with acting("user:2"), pytest.raises(transaction.TransactionManagementError):
            Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")
        transaction.set_rollback(True)


def test_a_connection_that_was_lost_in_between(
    site: str, entries: Entries, connect: Callable[..., psycopg.Connection]
) -> None:
    with acting("user:1"):
        Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")
        connection.close()
        with transaction.atomic():
            Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")

    assert [actor for _, actor, _ in entries()] == ["user:1", "user:1"]


def test_the_isolation_of_a_transaction_can_still_be_set(site: str, entries: Entries) -> None:
    with acting("user:1"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level serializable")
        Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")

    assert [actor for _, actor, _ in entries()] == ["user:1"]


def test_an_actor_that_cannot_be_told_stops_the_write(site: str, entries: Entries) -> None:
    with acting("user:\x00"), pytest.raises((ValueError, DatabaseError), match=r"NUL|0x00"):
        Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")

    assert entries() == []


def test_what_is_blank_is_nobody(site: str, entries: Entries) -> None:
    with acting(" \t", reason=""):
        Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")

    assert entries() == [("birth", None, None)]


def test_queries_are_counted_as_before(site: str) -> None:
    """The claim is none of Django's queries: what `assertNumQueries` counts stays as it was."""
    with acting("user:1"), transaction.atomic():
        connection.force_debug_cursor = True
        before = len(connection.queries_log)
        Booking.objects.create(arrives="2026-03-01", leaves="2026-03-02")
        after = len(connection.queries_log)
        connection.force_debug_cursor = False

    assert after - before == 1
