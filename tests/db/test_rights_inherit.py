"""Members whose membership gives them nothing: told so in one line, with what mends it.

Each on a server of its own: a membership is seen in every database of a server.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest
from tests.servers import TestServer

from pginterlock import (
    apply,
    backfill,
    bypasses,
    embedded,
    sealing,
    spec,
    tripwire_setting,
    within,
)
from pginterlock.commands.session import connected
from pginterlock.embedded import Server
from pginterlock.errors import EnvironmentFault
from pginterlock.status import status
from pginterlock.steps import make_plan
from pginterlock.tripwire import Mode
from pginterlock.uninstall import take_off
from pginterlock.verify import verify

ROLES = """
create role interlock_owner nologin;
create role shop_owner nologin;
create role deploy login noinherit;
grant create on database postgres to interlock_owner, deploy;
create schema shop authorization shop_owner;
set role shop_owner;
create table shop.sale (id int primary key, status text not null, sold_at timestamptz);
reset role;
insert into shop.sale values (1, 'NEW');
"""
SPEC = spec.parse(
    """
interlock: 1
machines:
  sale:
    {table: shop.sale, state: status, mode: enforce, initial: [NEW], final: [SOLD],
     transitions: {sell: {from: NEW, to: SOLD}}, stamps: {sold_at: SOLD}}
""",
    "spec.yaml",
)
WISH = bypasses.Wish("sale", "stock count", timedelta(minutes=5))


def remove_within(connection: psycopg.Connection) -> None:
    """Take the machine off in a transaction of somebody else, as a migration does."""
    with connection.transaction():
        within.take_off_within(connection, "sale")


ACTS: dict[str, Callable[[psycopg.Connection], object]] = {
    "apply": lambda it: apply.install(it, SPEC),
    "plan": lambda it: make_plan(it, SPEC),
    "verify": lambda it: verify(it, SPEC),
    "bypass": lambda it: bypasses.open_one(it, WISH),
    "backfill": lambda it: backfill.prepare(it, SPEC, "sale", backfill.Choice()),
    "status": status,
    "seal": lambda it: sealing.seal(it, older_than="0 seconds"),
    "uninstall": lambda it: take_off(it, [], drop_history=False),
    "a migration": remove_within,
}


@pytest.fixture
def shop(server: TestServer) -> Iterator[Server]:
    """A server with a shop under its machine and tripwire; *deploy* is no member of anything."""
    with embedded.running(bin_dir=server.bin_dir) as private:
        with psycopg.connect(private.dsn(), autocommit=True) as admin:
            admin.execute(ROLES)
            apply.install(admin, SPEC)
            tripwire_setting.ask_for(admin, Mode.REFUSE)
        yield private


def grant(shop: Server, owner: str, *, inherit: bool, by_set: bool = True) -> None:
    """Make *deploy* a member of *owner*; before 16 it has the rights of all, or of none."""
    with psycopg.connect(shop.dsn(), autocommit=True) as admin:
        options = f"inherit {inherit}, set {by_set}"
        if admin.info.server_version >= 160000:
            admin.execute(f"grant {owner} to deploy with {options}".encode())
        else:
            admin.execute(f"grant {owner} to deploy".encode())


def told(shop: Server, act: Callable[[psycopg.Connection], object]) -> EnvironmentFault:
    """Return how *act* ends where *deploy* does it."""
    with pytest.raises(EnvironmentFault) as fault, connected(shop.dsn(user="deploy")) as session:
        act(session)
    return fault.value


def test_who_does_not_inherit_from_our_owner_is_told_so_and_the_remedy_helps(shop: Server) -> None:
    grant(shop, "interlock_owner", inherit=False)
    grant(shop, "shop_owner", inherit=True)

    faults = {name: told(shop, act) for name, act in ACTS.items()}

    said = "role deploy is a member of interlock_owner, and does not inherit its rights"
    assert {name: str(it).splitlines()[0] for name, it in faults.items()} == dict.fromkeys(
        ACTS, said
    )
    (remedy,) = {it.remedy for it in faults.values()}
    with psycopg.connect(shop.dsn(), autocommit=True) as admin:
        admin.execute((remedy or "").removeprefix("As a superuser: ").encode())
    for act in ("apply", "plan", "verify", "bypass", "backfill", "status", "seal", "uninstall"):
        with connected(shop.dsn(user="deploy")) as session:
            ACTS[act](session)
    with psycopg.connect(shop.dsn(), autocommit=True) as admin:
        assert admin.execute("select from interlock.machine").fetchall() == []


@pytest.mark.slow
def test_the_pass_of_the_tripwire_is_refused_with_the_same_words(shop: Server) -> None:
    """Who may read all that is ours comes as far as the pass, and no further."""
    grant(shop, "interlock_owner", inherit=False)
    grant(shop, "shop_owner", inherit=True)
    with psycopg.connect(shop.dsn(), autocommit=True) as admin:
        admin.execute("grant select on all tables in schema interlock to deploy")

    for act in ("uninstall", "a migration"):
        assert "of interlock_owner, and does not inherit" in str(told(shop, ACTS[act]))


@pytest.mark.slow
def test_who_does_not_inherit_from_the_owner_of_the_table_is_told_so(
    server: TestServer, shop: Server
) -> None:
    if server.major < 16:
        pytest.skip("before 16 a role inherits from all it is a member of, or from none")
    grant(shop, "interlock_owner", inherit=True)
    grant(shop, "shop_owner", inherit=False)
    more = spec.parse(
        """
