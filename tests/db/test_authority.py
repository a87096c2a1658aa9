"""Who may make a move: the role that the session acts as, and what lends no right (IL05).

Roles belong to the whole server, so these tests have a server of their own.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest
from psycopg import errors
from tests.servers import TestServer

from pginterlock import apply, bypasses, embedded, refusal, spec, steps
from pginterlock.bypasses import Wish, duration
from pginterlock.errors import NotAuthorised, SpecError
from pginterlock.model import Spec
from pginterlock.verify import verify

TABLE = """
create role depot_owner;
create role clerk; create role boss; create role auditor;
create role app login; create role app_boss login in role boss;
create role app_none login noinherit;
create role pool login in role clerk, boss;
create schema depot authorization depot_owner;
set role depot_owner;
create table depot.parcel (id bigint primary key, status text not null, paid_at timestamptz,
    note text);
grant usage on schema depot to public;
grant select, insert, update on depot.parcel to public;
reset role;
insert into depot.parcel select n, 'PACKED' from generate_series(1, 9) as n;
"""
SPEC = """
interlock: 1
machines:
  parcel:
    table: depot.parcel
    state: status
    mode: enforce
    initial: [PACKED]
    final: [SENT, LOST, RETURNED]
    transitions:
      send: {from: PACKED, to: SENT, by: [boss, auditor]}
      lose: {from: PACKED, to: LOST}
      pay_back: {from: PACKED, to: RETURNED, guard: paid_at is not null, by: boss}
      give_back: {from: PACKED, to: RETURNED, guard: note = 'gift'}
