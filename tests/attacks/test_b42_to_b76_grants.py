"""Grants that reach past one database, on a server of the test's own: other tests would see them.

B61 to B64 are here too, for these rules have to stand a role with ``pg_write_all_data``.
Left out: B66 (a role that may make roles).
"""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import errors
from tests.attacks.hotel import APP, OWNER, Attacked, build, spec_in
from tests.servers import TestServer, binaries

from pginterlock import database, embedded, tripwire_setting
from pginterlock.tripwire import Mode

WRITER = "attack_writer"


@pytest.fixture(scope="module")
def private(server: TestServer) -> Iterator[embedded.Server]:
    """A server that nobody else uses."""
    with embedded.running(bin_dir=binaries(server.major)) as started:
        yield started


@pytest.fixture
def attacked(
    private: embedded.Server, server: TestServer, connect: Callable[..., psycopg.Connection]
) -> Iterator[Attacked]:
    """The hotel under its machine, the only one on its server."""
    with psycopg.connect(private.dsn(), autocommit=True) as root:
        root.execute("drop database if exists attacked with (force)")
        root.execute("create database attacked")
    dsn, spec = private.dsn("attacked"), spec_in("checks: function")
    admin = connect(dsn, autocommit=True)
    build(admin, spec)
    yield Attacked(dsn, spec, connect, admin, server)
    admin.execute(
        "revoke set on parameter session_replication_role from attack_app;"
        "drop role if exists attack_writer"
    )


@pytest.fixture
def replica(attacked: Attacked) -> psycopg.Connection:
    """A session of the application that may be a replica, and is."""
    attacked.admin.execute("grant set on parameter session_replication_role to attack_app")
    session = attacked.session(APP)
    session.execute("set session_replication_role = replica")
    return session


@pytest.fixture
def writer(attacked: Attacked) -> psycopg.Connection:
    """A session of a role that may write all data."""
    attacked.admin.execute("create role attack_writer login in role pg_write_all_data")
    return attacked.session(WRITER)


@pytest.mark.slow
def test_b42_moves_as_a_replica(attacked: Attacked, replica: psycopg.Connection) -> None:
    with attacked.refused("IL01", "transition"):
        replica.execute(
            "update hotel.room_booking set status = 'CHECKED_IN', room_id = 3 where id = 5"
        )
    replica.execute("update hotel.room_booking set status = 'CANCELLED' where id = 1")

    assert attacked.history(1)[-1] == ("move", "PENDING", "CANCELLED")
    assert attacked.found() == {"replication-role"}


def test_b42_a_role_that_always_is_a_replica(attacked: Attacked) -> None:
    attacked.admin.execute("alter role attack_app set session_replication_role = replica")
    try:
        with attacked.refused("IL03", "death"):
            attacked.session(APP).execute("delete from hotel.room_booking where id = 3")
        assert attacked.found() == {"replication-role"}
    finally:
        attacked.admin.execute("alter role attack_app reset session_replication_role")


def test_b43_a_room_that_is_not_there(attacked: Attacked, replica: psycopg.Connection) -> None:
    """The foreign key sleeps, and is no rule of ours; that it can be put to sleep is found."""
    replica.execute("update hotel.room_booking set room_id = 9999 where id = 2")

    assert attacked.found() == {"replication-role"}
    assert attacked.admin.execute(
        "select new_room_id from interlock.booking_audit where key_id = 2 order by id desc limit 1"
    ).fetchone() == (9999,)


def test_b61_forge_an_entry(attacked: Attacked, writer: psycopg.Connection) -> None:
    entry = "insert into interlock.booking_audit (key_id, kind, event, from_state, to_state{})"
    values = " values (1, 'move', 'confirm', 'PENDING', 'CONFIRMED'{})"

    with pytest.raises(errors.InsufficientPrivilege, match="statement_text"):
        writer.execute((entry.format("") + values.format("")).encode())
    writer.execute((entry.format(", statement") + values.format(", 'mine'")).encode())

    assert attacked.found() == {"IL10", "writes-all-data"}


def test_b62_change_an_entry(attacked: Attacked, writer: psycopg.Connection) -> None:
    with attacked.unchanged(), pytest.raises(errors.CheckViolation, match="written once"):
        writer.execute("update interlock.booking_audit set actor = 'someone else'")
    assert attacked.found() == {"writes-all-data"}


def test_b63_delete_an_entry(attacked: Attacked, writer: psycopg.Connection) -> None:
    with attacked.unchanged(), pytest.raises(errors.CheckViolation, match="written once"):
        writer.execute("delete from interlock.booking_audit")


def test_b64_one_more_allowed_move(attacked: Attacked, writer: psycopg.Connection) -> None:
    writer.execute(
        "insert into interlock.transition (machine_name, event_name, from_state, to_state)"
        " values ('booking', 'cheat', 'CANCELLED', 'CHECKED_IN')"
    )

    with attacked.refused("IL01", "transition"):
        attacked.session(APP).execute(
            "update hotel.room_booking set status = 'CHECKED_IN', room_id = 3 where id = 5"
        )
    assert attacked.found() == {"registry-changed", "writes-all-data"}


def test_b64_a_tombstone_removed(attacked: Attacked, writer: psycopg.Connection) -> None:
    attacked.session(APP).execute("delete from hotel.room_booking where id = 7")
    writer.execute("delete from interlock.booking_tombstone")

    attacked.session(APP).execute("insert into hotel.room_booking (id) values (7)")

    assert attacked.found() == {"IL10", "writes-all-data"}


def test_b74_a_revoke_without_effect(attacked: Attacked) -> None:
    attacked.admin.execute(
        "grant update (status) on hotel.room_booking to pg_monitor;"
        "revoke update (status) on hotel.room_booking from attack_app"
    )

    assert attacked.found() == {"revoke-without-effect"}


def test_b76a_born_late_as_a_replica(attacked: Attacked, replica: psycopg.Connection) -> None:
    with attacked.refused("IL02", "birth"):
        replica.execute(
            "insert into hotel.room_booking (id, status, paid_at) values (20, 'CONFIRMED', now())"
        )


def test_b76b_truncate_as_a_replica(attacked: Attacked, replica: psycopg.Connection) -> None:
    attacked.grant_all()

    with attacked.refused("IL03", "death"):
        replica.execute("truncate hotel.room_booking, hotel.payment")


def test_the_owner_is_no_replica(attacked: Attacked) -> None:
    with attacked.denied():
        attacked.session(OWNER).execute("set session_replication_role = replica")


def test_who_may_write_all_data_lets_himself_through_no_tripwire(
    attacked: Attacked, writer: psycopg.Connection
) -> None:
    with database.connect(attacked.dsn) as connection:
        tripwire_setting.ask_for(connection, Mode.REFUSE)

    for statement in (
        "insert into interlock.ddl_pass (machine_name) values ('booking')",
        "delete from interlock.guarded",
        "update interlock.tripwire set mode = 'off'",
        "insert into interlock.guarded select 'booking', 'grant', 1, 'x', ''",
    ):
        with attacked.denied():
            writer.execute(statement.encode())