interlock: 1
machines:
  sale:
    {table: shop.sale, state: status, mode: enforce, initial: [NEW], final: [SOLD],
     transitions: {sell: {from: NEW, to: SOLD}}}
""",
        "spec.yaml",
    )

    for act in (lambda it: make_plan(it, more), ACTS["uninstall"], ACTS["a migration"]):
        assert "of shop_owner, and does not inherit" in str(told(shop, act))


@pytest.mark.slow
def test_who_inherits_and_may_not_take_the_role_is_told_so(
    server: TestServer, shop: Server
) -> None:
    if server.major < 16:
        pytest.skip("before 16 a member may take the role in any case")
    grant(shop, "interlock_owner", inherit=True, by_set=False)
    grant(shop, "shop_owner", inherit=True)
    with psycopg.connect(shop.dsn(), autocommit=True) as admin:
        take_off(admin, [], drop_history=True)

    assert "and may not take its role" in str(told(shop, ACTS["apply"]))


def test_who_is_no_member_hears_of_the_right_that_is_missing(shop: Server) -> None:
    assert "permission denied for table machine" in str(told(shop, ACTS["verify"]))


FIRST = """
create role deploy login noinherit createrole;
grant create on database postgres to deploy;
create schema shop authorization deploy;
set role deploy;
create table shop.sale (id int primary key, status text not null, sold_at timestamptz);
reset role;
insert into shop.sale values (1, 'NEW');
"""
SAID_FIRST = "role deploy does not inherit the rights of roles that"


@pytest.fixture
def unguarded(server: TestServer) -> Iterator[Server]:
    """A server without any of ours; *deploy* may make roles, and inherits from none."""
    with embedded.running(bin_dir=server.bin_dir) as private:
        with psycopg.connect(private.dsn(), autocommit=True) as admin:
            admin.execute(FIRST)
        yield private


def test_who_does_not_inherit_and_installs_first_is_told_so_or_joins_with_the_rights(
    server: TestServer, unguarded: Server
) -> None:
    """Before 16 a role inherits or does not; from 16 on the grant says that it does."""
    if server.major < 16:
        fault = told(unguarded, ACTS["plan"])
        assert str(fault).startswith(SAID_FIRST)
        with psycopg.connect(unguarded.dsn(), autocommit=True) as admin:
            found = admin.execute("select from pg_roles where rolname = 'interlock_owner'")
            assert found.fetchall() == []
            admin.execute((fault.remedy or "").removeprefix("As a superuser: ").encode())

    for act in ("apply", "verify", "status"):
        with connected(unguarded.dsn(user="deploy")) as session:
            ACTS[act](session)
