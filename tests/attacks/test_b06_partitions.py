"""A partitioned table: each partition can be written, emptied, disarmed, detached by itself."""

from collections.abc import Callable

import psycopg
import pytest
from tests.attacks.hotel import APP, ROLES, Attacked
from tests.conftest import Build
from tests.servers import TestServer

from pginterlock import apply
from pginterlock import spec as specs

TABLES = """
create schema hotel;
create table hotel.room_booking (
    id              bigint  not null,
    hall            text    not null,
    status          text    not null default 'PENDING',
    checked_in_at   timestamptz,

    constraint room_booking_pk primary key (id, hall)
) partition by list (hall);
create table hotel.hall_a partition of hotel.room_booking for values in ('a');
create table hotel.hall_b partition of hotel.room_booking for values in ('b');
create table hotel.payment (id bigint);
grant usage on schema hotel to attack_app;
grant all on all tables in schema hotel to attack_app;
"""
SPEC = """
interlock: 1
machines:
  booking:
    table: hotel.room_booking
    state: status
    mode: enforce
    initial: [PENDING]
    final: [CANCELLED]
    transitions:
      check_in: {from: PENDING, to: CHECKED_IN}
      cancel: {from: [PENDING, CHECKED_IN], to: CANCELLED}
    stamps: {checked_in_at: CHECKED_IN}
"""
LIVES = """
insert into hotel.room_booking (id, hall) values (1, 'a'), (2, 'a'), (3, 'b'), (4, 'b');
update hotel.room_booking set status = 'CHECKED_IN' where id in (2, 4);
"""


@pytest.fixture
def attacked(
    server: TestServer,
    make_database: Callable[[str, Build], str],
    connect: Callable[..., psycopg.Connection],
) -> Attacked:
    """Two halls, each a partition, with a guest in each."""
    spec = specs.parse(SPEC, "halls.yaml")

    def build(session: psycopg.Connection) -> None:
        session.execute(ROLES.encode())
        session.execute(TABLES.encode())
        apply.install(session, spec)
        session.execute(LIVES.encode())

    dsn = make_database("attacked_halls", build)
    return Attacked(dsn, spec, connect, connect(dsn, autocommit=True), server)


# The application has every grant here: `grant-trigger` and `grant-truncate` are found before.
BEFORE = {"grant-trigger", "grant-truncate"}


def test_b06_a_partition_truncated(attacked: Attacked, app: psycopg.Connection) -> None:
    for table in ("hall_a", "hall_b", "room_booking"):
        with attacked.refused("IL03", "death"):
            app.execute(f"truncate hotel.{table}".encode())


def test_b06_a_partition_made_later_is_found_and_mended(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    assert attacked.found() == BEFORE
    attacked.admin.execute(
        "create table hotel.hall_c partition of hotel.room_booking for values in ('c');"
        "grant all on hotel.hall_c to attack_app;"
        "insert into hotel.room_booking (id, hall) values (5, 'c')"
    )
    with attacked.refused("IL03", "death"):  # its row triggers are clones
        app.execute("delete from hotel.hall_c")
    assert attacked.found() == BEFORE | {"trigger-missing"}

    apply.install(attacked.admin, attacked.spec)

    with attacked.refused("IL03", "death"):
        app.execute("truncate hotel.hall_c")
    assert attacked.found() == BEFORE


def test_b02_a_late_row_put_into_a_partition(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL02", "birth"):
        app.execute("insert into hotel.hall_b (id, hall, status) values (9, 'b', 'CANCELLED')")


def test_b18_a_row_moved_to_another_partition(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.unchanged(), pytest.raises(psycopg.errors.CheckViolation):
        app.execute("update hotel.room_booking set hall = 'b' where id = 2")


def test_b81_the_guard_off_on_one_partition(attacked: Attacked, app: psycopg.Connection) -> None:
    attacked.admin.execute("alter table hotel.hall_a disable trigger user")
    app.execute("update hotel.hall_a set status = 'CANCELLED', checked_in_at = null")
    assert {"partition-unguarded", "trigger-disabled", "IL10"} <= attacked.found()

    attacked.admin.execute(
        "alter table hotel.hall_a enable always trigger interlock_50_booking_change"
    )

    assert "partition-unguarded" in attacked.found()  # the others are still off


def test_b84_a_partition_detached(attacked: Attacked) -> None:
    attacked.admin.execute("alter table hotel.room_booking detach partition hotel.hall_a")

    assert "IL10" in attacked.found()


def test_b83_rows_attached_with_their_partition(attacked: Attacked) -> None:
    attacked.admin.execute(
        "create table hotel.hall_c (like hotel.room_booking including all);"
        "insert into hotel.hall_c values (9, 'c', 'CANCELLED');"
        "alter table hotel.room_booking attach partition hotel.hall_c for values in ('c')"
    )

    assert {"trigger-missing", "IL10"} <= attacked.found()


def test_legal_lives_in_partitions(attacked: Attacked) -> None:
    app = attacked.session(APP)
    app.execute("update hotel.hall_a set status = 'CANCELLED' where id = 2")
    app.execute("update hotel.room_booking set status = 'CHECKED_IN' where id in (1, 3)")

    assert attacked.history(2)[-1] == ("move", "CHECKED_IN", "CANCELLED")
    assert attacked.history(3)[-1] == ("move", "PENDING", "CHECKED_IN")
    assert attacked.found() == BEFORE
