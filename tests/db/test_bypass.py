"""A bypass lifts the rules of moves for one role and a time, records it, and ends by itself."""

import time
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from psycopg import errors
from tests.db.bypass_depot import (
    CHECKS,
    JUMP,
    SPEC,
    Connect,
    as_role,
    build,
    build_with,
    entries,
    findings,
    opened,
    with_checks,
)
from tests.servers import TestServer

from pginterlock import apply, bypasses, spec
from pginterlock.bypasses import Kind

Make = Callable[..., str]


@pytest.fixture
def depot(make_database: Make) -> str:
    """A database with the depot under its machine."""
    return make_database("bypass_depot", build)


@pytest.fixture
def admin(depot: str, connect: Connect) -> psycopg.Connection:
    """A superuser's session, for whom nothing is open."""
    return connect(depot, autocommit=True)


@pytest.fixture
def app(
    server: TestServer, depot: str, connect: Connect, admin: psycopg.Connection
) -> psycopg.Connection:
    """A session of the application; *admin* has made its role."""
    del admin
    return as_role(server, depot, "depot_app", connect)


@pytest.fixture(params=CHECKS)
def held(
    request: pytest.FixtureRequest, server: TestServer, make_database: Make, connect: Connect
) -> tuple[psycopg.Connection, psycopg.Connection, str]:
    """Sessions of superuser and application in a depot with each way of holding row rules."""
    dsn = make_database(f"bypass_{request.param}", build_with(request.param))
    return connect(dsn, autocommit=True), as_role(server, dsn, "depot_app", connect), request.param


def test_an_illegal_move_goes_through_and_says_so(
    held: tuple[psycopg.Connection, psycopg.Connection, str],
) -> None:
    admin, app, checks = held
    with pytest.raises(errors.CheckViolation, match="PACKED -> DELIVERED is not allowed"):
        app.execute(JUMP)

    it = opened(admin, "depot_app")
    app.execute(JUMP)

    assert entries(admin, 1) == [
        ("birth", None, None, "PACKED"),
        ("bypass", None, "PACKED", "DELIVERED"),
    ]
    told = admin.execute("select code, bypass_id, session_role from interlock.violation").fetchall()
    assert set(told) == {("IL01", it.bypass_id, "depot_app"), ("IL07", it.bypass_id, "depot_app")}
    assert findings(admin, with_checks(checks)) == ["bypass-open"]


@pytest.mark.parametrize(
    ("statement", "code", "entry"),
    [
        pytest.param(
            "update depot.parcel set status = 'SENT' where id = 2",
            "IL04",
            ("bypass", "send", "PACKED", "SENT"),
            id="guard",
        ),
        pytest.param(
            "update depot.parcel set packed_at = packed_at - interval '1 day' where id = 2",
            "IL07",
            ("bypass", None, "PACKED", "PACKED"),
            id="stamp",
        ),
        pytest.param(
            "insert into depot.parcel (id, status, packed_at, sent_at)"
            " values (9, 'LOST', now(), now())",
            "IL02",
            ("bypass", None, None, "LOST"),
            id="birth",
        ),
        pytest.param(
            "delete from depot.parcel where id = 2",
            "IL03",
            ("bypass", None, "PACKED", None),
            id="death",
        ),
    ],
)
def test_what_it_lifts(
    held: tuple[psycopg.Connection, psycopg.Connection, str],
    statement: str,
    code: str,
    entry: tuple[object, ...],
) -> None:
    admin, app, checks = held
    with pytest.raises(errors.CheckViolation) as refusal:
        app.execute(statement.encode())
    assert f'"{code}"' in (refusal.value.diag.message_detail or "")

    it = opened(admin, "depot_app")
    app.execute(statement.encode())

    assert entries(admin, 9 if code == "IL02" else 2)[-1] == entry
    told = admin.execute("select distinct code, bypass_id from interlock.violation").fetchall()
    assert told == [(code, it.bypass_id)]
    bypasses.close(admin, "parcel")
    assert findings(admin, with_checks(checks)) == []


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        pytest.param(
            "update depot.parcel set status = 'DELIVERED' where id = 1", "IL12", id="stamp lacking"
        ),
        pytest.param("update depot.parcel set status = 'ROLLING' where id = 1", "IL11", id="state"),
        pytest.param(
            "update depot.parcel set delivered_at = now() where id = 1", "IL12", id="desync"
        ),
        pytest.param("update depot.parcel set id = 77 where id = 1", "IL07", id="key"),
        pytest.param("truncate depot.parcel", "IL03", id="truncate"),
    ],
)
def test_what_it_does_not_lift(
    held: tuple[psycopg.Connection, psycopg.Connection, str], statement: str, code: str
) -> None:
    admin, app, _ = held
    admin.execute("grant truncate on depot.parcel to depot_app")
    opened(admin, "depot_app")

    with pytest.raises(errors.CheckViolation) as refusal:
        app.execute(statement.encode())

    assert f'"{code}"' in (refusal.value.diag.message_detail or "")
    assert entries(admin, 1) == [("birth", None, None, "PACKED")]


