"""Whoever tries to get at a bypass that is not his, and what `verify` finds of it."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import errors
from tests import servers
from tests.db.bypass_depot import JUMP, Connect, as_role, build, entries, findings, opened
from tests.servers import TestServer

from pginterlock import bypasses, embedded
from pginterlock.bypasses import Wish, duration
from pginterlock.errors import EnvironmentFault, UsageError

Make = Callable[..., str]
FORGED = """
insert into interlock.bypass (machine_name, role_name, is_group, kind, reason, until_at)
values ('parcel', 'depot_app', false, 'moves', 'because', now() + interval '1 hour')
"""
CALL = "select interlock.open_bypass('parcel', 'because', interval '1 hour')"


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


def rearm(admin: psycopg.Connection, table: str) -> None:
    """Restore the catalog exactly after the triggers of *table* were off."""
    for name in ("interlock_10_once", "interlock_20_once"):
        admin.execute(f"alter table interlock.{table} enable always trigger {name}".encode())


@pytest.mark.parametrize(
    "statement",
    [
        FORGED,
        CALL,
        "select interlock.close_bypass(1)",
        "select interlock.session_bypass('parcel')",
        "update interlock.bypass set until_at = now() + interval '1 hour'",
        "delete from interlock.bypass",
        "truncate interlock.bypass",
        "alter table interlock.bypass disable trigger all",
    ],
)
def test_an_application_gets_at_no_bypass(app: psycopg.Connection, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(statement.encode())


def test_an_application_opens_and_closes_none(
    admin: psycopg.Connection, app: psycopg.Connection
) -> None:
    with pytest.raises(EnvironmentFault, match="members of the owner"):
        opened(app, None)
    opened(admin, "depot_night")
    with pytest.raises(EnvironmentFault, match="members of the owner"):
        bypasses.close(app, "parcel")
    assert [it.is_open for it in bypasses.listed(admin)] == [True]


@pytest.fixture(scope="module", params=servers.majors(), ids=lambda major: f"pg{major}")
def private(request: pytest.FixtureRequest) -> Iterator[TestServer]:
    """A server of our own, for grants that reach over all databases."""
    with embedded.running(bin_dir=servers.binaries(request.param)) as made:
        with psycopg.connect(made.dsn(), autocommit=True) as session:
            session.execute("create database depot")
        with psycopg.connect(made.dsn("depot"), autocommit=True) as session:
            build(session)
            session.execute("create role writer login in role pg_write_all_data")
            session.execute("create role maker login createrole")
        yield TestServer(request.param, str(made.socket_dir), made.bin_dir)


@pytest.mark.parametrize(
    "statement",
    [
        FORGED,
        CALL,
        "update interlock.bypass set until_at = until_at + interval '1 hour'",
        "delete from interlock.bypass",
        "truncate interlock.bypass",
    ],
)
def test_who_may_write_all_data_writes_no_bypass(
    private: TestServer, connect: Connect, statement: str
) -> None:
    admin = connect(private.dsn("depot"), autocommit=True)
    if not any(it.is_open for it in bypasses.listed(admin)):
        opened(admin, "maker")

    with pytest.raises(errors.InsufficientPrivilege):
        connect(private.dsn("depot", "writer"), autocommit=True).execute(statement.encode())


def test_who_makes_roles_opens_none_unless_he_joins_the_owner_and_is_seen(
    private: TestServer, connect: Connect
) -> None:
    maker = connect(private.dsn("depot", "maker"), autocommit=True)
    admin = connect(private.dsn("depot"), autocommit=True)
    with pytest.raises(errors.InsufficientPrivilege):
        maker.execute(FORGED)
    with pytest.raises(errors.InsufficientPrivilege):
        maker.execute(CALL)

    if private.major >= 16:
        with pytest.raises(errors.InsufficientPrivilege):
            maker.execute("grant interlock_owner to maker")
        return
    maker.execute("grant interlock_owner to maker")
    it = bypasses.open_one(maker, Wish("parcel", "because", duration("1h"), role="writer"))
    assert it.opened_by == "maker"
    assert "bypass-open" in findings(admin)


def test_a_role_that_is_set_is_not_who_is_logged_in(
    server: TestServer, depot: str, connect: Connect, admin: psycopg.Connection
) -> None:
    opened(admin, "depot_night")
    admin.execute("set role depot_night")
    with pytest.raises(errors.CheckViolation):
        admin.execute(JUMP)
    admin.execute("reset role")

    night = as_role(server, depot, "depot_night", connect)
    night.execute("set role depot_crew")
    night.execute("reset role")
    night.execute(JUMP)
    assert entries(admin, 1)[-1][0] == "bypass"


def test_a_superuser_and_the_owner_of_the_table_are_bound_as_all_others(
    admin: psycopg.Connection,
) -> None:
    opened(admin, "depot_app")
    opened(admin, "depot_crew")

    with pytest.raises(errors.CheckViolation):
        admin.execute(JUMP)
    opened(admin, None)
    admin.execute(JUMP)
    assert entries(admin, 1)[-1][0] == "bypass"


def test_a_bypass_for_a_group_is_for_its_members(
    server: TestServer, depot: str, connect: Connect, admin: psycopg.Connection,
    app: psycopg.Connection,
) -> None:  # fmt: skip
    it = opened(admin, "depot_crew")
    with pytest.raises(errors.CheckViolation):
        app.execute(JUMP)

    as_role(server, depot, "depot_night", connect).execute(JUMP)

    assert it.is_group
    bypasses.close(admin, "parcel")
    assert findings(admin) == []


def test_a_bypass_for_a_login_is_not_for_its_members(
    server: TestServer, depot: str, connect: Connect, admin: psycopg.Connection
) -> None:
    with admin.transaction():
        admin.execute("grant depot_app to depot_night")
    try:
        opened(admin, "depot_app")
        with pytest.raises(errors.CheckViolation):
            as_role(server, depot, "depot_night", connect).execute(JUMP)
    finally:
        admin.execute("revoke depot_app from depot_night")


def test_a_function_of_the_owner_helps_nobody(
    admin: psycopg.Connection, app: psycopg.Connection
) -> None:
    admin.execute(
        "create function depot.jump() returns void language sql security definer"
        f" begin atomic; {JUMP}; end;".encode()
    )
    opened(admin, None)

    with pytest.raises(errors.CheckViolation):
        app.execute("select depot.jump()")
    admin.execute("select depot.jump()")
    assert entries(admin, 1)[-1][0] == "bypass"


def test_no_setting_and_no_object_of_the_writer_opens_one(
    admin: psycopg.Connection, app: psycopg.Connection
) -> None:
    opened(admin, "depot_night")
    app.execute("set session \"interlock.bypass\" = 'on'")
    app.execute("create temp table bypass as select 'parcel' as machine_name")
    app.execute("set search_path = pg_temp, interlock, depot")
    app.execute(
        "create function pg_temp.lifted(text, text) returns text language sql return 'bypass'"
    )

    with pytest.raises(errors.CheckViolation):
        app.execute(JUMP)


def test_another_clock_of_the_session_changes_nothing(
    admin: psycopg.Connection, app: psycopg.Connection
) -> None:
    admin.execute("set timezone = 'Pacific/Kiritimati'")
    opened(admin, "depot_app")
    bypasses.close(admin, "parcel")
    app.execute("set timezone = 'Etc/GMT+12'")

    with pytest.raises(errors.CheckViolation):
        app.execute(JUMP)
    assert findings(admin) == []


@pytest.mark.parametrize(
    "statement",
    [
        "update interlock.bypass set until_at = until_at + interval '1 hour'",
        "update interlock.bypass set reason = 'a better one'",
        "update interlock.bypass set closed_at = now(), closed_by = 'me', reason = 'other'",
        "delete from interlock.bypass",
        "truncate interlock.bypass",
    ],
)
def test_the_owner_changes_none_either(admin: psycopg.Connection, statement: str) -> None:
    opened(admin, "depot_app")

    with pytest.raises(errors.CheckViolation):
        admin.execute(statement.encode())


def test_one_that_was_put_in_by_hand_is_found(
    admin: psycopg.Connection, app: psycopg.Connection
) -> None:
    admin.execute(FORGED)
    app.execute(JUMP)

    assert findings(admin) == ["bypass-open", "bypass-unrecorded"]


def test_one_that_was_taken_out_is_found_and_what_it_let_through(
    admin: psycopg.Connection, app: psycopg.Connection
) -> None:
    opened(admin, "depot_app")
    app.execute(JUMP)
    admin.execute("alter table interlock.bypass disable trigger all")
    admin.execute("delete from interlock.bypass")
    rearm(admin, "bypass")

    assert sorted(findings(admin)) == ["IL10", "bypass-unrecorded"]


@pytest.mark.parametrize(
    "change",
    [
        "until_at = until_at + interval '1 day'",
        "reason = 'planned for long'",
        "role_name = 'depot_night'",
        "closed_at = clock_timestamp(), closed_by = 'x'",
    ],
)
def test_one_that_was_changed_behind_the_triggers_is_found(
    admin: psycopg.Connection, change: str
) -> None:
    opened(admin, "depot_app")
    admin.execute("alter table interlock.bypass disable trigger all")
    admin.execute(f"update interlock.bypass set {change}".encode())
    rearm(admin, "bypass")

    assert "bypass-unrecorded" in findings(admin)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            "clock_at = clock_at - interval '1 day', at = at - interval '1 day'", id="when"
        ),
        pytest.param("session_role = 'depot_night'", id="who"),
        pytest.param("kind = 'imported'", id="kind"),
        pytest.param("kind = 'lifted'", id="a kind that is none"),
    ],
)
def test_an_entry_outside_of_any_bypass_is_found(
    admin: psycopg.Connection, app: psycopg.Connection, change: str
) -> None:
    opened(admin, "depot_app")
    app.execute(JUMP)
    bypasses.close(admin, "parcel")
    assert findings(admin) == []

    admin.execute("alter table interlock.parcel_audit disable trigger all")
    admin.execute(f"update interlock.parcel_audit set {change} where kind = 'bypass'".encode())
    rearm(admin, "parcel_audit")

    assert findings(admin) == ["IL10"]


def test_an_open_bypass_of_the_one_who_verifies_is_no_failed_probe(
    admin: psycopg.Connection,
) -> None:
    opened(admin, None)

    assert findings(admin, probes=True) == ["bypass-open"]
    assert admin.execute("select count(*) from interlock.violation").fetchone() == (0,)


def test_two_at_once_open_one(depot: str, connect: Connect, admin: psycopg.Connection) -> None:
    other = connect(depot)
    other.execute(CALL.replace("'1 hour')", "'1 hour', 'depot_app')"))
    admin.execute("set lock_timeout = '100ms'")
    with pytest.raises(EnvironmentFault, match="lock was not granted"):
        opened(admin, "depot_app")
    other.commit()

    with pytest.raises(UsageError, match="is open for depot_app until"):
        opened(admin, "depot_app")
    assert len(bypasses.listed(admin)) == 1


def test_after_an_ended_one_another_may_be_opened(admin: psycopg.Connection) -> None:
    opened(admin, "depot_app", duration=duration("1s"))
    admin.execute("select pg_sleep(1.1)")

    opened(admin, "depot_app")

    assert [it.is_open for it in bypasses.listed(admin)] == [False, True]
