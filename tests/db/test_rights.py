"""Rights: what an ordinary owner can install, what an application cannot do afterwards."""

from collections.abc import Callable

import psycopg
import pytest
from tests.conftest import HOTEL_SPEC
from tests.servers import TestServer

from pginterlock import apply, embedded, spec, steps
from pginterlock.errors import EnvironmentFault
from pginterlock.verify import verify

Connect = Callable[..., psycopg.Connection]

ROLES = """
do $$ begin
    if to_regrole('shop_owner') is null then create role shop_owner login; end if;
    if to_regrole('shop_app') is null then create role shop_app login; end if;
    if to_regrole('stranger') is null then create role stranger login; end if;
exception when duplicate_object or unique_violation then null;
end $$;
"""
TABLE = (
    "create table shop.sale (id int primary key, status text not null, price int,"
    " sold_at timestamptz)"
)
SPEC = """
interlock: 1
machines:
  sale:
    {table: shop.sale, state: status, mode: enforce, initial: [NEW], final: [SOLD],
     transitions: {sell: {from: NEW, to: SOLD}}, stamps: {sold_at: SOLD}, audit: {columns: [price]}}
"""


@pytest.fixture
def shop(empty: str, connect: Connect) -> str:
    """A database whose table belongs to a role that is no superuser, used by another."""
    admin = connect(empty, autocommit=True)
    admin.execute(ROLES)
    admin.execute("create schema shop authorization shop_owner")
    admin.execute("set role shop_owner")
    admin.execute(TABLE)
    admin.execute("grant usage on schema shop to shop_app")
    admin.execute("grant select, insert, update, delete on shop.sale to shop_app")
    admin.execute("reset role")
    return empty


def as_role(server: TestServer, dsn: str, role: str, connect: Connect) -> psycopg.Connection:
    database = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    return connect(server.dsn(str(database), role), autocommit=True)


def test_an_owner_without_create_on_the_database_is_told_what_to_grant(
    server: TestServer, shop: str, connect: Connect
) -> None:
    owner = as_role(server, shop, "shop_owner", connect)

    with pytest.raises(EnvironmentFault, match="may not create a schema") as fault:
        steps.make_plan(owner, spec.parse(SPEC, "spec.yaml"))
    assert "grant create on database" in (fault.value.remedy or "")


def test_who_does_not_own_the_table_is_told_who_does(
    server: TestServer, shop: str, connect: Connect
) -> None:
    stranger = as_role(server, shop, "stranger", connect)

    with pytest.raises(EnvironmentFault, match="belongs to shop_owner"):
        steps.make_plan(stranger, spec.parse(SPEC, "spec.yaml"))


def test_a_member_of_the_owner_role_installs_without_being_superuser(server: TestServer) -> None:
    """On a server of its own: a membership is seen in every database of a server."""
    wanted = spec.parse(SPEC, "spec.yaml")
    with embedded.running(bin_dir=server.bin_dir) as private:
        with psycopg.connect(private.dsn(), autocommit=True) as admin:
            admin.execute(ROLES)
            admin.execute("create role interlock_owner nologin")
            admin.execute("grant interlock_owner to shop_owner")
            admin.execute("grant create on database postgres to shop_owner")
            admin.execute("create schema shop authorization shop_owner")
        with psycopg.connect(private.dsn(user="shop_owner"), autocommit=True) as owner:
            owner.execute(TABLE)
            apply.install(owner, wanted)

            assert steps.make_plan(owner, wanted).steps == ()
            found = owner.execute(
                "select distinct relowner::regrole::text from pg_class"
                " where relnamespace = 'interlock'::regnamespace and relkind in ('r', 'p')"
            ).fetchall()
            assert found == [("interlock_owner",)]
            told = {it.code for it in verify(owner, wanted).findings}
            assert told == {"owner-can-login", "owner-member"}


@pytest.fixture
def sale(server: TestServer, shop: str, connect: Connect) -> psycopg.Connection:
    """A session of the application, in a shop under its machine, with one sale."""
    apply.install(connect(shop, autocommit=True), spec.parse(SPEC, "spec.yaml"))
    app = as_role(server, shop, "shop_app", connect)
    app.execute("insert into shop.sale (id, status) values (1, 'NEW')")
    app.execute("update shop.sale set status = 'SOLD' where id = 1")
    return app


