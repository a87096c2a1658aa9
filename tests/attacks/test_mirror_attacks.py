"""Attacks on a mirrored column: what the application tries is refused, what an owner does is found.

They are beside the numbered attacks, which are of the machine's own table.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import conninfo, errors
from tests.db import mirrored_rooms as rooms
from tests.db.mirrored_rooms import add, enter, inn, move, taken, wrong

import pginterlock
from pginterlock import apply
from pginterlock.findings import Severity
from pginterlock.verify import verify

Connect = Callable[..., psycopg.Connection]
Make = Callable[..., str]
APP, OWNER = "mirror_app", "mirror_owner"
ROLES = """
do $$
declare
    v_role text;
begin
    foreach v_role in array array['mirror_app', 'mirror_owner'] loop
        if to_regrole(v_role) is null then
            execute format('create role %I login', v_role);
        end if;
    end loop;
end;
$$;
alter schema inn owner to mirror_owner;
alter table inn.room owner to mirror_owner;
alter table inn.booking owner to mirror_owner;
grant usage on schema inn to mirror_app;
grant all on all tables in schema inn to mirror_app;
grant create on schema public to mirror_app, mirror_owner;
"""
FREE = "update inn.room set is_taken = false where id = 5"


def build(session: psycopg.Connection) -> None:
    """Make the inn of one role for the application of another, who got what `grant all` gives."""
    rooms.build_bare(session)
    session.execute(ROLES)
    apply.install(session, inn())
    enter(session, 1, 5)


@pytest.fixture
def dsn(make_database: Make) -> str:
    """A database with a guest in room 5."""
    return make_database("inn_attacked", build)


@pytest.fixture
def admin(dsn: str, connect: Connect) -> psycopg.Connection:
    """A session of a superuser, who looks."""
    return connect(dsn, autocommit=True)


@pytest.fixture
def app(dsn: str, connect: Connect) -> psycopg.Connection:
    """A session of the application."""
    return connect(conninfo.make_conninfo(dsn, user=APP), autocommit=True)


@pytest.fixture
def owner(dsn: str, connect: Connect) -> psycopg.Connection:
    """A session of the owner of both tables, who is no superuser."""
    return connect(conninfo.make_conninfo(dsn, user=OWNER), autocommit=True)


@contextmanager
def refused() -> Iterator[None]:
    """Demand that the block ends in IL09."""
    with pytest.raises(errors.CheckViolation) as caught:
        yield
    told = pginterlock.refusal(caught.value)
    assert told
    assert told.code == "IL09"


def found(admin: psycopg.Connection) -> set[str]:
    return {it.code for it in verify(admin, inn()).findings if it.severity is Severity.ERROR}


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(FREE, id="update"),
        pytest.param("update inn.view set is_taken = false where id = 5", id="through a view"),
        pytest.param("select inn_free()", id="through a function"),
        pytest.param(
            "do $$ begin execute 'update inn.room set is_taken = false'; end $$", id="in a block"
        ),
        pytest.param(
            "insert into inn.room values (5, false) on conflict (id) do update"
            " set is_taken = excluded.is_taken",
            id="upsert",
        ),
        pytest.param(
            "merge into inn.room as r using inn.booking as b on r.id = b.room_id"
            " when matched then update set is_taken = false",
            id="merge",
        ),
        pytest.param("update inn.room set is_taken = null where id = 5", id="null"),
        pytest.param("delete from inn.room", id="delete"),
        pytest.param("truncate inn.room", id="truncate"),
        pytest.param("truncate inn.room, inn.booking cascade", id="truncate both"),
        pytest.param("set constraints all deferred; " + FREE, id="deferred"),
        pytest.param("update inn.room set id = id + 100", id="keys"),
    ],
)
@pytest.mark.parametrize("who", ["app", "owner"])
def test_nobody_writes_what_is_not_so(
    dsn: str, connect: Connect, admin: psycopg.Connection, who: str, statement: str
) -> None:
    admin.execute("alter table inn.room alter is_taken drop not null")
    admin.execute("create view inn.view as select id, is_taken from inn.room")
    admin.execute("grant all on inn.view to mirror_app, mirror_owner")
    admin.execute(
        "create function inn_free() returns void language sql security definer"
        " as 'update inn.room set is_taken = false where id = 5'"
    )
    session = connect(conninfo.make_conninfo(dsn, user=f"mirror_{who}"))

    with pytest.raises(errors.CheckViolation), session.transaction():
        session.execute(statement.encode())

    assert taken(admin) == [5]
    assert wrong(admin) == []


def test_nobody_copies_what_is_not_so(app: psycopg.Connection, admin: psycopg.Connection) -> None:
    with (
        refused(),
        app.cursor() as cursor,
        cursor.copy("copy inn.room (id, is_taken) from stdin") as copy,
    ):
        copy.write_row((77, True))

    assert taken(admin) == [5]


SETTINGS = (
    "session_replication_role = replica",
    "search_path = public, inn",
    "row_security = off",
    "interlock.lift = 'on'",
    "interlock.actor = 'interlock backfill'",
    "check_function_bodies = off",
    "plan_cache_mode = force_generic_plan",
    "transform_null_equals = on",
)


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_setting_lets_it_through(admin: psycopg.Connection, setting: str) -> None:
    """Not even to a superuser, who alone may set the first."""
    admin.execute(f"set {setting}".encode())

    with refused():
        admin.execute(FREE)
    move(admin, 1, "OUT")

    admin.execute("reset all")
    assert taken(admin) == []


def test_an_operator_of_ones_own_means_nothing(
    app: psycopg.Connection, admin: psycopg.Connection
) -> None:
    app.execute(
        "create function public.never(bigint, bigint) returns boolean language sql immutable"
        " as 'select false'"
    )
    app.execute("create operator public.= (leftarg = bigint, rightarg = bigint, function = never)")
    app.execute("create table public.booking (id bigint, status text, room_id bigint)")
    app.execute("set search_path = public, pg_catalog")

    with refused():
        app.execute(FREE)

    assert taken(admin) == [5]


def test_temporary_tables_hide_nothing(app: psycopg.Connection) -> None:
    app.execute("create temporary table booking (id bigint, status text, room_id bigint)")
    app.execute("create temporary table room (id bigint, is_taken boolean)")

    with refused():
        app.execute(FREE)


def test_a_trigger_of_the_application_gains_no_rights_of_ours(
    app: psycopg.Connection, admin: psycopg.Connection
) -> None:
    """`grant all` gives TRIGGER: what is planted runs as the owner of the table, and no more."""
    app.execute("create table public.spoils (who text, may_forge boolean)")
    app.execute("grant all on public.spoils to public")
    app.execute(
        "create function public.plant() returns trigger language plpgsql as $$ begin"
        "   insert into public.spoils values (current_user,"
        "     has_table_privilege(current_user, 'interlock.booking_audit', 'insert'));"
        "   return new; end $$"
    )
    app.execute(
        "create trigger plant before update on inn.room for each row"
        " execute function public.plant()"
    )

    move(admin, 1, "OUT")

    assert admin.execute("select * from public.spoils").fetchall() == [(OWNER, False)]


def test_a_planted_trigger_cannot_reset_the_role(
    app: psycopg.Connection, admin: psycopg.Connection
) -> None:
    app.execute(
        "create function public.climb() returns trigger language plpgsql as"
        " $$ begin execute 'reset role'; return new; end $$"
    )
    app.execute(
        "create trigger climb before update on inn.room for each row"
        " execute function public.climb()"
    )

    with pytest.raises(errors.InsufficientPrivilege):
        move(admin, 1, "OUT")

    assert taken(admin) == [5]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("select inn.interlock_booking_mirror_taken(5, null, false)", id="to write"),
        pytest.param(
            "create trigger mine after insert on public.mine for each row"
            " execute function interlock.booking_mirror_taken()",
            id="on a table of ones own",
        ),
    ],
)
def test_our_functions_are_for_nobody(app: psycopg.Connection, statement: str) -> None:
    app.execute("create table public.mine (id bigint, is_taken boolean)")

    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(statement.encode())


def test_replacing_our_trigger_is_denied(app: psycopg.Connection) -> None:
    app.execute(
        "create function public.nothing() returns trigger language plpgsql as"
        " 'begin return null; end'"
    )

    with pytest.raises(errors.DuplicateObject):
        app.execute(
            "create constraint trigger interlock_50_booking_mirror_taken after update on inn.room"
            " for each row execute function public.nothing()"
        )


def test_what_an_owner_does_with_the_trigger_off_is_found(
    owner: psycopg.Connection, admin: psycopg.Connection
) -> None:
    owner.execute("alter table inn.room disable trigger interlock_50_booking_mirror_taken")
    owner.execute(FREE)
    assert {"trigger-disabled", "IL09"} <= found(admin)

    owner.execute("alter table inn.room enable always trigger interlock_50_booking_mirror_taken")

    assert found(admin) == {"IL09"}


def test_the_next_move_puts_it_right(owner: psycopg.Connection, admin: psycopg.Connection) -> None:
    owner.execute("alter table inn.room disable trigger interlock_50_booking_mirror_taken")
    owner.execute(FREE)
    owner.execute("alter table inn.room enable always trigger interlock_50_booking_mirror_taken")
    add(admin, 2, 5)

    move(admin, 2, "IN")

    assert (taken(admin), found(admin)) == ([5], set())


def test_a_rule_that_swallows_our_write_is_found_out(
    owner: psycopg.Connection, admin: psycopg.Connection
) -> None:
    owner.execute("create rule quiet as on update to inn.room do instead nothing")

    with pytest.raises(psycopg.Error):
        move(admin, 1, "OUT")

    assert found(admin) == {"rewrite-rule"}


def test_a_renamed_column_or_table_fails_and_lets_nothing_through(
    owner: psycopg.Connection, admin: psycopg.Connection
) -> None:
    owner.execute("alter table inn.room rename is_taken to was_taken")
    owner.execute("alter table inn.room add is_taken_too boolean")
    with pytest.raises(psycopg.Error):
        admin.execute("update inn.room set was_taken = false where id = 5")
    owner.execute("alter table inn.room rename was_taken to is_taken")
    owner.execute("alter table inn.room rename to chamber")

    with pytest.raises(psycopg.Error):
        admin.execute("update inn.chamber set is_taken = false where id = 5")
    with pytest.raises(psycopg.Error):
        move(admin, 1, "OUT")


def test_a_child_of_the_table_does_not_hide_a_room(
    owner: psycopg.Connection, admin: psycopg.Connection
) -> None:
    owner.execute("create table inn.annex () inherits (inn.room)")
    owner.execute("insert into inn.annex (id, is_taken) values (50, true)")

    assert found(admin) == {"inheritance-child", "IL09"}


def test_a_catalog_that_says_that_nothing_fires_is_found(admin: psycopg.Connection) -> None:
    admin.execute("update pg_class set relhastriggers = false where oid = 'inn.room'::regclass")
    admin.execute(FREE)

    assert found(admin) == {"triggers-ignored", "IL09"}
