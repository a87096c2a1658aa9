"""A funnel: the state moves by `fire` alone, for who could update before, and all is given back.

Roles belong to the whole server, so these tests have a server of their own.
"""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import errors
from tests.servers import TestServer

from pginterlock import apply, embedded, measuring, overdue, plan, spec, steps, uninstall
from pginterlock.errors import SpecError
from pginterlock.model import Spec
from pginterlock.plan import Part, Plan
from pginterlock.survey import standing
from pginterlock.verify import verify

SPEC = """
interlock: 1
machines:
  parcel:
    table: depot.parcel
    state: status
    mode: enforce
    initial: [PACKED]
    final: [SENT, LOST]
    transitions:
      send: {from: PACKED, to: SENT, guard: carrier is not null}
      lose: {from: PACKED, to: LOST, by: boss}
    stamps:
      sent_at: SENT
    claims:
      place: {resource: [shelf], in: [PACKED]}
    funnel: true
"""
SETUP = """
create role depot_owner; create role boss; create role reader;
create role app login; create role clerk login; create role nobody login;
create role lead login in role boss;
create schema depot authorization depot_owner;
grant usage on schema depot to public;
set role depot_owner;
create table depot.parcel (id bigint primary key, status text not null, carrier text, shelf text,
    note text, sent_at timestamptz);
grant select, insert on depot.parcel to public;
grant update on depot.parcel to app with grant option;
grant update on depot.parcel to clerk, lead;
grant update (note) on depot.parcel to clerk;
grant update (note) on depot.parcel to reader;
set role app;
grant update on depot.parcel to boss;
reset role;
insert into depot.parcel select n, 'PACKED', 'train' from generate_series(1, 9) as n;
"""
RIGHTS = """
select 'table', g.grantee::regrole::text, g.privilege_type, g.is_grantable, null
from pg_class as c cross join lateral aclexplode(c.relacl) as g
where c.oid = 'depot.parcel'::regclass and g.grantee <> 0
union all
select 'column', g.grantee::regrole::text, g.privilege_type, g.is_grantable, a.attname::text
from pg_attribute as a cross join lateral aclexplode(a.attacl) as g
where a.attrelid = 'depot.parcel'::regclass
order by 1, 2, 3, 5
"""
LOGINS = ("app", "clerk", "lead", "nobody", "postgres")


def wanted(*changes: tuple[str, str]) -> Spec:
    text = SPEC
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return spec.parse(text, "interlock.yaml")


FUNNEL = ("funnel: true", "funnel: false")


@pytest.fixture(scope="module")
def own_server(server: TestServer) -> Iterator[embedded.Server]:
    with embedded.running(bin_dir=server.bin_dir) as started:
        with psycopg.connect(started.dsn(), autocommit=True) as admin:
            admin.execute("create database bare")
            admin.execute("create database guarded")
        for name in ("bare", "guarded"):
            with psycopg.connect(started.dsn(name), autocommit=True) as admin:
                setup = SETUP if name == "bare" else SETUP[SETUP.index("create schema") :]
                admin.execute(setup.encode())
                if name == "guarded":
                    apply.install(admin, wanted())
        yield started


Login = Callable[[str], psycopg.Connection]


@pytest.fixture
def login(
    own_server: embedded.Server, connect: Callable[..., psycopg.Connection]
) -> Callable[[str], Login]:
    """Make a database from a template, and open sessions of roles in it."""

    def of(template: str) -> Login:
        with psycopg.connect(own_server.dsn(), autocommit=True) as admin:
            admin.execute("drop database if exists parcels with (force)")
            admin.execute(f"create database parcels template {template}".encode())
        return lambda role: connect(f"{own_server.dsn('parcels')} user={role}", autocommit=True)

    return of


@pytest.fixture
def bare(login: Callable[[str], Login]) -> Login:
    return login("bare")


@pytest.fixture
def guarded(login: Callable[[str], Login]) -> Login:
    return login("guarded")


def rights(session: psycopg.Connection) -> list[tuple[object, ...]]:
    return session.execute(RIGHTS).fetchall()