def test_a_sound_write_inside_a_bypass_is_an_ordinary_one(
    admin: psycopg.Connection, app: psycopg.Connection
) -> None:
    opened(admin, "depot_app")

    app.execute("update depot.parcel set paid = true, status = 'SENT' where id = 1")

    assert entries(admin, 1)[-1] == ("move", "send", "PACKED", "SENT")
    assert admin.execute("select count(*) from interlock.violation").fetchone() == (0,)


def test_an_actor_is_asked_all_the_same(make_database: Make, connect: Connect) -> None:
    session = connect(make_database("bypass_depot", build), autocommit=True)
    asking = spec.parse(SPEC.replace("audit: {", "audit: {actor: required, "), "spec.yaml")
    apply.install(session, asking)
    opened(session, None)

    with pytest.raises(errors.CheckViolation, match="no actor is given"):
        session.execute(JUMP)
    with session.transaction():
        session.execute("select interlock.act_as('clerk')")
        session.execute(JUMP)

    assert entries(session, 1)[-1] == ("bypass", None, "PACKED", "DELIVERED")


def test_it_ends_by_itself_also_within_a_transaction(
    server: TestServer, depot: str, connect: Connect, admin: psycopg.Connection
) -> None:
    app = as_role(server, depot, "depot_app", connect, autocommit=False)
    app.execute("select now()")
    opened(admin, "depot_app", duration=timedelta(seconds=1))
    app.execute(JUMP)
    app.commit()

    app.execute("select now()")
    time.sleep(1.1)
    with pytest.raises(errors.CheckViolation, match="DELIVERED -> PACKED is not allowed"):
        app.execute(
            "update depot.parcel set status = 'PACKED', sent_at = null, delivered_at = null"
            " where id = 1"
        )
    app.rollback()
    assert findings(admin) == []


def test_a_closed_one_lets_nothing_through(
    admin: psycopg.Connection, app: psycopg.Connection
) -> None:
    opened(admin, "depot_app")
    [closed] = bypasses.close(admin, "parcel")

    with pytest.raises(errors.CheckViolation):
        app.execute(JUMP)
    assert closed.role == "depot_app"
    assert [it.is_open for it in bypasses.listed(admin)] == [False]


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_an_old_snapshot_does_not_keep_it_open(
    server: TestServer, depot: str, connect: Connect, admin: psycopg.Connection, level: str
) -> None:
    opened(admin, "depot_app")
    app = as_role(server, depot, "depot_app", connect)
    app.execute(f"begin isolation level {level}".encode())
    app.execute("select count(*) from depot.parcel")
    bypasses.close(admin, "parcel")

    with pytest.raises(errors.SerializationFailure):
        app.execute(JUMP)
    app.execute("rollback")


def test_a_snapshot_from_before_it_was_opened_is_refused(
    server: TestServer, depot: str, connect: Connect, admin: psycopg.Connection
) -> None:
    app = as_role(server, depot, "depot_app", connect)
    app.execute("begin isolation level repeatable read")
    app.execute("select count(*) from depot.parcel")
    opened(admin, "depot_app")

    with pytest.raises(errors.CheckViolation):
        app.execute(JUMP)


def test_a_row_that_was_deleted_in_one_may_come_back_in_one(
    admin: psycopg.Connection, app: psycopg.Connection
) -> None:
    app.execute("update depot.parcel set paid = true, status = 'SENT' where id = 1")
    app.execute("update depot.parcel set status = 'LOST' where id = 1")
    app.execute("delete from depot.parcel where id = 1")
    again = "insert into depot.parcel (id, status) values (1, 'PACKED')"
    with pytest.raises(errors.CheckViolation, match="used before"):
        app.execute(again)

    opened(admin, "depot_app")
    app.execute(again)
    bypasses.close(admin, "parcel")
    app.execute("update depot.parcel set paid = true, status = 'SENT' where id = 1")

    assert [it[0] for it in entries(admin, 1)] == [
        "birth", "move", "move", "death", "bypass", "move",
    ]  # fmt: skip
    assert findings(admin) == []