"""
SEND = "update depot.parcel set status = 'SENT' where id = 1"
GIVE = "update depot.parcel set status = 'RETURNED' where id = 1"


@pytest.fixture(scope="module")
def own_server(server: TestServer) -> Iterator[embedded.Server]:
    with embedded.running(bin_dir=server.bin_dir) as started:
        with psycopg.connect(started.dsn(), autocommit=True) as admin:
            admin.execute("create database authority_template")
        with psycopg.connect(started.dsn("authority_template"), autocommit=True) as admin:
            admin.execute(TABLE)
            apply.install(admin, wanted())
        yield started


@pytest.fixture
def database(own_server: embedded.Server) -> str:
    with psycopg.connect(own_server.dsn(), autocommit=True) as admin:
        admin.execute("drop database if exists parcels with (force)")
        admin.execute("create database parcels template authority_template")
    return "parcels"


@pytest.fixture
def login(
    own_server: embedded.Server, database: str, connect: Callable[..., psycopg.Connection]
) -> Callable[[str], psycopg.Connection]:
    """Open a session of a role."""

    def as_role(role: str) -> psycopg.Connection:
        return connect(f"{own_server.dsn(database)} user={role}", autocommit=True)

    return as_role


Login = Callable[[str], psycopg.Connection]


def wanted(mode: str = "enforce") -> Spec:
    return spec.parse(SPEC.replace("enforce", mode), "interlock.yaml")


@contextmanager
def refused(code: str = "IL05") -> Iterator[dict[str, object]]:
    told: dict[str, object] = {}
    with pytest.raises(errors.CheckViolation) as caught:
        yield told
    told.update(json.loads(caught.value.diag.message_detail or "{}"))
    told.update(message=caught.value.diag.message_primary, hint=caught.value.diag.message_hint)
    told.update(constraint=caught.value.diag.constraint_name)
    assert told["code"] == code


def test_a_stranger_is_told_who_may(login: Login) -> None:
    with refused() as told:
        login("app").execute(SEND)

    assert told["message"] == "parcel 1: PACKED -> SENT is not for app"
    assert told["hint"] == "send is for members of boss, auditor"
    assert (told["constraint"], told["event"], told["missing"]) == (
        "parcel.authority",
        "send",
        ["role"],
    )


def test_the_refusal_is_typed(login: Login) -> None:
    with pytest.raises(errors.CheckViolation) as caught:
        login("app").execute(SEND)

    assert isinstance(refusal(caught.value), NotAuthorised)


def test_membership_counts(login: Login) -> None:
    login("app_boss").execute(SEND)


def test_membership_through_another_role_counts(login: Login) -> None:
    admin = login("postgres")
    admin.execute("create role deputy in role boss")
    admin.execute("grant deputy to app_none")
    try:
        login("app_none").execute(SEND)
    finally:
        admin.execute("drop role deputy")


def test_a_superuser_is_a_member_of_every_role(login: Login) -> None:
    login("postgres").execute(SEND)


def test_moves_without_by_are_for_anybody(login: Login) -> None:
    login("app").execute("update depot.parcel set status = 'LOST' where id = 1")


def test_set_role_to_a_role_that_may(login: Login) -> None:
    session = login("pool")
    session.execute("set role boss")

    session.execute(SEND)


def test_set_role_gives_up_what_the_session_had(login: Login) -> None:
    session = login("pool")
    session.execute("set role clerk")

    with refused() as told:
        session.execute(SEND)
    assert told["message"] == "parcel 1: PACKED -> SENT is not for clerk"


def test_set_local_role_behind_a_pooler_ends_with_its_transaction(login: Login) -> None:
    session = login("pool")
    with session.transaction():
        session.execute("set local role clerk")
        with refused(), session.transaction():
            session.execute(SEND)
    with session.transaction():
        session.execute("set local role boss")
        session.execute(SEND)


def test_a_superuser_who_set_role_is_judged_as_that_role(login: Login) -> None:
    session = login("postgres")
    session.execute("set role clerk")

    with refused():
        session.execute(SEND)


def test_set_session_authorization(login: Login) -> None:
    session = login("postgres")
    session.execute("set session authorization app")

    with refused():
        session.execute(SEND)


@pytest.mark.parametrize("owner", ["depot_owner", "boss", "postgres", "interlock_owner"])
def test_a_security_definer_function_lends_no_right(login: Login, owner: str) -> None:
    admin = login("postgres")
    admin.execute(
        f"create function public.send() returns void language sql security definer as $$ {SEND} $$"
    )
    admin.execute(f"grant all on depot.parcel to {owner}")
    admin.execute(f"alter function public.send() owner to {owner}")

    with refused():
        login("app").execute("select public.send()")
    login("app_boss").execute("select public.send()")


def test_a_view_of_its_owner_lends_no_right(login: Login) -> None:
    admin = login("postgres")
    admin.execute("create view public.parcels as select * from depot.parcel")
    admin.execute("grant update, select on public.parcels to app")

    with refused():
        login("app").execute("update public.parcels set status = 'SENT' where id = 1")


@pytest.mark.parametrize(
    "lie",
    [
        "set role boss",
        "select set_config('role', 'boss', true)",
        "set session authorization boss",
        "set interlock.actor = 'boss'",
        "create function pg_temp.pg_has_role(name, oid, text) returns boolean language sql as"
        " 'select true'",
        "create function pg_temp.current_setting(text) returns text language sql as"
        " $$ select 'boss'::text $$",
        "set search_path = pg_temp, pg_catalog",
        "create temp table boss ()",
    ],
)
def test_no_lie_of_a_session_helps(login: Login, lie: str) -> None:
    session = login("app")
    with suppress(errors.InsufficientPrivilege):
        session.execute(lie)

    with refused():
        session.execute(SEND)


def test_a_function_that_sets_the_role_needs_the_membership_of_its_caller(login: Login) -> None:
    admin = login("postgres")
    admin.execute(
        "create function public.send_as_boss() returns void language plpgsql set role = boss as"
        f" $$ begin {SEND}; end $$"
    )

    with pytest.raises(errors.InsufficientPrivilege):
        login("app").execute("select public.send_as_boss()")
    login("pool").execute("select public.send_as_boss()")


def test_a_cascade_of_somebody_else_is_judged_by_the_session(login: Login) -> None:
    admin = login("postgres")
    admin.execute("create table public.batch (id int primary key, parcel bigint)")
    admin.execute("insert into public.batch values (1, 1)")
    admin.execute(
        "create function public.follow() returns trigger language plpgsql security definer as"
        " $$ begin update depot.parcel set status = 'SENT' where id = new.parcel;"
        " return null; end $$"
    )
    admin.execute(
        "create trigger follow after update on public.batch for each row"
        " execute function public.follow()"
    )
    admin.execute("grant all on public.batch to public")

    with refused():
        login("app").execute("update public.batch set parcel = 1")


def test_another_event_of_the_same_move_is_for_who_meets_its_guard(login: Login) -> None:
    session = login("app")
    session.execute("update depot.parcel set note = 'gift' where id = 1")

    session.execute(GIVE)

    assert events(login) == ["give_back"]


def test_a_guard_that_fails_is_told_before_the_role(login: Login) -> None:
    with refused("IL04") as told:
        login("app").execute(GIVE)
    assert told["missing"] == ["paid_at", "note"]


def test_a_guard_that_holds_leaves_the_role(login: Login) -> None:
    session = login("app")
    session.execute("update depot.parcel set paid_at = now() where id = 1")

    with refused("IL05") as told:
        session.execute(GIVE)
    assert told["hint"] == "pay_back is for members of boss"


def test_a_role_that_is_gone_lets_nobody_move(login: Login) -> None:
    admin = login("postgres")
    admin.execute("alter role boss rename to chief")
    try:
        with refused():
            login("app_boss").execute(SEND)
        with pytest.raises(SpecError, match="role 'boss' does not exist"):
            verify(admin, wanted())
    finally:
        admin.execute("alter role chief rename to boss")


def test_a_role_that_is_not_there_is_no_plan(login: Login) -> None:
    text = SPEC.replace("[boss, auditor]", "[bos]")

    with pytest.raises(SpecError, match=r"11:\d+: role 'bos' does not exist; did you mean 'boss'"):
        steps.make_plan(login("postgres"), spec.parse(text, "interlock.yaml"))


def test_observe_records_the_move_of_a_stranger(login: Login) -> None:
    admin = login("postgres")
    apply.install(admin, wanted("observe"))

    login("app").execute(SEND)

    found = admin.execute("select code, rule_name from interlock.violation").fetchall()
    assert found == [("IL05", "authority")]


def with_modes(modes: str, *left_out: str) -> Spec:
    lines = [it for it in SPEC.splitlines() if not it.strip().startswith(left_out or ("-",))]
    return spec.parse("\n".join(lines) + f"\n    modes: {modes}\n", "interlock.yaml")


@pytest.mark.parametrize("name", ["IL05", "authority"])
def test_the_rule_alone_may_be_observed(login: Login, name: str) -> None:
    admin = login("postgres")
    apply.install(admin, with_modes(f"{{{name}: observe}}"))

    login("app").execute(SEND)

    found = admin.execute("select code, rule_name from interlock.violation").fetchall()
    assert found == [("IL05", "authority")]
    assert events(login) == ["send"]
    with refused("IL04"):
        login("app").execute(GIVE.replace("1", "2"))


def test_a_guard_that_is_only_observed_does_not_open_a_move_to_strangers(login: Login) -> None:
    admin = login("postgres")
    apply.install(admin, with_modes("{guard: observe}", "give_back"))

    with refused("IL05"):
        login("app").execute(GIVE)
    login("app_boss").execute(GIVE)

    assert admin.execute("select code from interlock.violation").fetchall() == [("IL04",)]
    assert events(login) == ["pay_back"]


def test_where_guards_are_observed_a_move_is_named_after_an_event_that_may_be_made(
    login: Login,
) -> None:
    apply.install(login("postgres"), with_modes("{guard: observe}"))

    login("app").execute(GIVE)

    assert events(login) == ["give_back"]


def test_a_bypass_lifts_it(login: Login) -> None:
    admin = login("postgres")
    wish = Wish("parcel", "the boss is ill", duration("30m"), role="app")
    bypasses.open_one(admin, wish)

    login("app").execute(SEND)

    told = admin.execute("select kind, event, from_state, to_state from interlock.parcel_audit")
    assert told.fetchall() == [("bypass", "send", "PACKED", "SENT")]
    kept = admin.execute("select code, rule_name, bypass_id is not null from interlock.violation")
    assert kept.fetchall() == [("IL05", "authority", True)]
    assert [it for it in verify(admin, wanted()).findings if it.code.startswith("IL")] == []
    with refused():
        login("pool").execute(
            "set role clerk; update depot.parcel set status = 'SENT' where id = 2"
        )


@pytest.mark.slow
def test_a_change_of_roles_is_a_plan_and_the_second_is_empty(login: Login) -> None:
    admin = login("postgres")
    changed = spec.parse(SPEC.replace("[boss, auditor]", "clerk"), "interlock.yaml")

    apply.install(admin, changed)
    assert steps.make_plan(admin, changed).is_empty

    with refused():
        login("app_boss").execute(SEND)


def test_the_history_of_an_authorised_move_is_sound(login: Login) -> None:
    session = login("pool")
    session.execute("set role boss")
    session.execute(SEND)

    found = verify(login("postgres"), wanted()).findings

    assert [it.code for it in found if it.code.startswith("IL")] == []


def events(login: Login) -> list[str]:
    found = login("postgres").execute("select event from interlock.parcel_audit order by id")
    return [row[0] for row in found]