@pytest.mark.parametrize("role", ["app", "clerk", "lead"])
@pytest.mark.parametrize("column", ["status", "sent_at", "shelf"])
def test_nobody_updates_what_is_funnelled(guarded: Login, role: str, column: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        guarded(role).execute(f"update depot.parcel set {column} = null where id = 1".encode())


@pytest.mark.parametrize("role", ["app", "clerk"])
def test_fire_moves_for_who_could_before(guarded: Login, role: str) -> None:
    row = (
        guarded(role)
        .execute("select interlock.fire('parcel', 1, 'send', set => '{\"shelf\": null}')")
        .fetchone()
    )
    assert row
    assert row[0]["to"] == "SENT"


def test_free_columns_stay_free(guarded: Login) -> None:
    guarded("app").execute("update depot.parcel set note = 'x', carrier = 'y' where id = 1")


@pytest.mark.slow
@pytest.mark.parametrize(
    "call",
    [
        "select interlock.fire('parcel', 1, 'send')",
        "select interlock.parcel_fire('1', 'send', null, null)",
        "select depot.interlock_parcel_fire('1', 'send', null, null)",
    ],
)
def test_who_could_not_update_before_cannot_fire(guarded: Login, call: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        guarded("nobody").execute(call.encode())
    assert guarded("nobody").execute("select status from depot.parcel where id = 1").fetchone() == (
        "PACKED",
    )


def test_roles_of_a_move_are_those_of_the_session_and_not_of_the_owner(guarded: Login) -> None:
    lose = "select interlock.fire('parcel', 1, 'lose')"
    with pytest.raises(errors.CheckViolation, match="PACKED -> LOST is not for app"):
        guarded("app").execute(lose)

    guarded("lead").execute(lose)


def test_fire_writes_one_row_by_the_rules(guarded: Login) -> None:
    session = guarded("app")
    with pytest.raises(errors.CheckViolation, match="needs carrier"):
        session.execute("select interlock.fire('parcel', 1, 'send', set => '{\"carrier\": null}')")
    with pytest.raises(errors.InvalidParameterValue, match="cannot be set"):
        session.execute("select interlock.fire('parcel', 1, 'send', set => '{\"id\": 2}')")


def test_a_name_in_front_of_the_servers_does_not_run_as_the_owner(guarded: Login) -> None:
    session = guarded("app")
    session.execute(
        "create function pg_temp.coalesce(text, text) returns text language plpgsql as"
        " $$ begin raise 'as %', current_user; end $$;"
        "create function pg_temp.steal(text, text) returns boolean language plpgsql as"
        " $$ begin raise 'as %', current_user; end $$;"
        "create operator pg_temp.= (leftarg = text, rightarg = text, function = pg_temp.steal);"
        "create temp table parcel ()"
    )
    session.execute("set search_path = pg_temp, pg_catalog")

    session.execute(
        "select interlock.fire('parcel', 1, 'send', expect => 'PACKED', set => '{\"note\": \"x\"}')"
    )


def test_a_trigger_of_the_table_runs_as_its_owner_and_not_as_ours(guarded: Login) -> None:
    guarded("postgres").execute(
        "set role depot_owner; create function depot.spy() returns trigger language plpgsql as"
        " $$ begin new.note := current_user; return new; end $$;"
        " create trigger a before update on depot.parcel for each row execute function depot.spy()"
    )

    guarded("app").execute("select interlock.fire('parcel', 1, 'send')")

    told = guarded("app").execute("select note from depot.parcel where id = 1").fetchone()
    assert told == ("depot_owner",)


def test_the_plan_shows_each_step_and_the_second_is_empty(bare: Login) -> None:
    admin = bare("postgres")
    made = steps.make_plan(admin, wanted())
    titles = [step.title for step in made.steps if step.part is Part.ARM]

    for role in ("app", "boss", "clerk", "lead"):
        assert f"create grant update of {role}" in titles
    assert "revoke update on" in plan.write(made)
    apply.run(admin, made)
    assert steps.make_plan(admin, wanted()).is_empty
    assert [it for it in verify(admin, wanted()).findings if it.severity == "error"] == []


def test_all_is_given_back_when_the_funnel_goes(bare: Login) -> None:
    admin = bare("postgres")
    before = rights(admin)
    apply.install(admin, wanted())
    assert rights(admin) != before

    apply.install(admin, wanted(FUNNEL))

    assert rights(admin) == before
    assert steps.make_plan(admin, wanted(FUNNEL)).is_empty
    assert admin.execute("select count(*) from interlock.funnel").fetchone() == (0,)
    assert admin.execute("select to_regproc('depot.interlock_parcel_fire')").fetchone() == (None,)
    bare("app").execute("update depot.parcel set status = 'SENT' where id = 1")


@pytest.fixture(scope="module")
def place(server: TestServer) -> Iterator[measuring.Copying]:
    ours = measuring.Copying(server.major)
    yield ours
    ours.end()


@pytest.fixture
def measure(place: measuring.Copying) -> Callable[[psycopg.Connection, Spec], Plan]:
    """Measure a plan on an empty copy: a new database in the one server."""

    def measured(session: psycopg.Connection, goal: Spec) -> Plan:
        fresh = measuring.Copying.__new__(measuring.Copying)
        fresh.__dict__.update(place.__dict__)
        with psycopg.connect(place.server().dsn(), autocommit=True) as admin:
            admin.execute("drop database if exists copy with (force)")
            admin.execute("create database copy")
        fresh.dsn = lambda: place.server().dsn("copy")  # type: ignore[method-assign]
        return measuring.measured(session, steps.make_plan(session, goal), fresh)

    return measured


Measure = Callable[[psycopg.Connection, Spec], Plan]


def grants(made: Plan) -> list[tuple[str, Part, tuple[plan.Held, ...] | None]]:
    return [(it.title, it.part, it.measured) for it in made.steps if " grant " in it.title]


def test_the_locks_of_a_funnel_are_measured(bare: Login, measure: Measure) -> None:
    admin = bare("postgres")

    made = measure(admin, wanted())

    assert made.locks.startswith("measured on a copy")
    roles = ("app", "boss", "clerk", "lead")
    assert grants(made) == [(f"create grant update of {it}", Part.ARM, ()) for it in roles]
    first_grant = next(n for n, it in enumerate(made.steps) if " grant " in it.title)
    assert any(it.is_lock for it in made.steps[:first_grant])


def test_a_grant_behind_the_funnel_and_its_end_are_measured(
    guarded: Login, measure: Measure
) -> None:
    admin = guarded("postgres")
    admin.execute("grant update on depot.parcel to nobody")

    anew = measure(admin, wanted())
    end = measure(admin, wanted(FUNNEL))

    assert anew.locks.startswith("measured on a copy")
    assert grants(anew) == [("create grant update of nobody", Part.ARM, ())]
    assert end.locks.startswith("measured on a copy")
    assert len(grants(end)) == 4
    assert [it.title for it in end.steps if "funnel" in it.title] == [
        "drop registry interlock.funnel parcel"
    ]


@pytest.mark.parametrize("goals", [(SPEC,), (SPEC, SPEC.replace(*FUNNEL))])
def test_what_a_plan_brings_about_is_what_is_there_then(
    bare: Login, goals: tuple[str, ...]
) -> None:
    admin = bare("postgres")
    for goal in goals:
        made = steps.make_plan(admin, spec.parse(goal, "interlock.yaml"))
        apply.run(admin, made)

        assert standing(admin, dict(made.machines)).target == made.target


def test_a_plan_says_that_the_only_way_changes(bare: Login) -> None:
    admin = bare("postgres")
    apply.install(admin, wanted(FUNNEL))

    told = [(it.what, it.subject) for it in steps.make_plan(admin, wanted()).differences]

    assert told == [("funnel added", "status, sent_at, shelf")]


def test_a_table_that_nobody_else_may_update_has_a_funnel(bare: Login) -> None:
    admin = bare("postgres")
    admin.execute("revoke update on depot.parcel from app, clerk, lead, boss cascade")

    apply.install(admin, wanted())

    assert steps.make_plan(admin, wanted()).is_empty


def test_a_stay_that_is_too_long_ends_by_fire(bare: Login) -> None:
    admin = bare("postgres")
    goal = wanted(
        ("funnel: true", "funnel: true\n    deadlines: {PACKED: {after: 1 second, then: send}}")
    )
    apply.install(admin, goal)
    admin.execute("grant select on all tables in schema interlock to clerk")
    admin.execute("select pg_sleep(1.1)")

    done = overdue.act(bare("clerk"), goal)

    assert [it.refusal for it in done] == [None] * 9
    kept = admin.execute("select distinct event, session_role from interlock.parcel_audit")
    assert kept.fetchall() == [("send", "clerk")]


def test_all_is_given_back_at_uninstall(bare: Login) -> None:
    admin = bare("postgres")
    before = rights(admin)
    apply.install(admin, wanted())

    uninstall.take_off(admin, [], drop_history=False)

    assert rights(admin) == before


def test_a_grant_behind_the_funnel_is_found_and_taken(guarded: Login) -> None:
    admin = guarded("postgres")
    admin.execute("grant update on depot.parcel to app, nobody")

    codes = [it.code for it in verify(admin, wanted()).findings]
    assert codes.count("grant-changed") == 1
    assert codes.count("grant-missing") == 1
    apply.install(admin, wanted())

    assert steps.make_plan(admin, wanted()).is_empty
    with pytest.raises(errors.InsufficientPrivilege):
        guarded("nobody").execute("update depot.parcel set status = 'SENT' where id = 1")


def test_a_new_column_is_granted_by_the_next_plan(guarded: Login) -> None:
    admin = guarded("postgres")
    admin.execute("alter table depot.parcel add column colour text")
    assert not steps.make_plan(admin, wanted()).is_empty
    apply.install(admin, wanted())

    guarded("app").execute("update depot.parcel set colour = 'red' where id = 1")


def test_a_role_that_is_gone_is_forgotten(guarded: Login) -> None:
    admin = guarded("postgres")
    admin.execute("create role fleeting; grant update on depot.parcel to fleeting")
    apply.install(admin, wanted())
    admin.execute("drop owned by fleeting; drop role fleeting")

    apply.install(admin, wanted())

    assert steps.make_plan(admin, wanted()).is_empty
    taken = admin.execute("select grantee from interlock.funnel order by 1").fetchall()
    assert taken == [("app",), ("boss",), ("clerk",), ("lead",)]


@pytest.mark.parametrize(
    ("before", "message"),
    [
        (
            "grant update (status) on depot.parcel to reader",
            "reader may update status .* by column",
        ),
        (
            "revoke select on depot.parcel from public; grant select on depot.parcel to app, clerk",
            "boss may update depot.parcel, and not read it",
        ),
        ("alter table depot.parcel enable row level security", "row security"),
        ("alter table depot.parcel owner to postgres", "is a superuser"),
    ],
)
def test_a_funnel_that_would_leak_is_no_plan(bare: Login, before: str, message: str) -> None:
    admin = bare("postgres")
    admin.execute(before.encode())

    with pytest.raises(SpecError, match=message):
        steps.make_plan(admin, wanted())


def test_an_owner_who_may_become_ours_is_no_plan(guarded: Login) -> None:
    admin = guarded("postgres")
    refused = pytest.raises(SpecError, match="member of the owner of schema interlock")
    with refused, admin.transaction():  # never committed: other databases would see the member
        admin.execute("grant interlock_owner to depot_owner")
        steps.make_plan(admin, wanted())


def test_a_funnel_shuts_more_than_before(guarded: Login) -> None:
    """What it left to who could update is its own to take."""
    admin = guarded("postgres")
    wider = wanted(("sent_at: SENT", "sent_at: SENT\n      lost_at: LOST"))
    admin.execute("alter table depot.parcel add lost_at timestamptz")
    apply.install(admin, wanted())
    guarded("app").execute("update depot.parcel set lost_at = null where id = 1")

    apply.install(admin, wider)

    assert steps.make_plan(admin, wider).is_empty
    with pytest.raises(errors.InsufficientPrivilege):
        guarded("app").execute("update depot.parcel set lost_at = null where id = 1")
    guarded("app").execute("update depot.parcel set note = 'x' where id = 1")
    apply.install(admin, wanted(FUNNEL))
    guarded("app").execute("update depot.parcel set lost_at = null where id = 1")


def test_public_may_be_who_could(bare: Login) -> None:
    admin = bare("postgres")
    admin.execute("grant update on depot.parcel to public")
    apply.install(admin, wanted())
    assert steps.make_plan(admin, wanted()).is_empty

    guarded_by_all = bare("nobody")
    guarded_by_all.execute("select interlock.fire('parcel', 1, 'send')")
    with pytest.raises(errors.InsufficientPrivilege):
        guarded_by_all.execute("update depot.parcel set status = 'SENT' where id = 2")
    apply.install(admin, wanted(FUNNEL))
    guarded_by_all.execute("update depot.parcel set status = 'SENT' where id = 2")