def test_a_row_that_vanishes_beside_one_that_came_back_is_found(
    admin: psycopg.Connection, app: psycopg.Connection
) -> None:
    app.execute("update depot.parcel set paid = true, status = 'SENT' where id = 1")
    app.execute("update depot.parcel set status = 'LOST' where id = 1")
    app.execute("delete from depot.parcel where id = 1")
    opened(admin, "depot_app")
    app.execute("insert into depot.parcel (id, status) values (1, 'PACKED')")
    bypasses.close(admin, "parcel")
    admin.execute("alter table depot.parcel disable trigger interlock_50_parcel_death")
    admin.execute("delete from depot.parcel where id = 2")
    admin.execute("alter table depot.parcel enable always trigger interlock_50_parcel_death")

    assert findings(admin) == ["IL10"]


def test_an_import_keeps_what_is_given_and_says_imported(
    held: tuple[psycopg.Connection, psycopg.Connection, str],
) -> None:
    admin, app, checks = held
    opened(admin, "depot_app", kind=Kind.IMPORT)

    app.execute(
        "insert into depot.parcel (id, status, carrier, packed_at, sent_at, delivered_at) values"
        " (11, 'PACKED', null, '2020-01-01', null, null),"
        " (12, 'SENT', 'van', '2020-01-01', '2020-01-02', null),"
        " (13, 'DELIVERED', 'van', '2020-01-01', '2020-01-02', '2020-01-03')"
    )

    stamps = admin.execute(
        "select id, packed_at::date::text, sent_at::date::text, delivered_at::date::text"
        " from depot.parcel where id > 10 order by id"
    ).fetchall()
    assert stamps == [
        (11, "2020-01-01", None, None),
        (12, "2020-01-01", "2020-01-02", None),
        (13, "2020-01-01", "2020-01-02", "2020-01-03"),
    ]
    assert entries(admin, 11) == [("birth", None, None, "PACKED")]
    assert entries(admin, 13) == [("imported", None, None, "DELIVERED")]
    assert admin.execute("select count(*) from interlock.violation").fetchone() == (0,)
    bypasses.close(admin, "parcel")
    assert findings(admin, with_checks(checks)) == []


def test_an_import_takes_no_row_that_is_not_sound(
    held: tuple[psycopg.Connection, psycopg.Connection, str],
) -> None:
    admin, app, _ = held
    opened(admin, "depot_app", kind=Kind.IMPORT)

    with pytest.raises(errors.CheckViolation, match="LOST forbids carrier"):
        app.execute(
            "insert into depot.parcel (id, status, carrier, packed_at, sent_at)"
            " values (12, 'LOST', 'van', '2020-01-01', '2020-01-02')"
        )
    with pytest.raises(errors.CheckViolation, match="sent_at does not fit"):
        app.execute(
            "insert into depot.parcel (id, status, packed_at) values (12, 'SENT', '2020-01-01')"
        )


def test_a_row_that_is_imported_lives_on_as_all_others(
    admin: psycopg.Connection, app: psycopg.Connection
) -> None:
    opened(admin, "depot_app", kind=Kind.IMPORT)
    app.execute(
        "insert into depot.parcel (id, status, packed_at, sent_at)"
        " values (12, 'SENT', '2020-01-01', '2020-01-02')"
    )
    bypasses.close(admin, "parcel")

    app.execute("update depot.parcel set status = 'DELIVERED' where id = 12")
    with pytest.raises(errors.CheckViolation):
        app.execute("update depot.parcel set status = 'SENT', delivered_at = null where id = 12")

    assert [it[0] for it in entries(admin, 12)] == ["imported", "move"]
    assert findings(admin) == []


def test_without_a_bypass_a_stamp_that_is_always_filled_is_not_for_the_writer(
    app: psycopg.Connection,
) -> None:
    app.execute(
        "insert into depot.parcel (id, status, packed_at) values (11, 'PACKED', '2020-01-01')"
    )

    year = app.execute(
        "select packed_at > now() - interval '1 hour' from depot.parcel where id = 11"
    ).fetchone()
    assert year == (True,)