@pytest.mark.parametrize(
    "statement",
    [
        "select * from interlock.sale_audit",
        "insert into interlock.sale_audit (key_id, kind) values (1, 'move')",
        "update interlock.sale_audit set actor = 'x'",
        "delete from interlock.sale_audit",
        "truncate interlock.sale_audit",
        "delete from interlock.machine",
        "update interlock.transition set to_state = 'X'",
        "select interlock.sale_birth()",
        "select interlock.add_months('sale_audit', 1)",
        "select interlock.record_violation('IL01', 'sale', 'x', '{}', '', '{}', '', '', '', '{}',"
        " '{}', '', '')",
        "create table interlock.mine (id int)",
        "create trigger mine before update on shop.sale for each row"
        " execute function interlock.sale_change()",
    ],
)
def test_an_application_can_do_nothing_in_schema_interlock(
    sale: psycopg.Connection, statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        sale.execute(statement.encode())


def test_an_application_gets_the_whole_message_and_may_say_who_acts(
    sale: psycopg.Connection, shop: str, connect: Connect
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as refusal:
        sale.execute("update shop.sale set status = 'NEW' where id = 1")
    diag = refusal.value.diag

    assert diag.constraint_name == "sale.transition"
    assert (diag.schema_name, diag.table_name, diag.column_name) == ("shop", "sale", "status")
    assert diag.message_hint == "No move leads out of SOLD: it is final"
    with sale.transaction():
        sale.execute("select interlock.act_as('user:42', 'stock count')")
        sale.execute("update shop.sale set price = 5 where id = 1")
    entry = (
        connect(shop)
        .execute(
            "select actor, reason, session_role, old_price, new_price from interlock.sale_audit"
            " order by id desc limit 1"
        )
        .fetchone()
    )
    assert entry == ("user:42", "stock count", "shop_app", None, 5)


def test_an_actor_does_not_outlive_its_transaction(sale: psycopg.Connection) -> None:
    with sale.transaction():
        sale.execute("select interlock.act_as('user:42')")

    assert sale.execute("select current_setting('interlock.actor', true)").fetchone() in [
        ("",),
        (None,),
    ]


def test_weak_grants_are_told(sale: psycopg.Connection, shop: str, connect: Connect) -> None:
    del sale
    admin = connect(shop, autocommit=True)
    admin.execute("grant trigger, truncate on shop.sale to shop_app")
    admin.execute("revoke update (status) on shop.sale from shop_app")
    admin.execute("grant insert on interlock.sale_audit to shop_app")

    told = {it.code for it in verify(admin, spec.parse(SPEC, "spec.yaml")).findings}

    assert {"grant-trigger", "grant-truncate", "history-writable"} <= told


def test_the_hotel_has_no_error(hotel: str, connect: Connect) -> None:
    found = verify(connect(hotel, autocommit=True), spec.load(HOTEL_SPEC)).findings

    assert [it for it in found if it.severity == "error"] == []


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (
            "create function public.swallow() returns trigger language plpgsql"
            " as $$ begin return null; end $$;"
            "create trigger swallow before insert on interlock.sale_audit"
            " for each row execute function public.swallow()",
            "trigger swallow",
        ),
        (
            "create function public.swallow() returns trigger language plpgsql"
            " as $$ begin return null; end $$;"
            "create trigger interlock_05_once before insert on interlock.violation"
            " for each row execute function public.swallow();"
            "alter table interlock.violation enable always trigger interlock_05_once",
            "trigger interlock_05_once",
        ),
        (
            "create rule swallow as on insert to interlock.sale_audit do instead nothing",
            "rule swallow",
        ),
    ],
    ids=["a trigger", "a trigger that is called as ours", "a rule"],
)
def test_what_is_not_ours_on_our_tables_is_told(
    sale: psycopg.Connection, shop: str, connect: Connect, made: str, told: str
) -> None:
    del sale
    admin = connect(shop, autocommit=True)
    admin.execute(made.encode())

    found = verify(admin, spec.parse(SPEC, "spec.yaml")).findings

    foreign = [it.message for it in found if it.code == "history-foreign"]
    assert foreign
    assert all(it.endswith(told) for it in foreign)
    assert "history-unguarded" not in {it.code for it in found}
