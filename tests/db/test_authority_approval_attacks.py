"""Attacks on four eyes: one who would be two, approvals never given, those of elsewhere."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors
from tests.conftest import Build
from tests.db import approval_depot
from tests.db.approval_depot import REFUND, Connect, Login, approve, logins, state
from tests.servers import TestServer

INSERT = (
    "insert into interlock.approval (machine_name, key, event, from_state, entry_id, place,"
    " version, session_role) select 'parcel', '{\"id\": 1}', 'refund', 'SENT', max(id), n, 1,"
    " 'role' || n"
    " from interlock.parcel_audit, generate_series(1, 2) as n where key_id = 1 group by n"
)


@pytest.fixture
def login(
    make_database: Callable[[str, Build], str], server: TestServer, connect: Connect
) -> Login:
    return logins(server, make_database("approval_depot", approval_depot.build), connect)


def is_refused(session: psycopg.Connection, key: int = 1) -> bool:
    with pytest.raises(errors.CheckViolation, match="needs 2 approvals"):
        session.execute(REFUND.format(key).encode())
    return state(session, key) == "SENT"


def test_one_login_that_claims_two_actors_is_one(login: Login) -> None:
    app = login("app")
    for actor in ("ann", "bob"):
        with app.transaction():
            app.execute("select interlock.act_as(%s)", [actor])
            assert approve(app, 1) == (1, 1)

    assert is_refused(login("cid"))
    app.execute("select interlock.act_as('cid')")
    assert is_refused(app)


def test_one_login_that_sets_two_roles_is_one(login: Login) -> None:
    ann = login("ann")
    for role in ("approval_boss", "approval_cid", "none"):
        ann.execute(f"set role {role}".encode())
        assert approve(ann, 1) == (1, 1)

    assert is_refused(login("app"))


def test_a_function_of_somebody_else_lends_no_identity(login: Login) -> None:
    admin = login("")
    admin.execute(
        "create function public.approve_as_bob() returns jsonb language sql security definer"
        " as $$ select interlock.approve('parcel', 1, 'refund') $$;"
        "alter function public.approve_as_bob() owner to approval_bob"
    )
    ann = login("ann")
    approve(ann, 1)
    ann.execute("select public.approve_as_bob()")

    assert is_refused(login("app"))


@pytest.mark.parametrize(
    "lie",
    [
        "set role approval_bob",
        "set session authorization approval_bob",
        "select set_config('role', 'approval_bob', false)",
        "set interlock.actor = 'approval_bob'",
        "set interlock.token = 'il1:k1:999999999999:transaction.1.1:0:approval_bob'",
        "set interlock.event = 'parcel/refund'",
        "set interlock.lift = 'parcel'",
        "set application_name = 'approval_bob'",
        "create function pg_temp.person(boolean) returns text language sql as $$ select 'x' $$",
        "create temp table approval (like depot.parcel)",
    ],
)
def test_no_lie_of_a_session_makes_it_another(login: Login, lie: str) -> None:
    cid = login("cid")
    approve(cid, 1)
    try:
        cid.execute(lie.encode())
    except errors.InsufficientPrivilege:
        cid.rollback()
    assert approve(cid, 1) == (1, 1)

    assert is_refused(cid)
    assert is_refused(login("app"))


@pytest.mark.parametrize(
    "attack",
    [
        INSERT,
        "update interlock.approval set event = 'write_off'",
        "update interlock.approval set entry_id = entry_id + 1",
        "delete from interlock.approval",
        "truncate interlock.approval",
        "select interlock.give_approval('parcel', '{\"id\": 1}', 'refund', 'SENT', 10, 1, false,"
        " false, null)",
        "select interlock.take_approvals('parcel', '{\"id\": 1}', 'refund', 'SENT', 10, 0, false,"
        " false)",
        "select interlock.withdraw_approvals('parcel', '{\"id\": 1}', 'refund', false)",
        "alter table interlock.approval disable trigger all",
    ],
)
def test_the_application_writes_no_approvals(login: Login, attack: str) -> None:
    approve(login("ann"), 1)
    app = login("app")

    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(attack.encode())
    assert is_refused(app)


def test_who_may_write_to_every_table_writes_none(login: Login) -> None:
    """In one transaction, for such a role is nothing to leave on a server of others."""
    admin = login("")
    approve(login("ann"), 1)
    with admin.transaction():
        admin.execute("create role approval_writer in role pg_write_all_data, pg_read_all_data")
        admin.execute("set local session authorization approval_writer")
        for attack in (
            INSERT,
            "update interlock.approval set withdrawn_at = now(), withdrawn_by = 'ann'",
            "delete from interlock.approval",
        ):
            with (
                pytest.raises(errors.InsufficientPrivilege, match="by functions of schema"),
                admin.transaction(),
            ):
                admin.execute(attack.encode())
        raise psycopg.Rollback


@pytest.mark.parametrize("is_replica", [False, True])
def test_the_owner_writes_none_in_the_name_of_others(login: Login, is_replica: bool) -> None:
    admin = login("")
    approve(login("ann"), 1)
    if is_replica:
        admin.execute("set session_replication_role = replica")
    for attack in (
        "delete from interlock.approval",
        "truncate interlock.approval",
        "update interlock.approval set session_role = 'approval_bob'",
        "update interlock.approval set key = '{\"id\": 2}'",
        "update interlock.approval set withdrawn_at = now(), withdrawn_by = 'x', entry_id = 1",
    ):
        with pytest.raises(errors.CheckViolation, match="written once"):
            admin.execute(attack.encode())
    admin.execute(INSERT.replace("max(id), n,", "max(id), n + 1,").encode())

    roles = admin.execute("select distinct session_role from interlock.approval order by 1")
    assert roles.fetchall() == [("approval_ann",), ("postgres",)]
    with pytest.raises(errors.CheckViolation, match="1 is missing"):
        admin.execute(REFUND.format(1).encode())
    with pytest.raises(errors.InsufficientPrivilege, match="no token of this session proves"):
        admin.execute(
            "insert into interlock.approval (machine_name, key, event, from_state, entry_id,"
            " place, version, actor, signed_by)"
            " values ('parcel', '1', 'refund', 'SENT', 1, 9, 1, 'x', 'k')"
        )


def test_a_withdrawn_or_consumed_one_is_not_revived(login: Login) -> None:
    admin = login("")
    approve(login("ann"), 1)
    login("ann").execute("select interlock.withdraw('parcel', 1, 'refund')")
    approve(login("ann"), 2)
    approve(login("bob"), 2)
    login("app").execute(REFUND.format(2).encode())

    for attack in (
        "update interlock.approval set withdrawn_at = null, withdrawn_by = null where place = 1",
        "update interlock.approval set consumed_at = null, consumed_transaction = null",
        "update interlock.approval set consumed_at = now(), consumed_transaction = '1'",
    ):
        with pytest.raises(errors.CheckViolation, match="written once"):
            admin.execute(attack.encode())


def test_those_of_another_row_or_event_do_not_count(login: Login) -> None:
    for who in ("ann", "bob"):
        approve(login(who), 2)
        approve(login(who), 1, "write_off")

    assert is_refused(login("app"))


def test_the_function_behind_it_counts_for_no_other_state_or_stay(login: Login) -> None:
    """Whoever calls it himself says of the row what he likes: the move asks the history."""
    app = login("app")
    app.execute("update depot.parcel set status = 'PACKED' where id = 1")
    for who in ("ann", "bob"):
        login(who).execute(
            "select interlock.parcel_approval('1', 'refund', 'SENT', 'approve', null)"
        )
    app.execute("update depot.parcel set status = 'SENT' where id = 1")

    assert is_refused(app)
    for who in ("ann", "bob"):
        row = login(who).execute(
            "select interlock.parcel_approval('1', 'refund', 'PACKED', 'approve', null)"
        )
        assert row.fetchone() == (None,)
    assert is_refused(app)


GIVE = "select interlock.parcel_approval('{\"id\": 1}', 'refund', 'SENT', 'approve', null)"


def test_who_may_not_read_the_table_gives_none_behind_it(login: Login) -> None:
    login("").execute("revoke select on depot.parcel from public")

    with pytest.raises(errors.CheckViolation, match="approvals of refund are not by") as caught:
        login("eye").execute(GIVE)

    assert caught.value.diag.message_hint == "They are by who may read depot.parcel"


@pytest.mark.parametrize("who", ["eye", "reader", "heir"], ids=["column", "role", "noinherit"])
def test_who_may_read_any_of_it_in_any_way_may(login: Login, who: str) -> None:
    admin = login("")
    admin.execute("revoke select on depot.parcel from public")
    admin.execute("grant select (id) on depot.parcel to approval_eye")
    admin.execute("grant select on depot.parcel to approval_sight")

    assert login(who).execute(GIVE).fetchall()[0][0]["approvals"] == 1


def test_the_replica_role_asks_for_them_too(login: Login) -> None:
    admin = login("")
    admin.execute("set session_replication_role = replica")

    assert is_refused(admin)
