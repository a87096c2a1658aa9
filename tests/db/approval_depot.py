"""A depot whose refunds need two approvals: for the tests of approvals."""

from collections.abc import Callable

import psycopg
from psycopg import conninfo
from tests.servers import TestServer

from pginterlock import apply, spec
from pginterlock.model import Spec

Connect = Callable[..., psycopg.Connection]
Login = Callable[[str], psycopg.Connection]

ROLES = """
do $$ begin
    if to_regrole('approval_boss') is null then
        create role approval_boss nologin;
        create role approval_ann login in role approval_boss;
        create role approval_bob login in role approval_boss;
        create role approval_cid login;
        create role approval_app login;
        create role approval_eye login;
        create role approval_sight nologin;
        create role approval_reader login in role approval_sight;
        create role approval_heir login noinherit in role approval_sight;
        grant approval_cid to approval_ann;
    end if;
exception when duplicate_object or unique_violation then null;
end $$;
"""
TABLE = """
create schema depot;
create table depot.parcel (
    id bigint primary key, status text not null, amount integer not null default 5, note text
);
insert into depot.parcel values (100, 'SENT', 5);
grant usage on schema depot to public;
grant select on depot.parcel to public;
grant insert, update on depot.parcel to
    approval_ann, approval_bob, approval_cid, approval_app;
"""
SPEC = """
interlock: 1
machines:
  parcel:
    table: depot.parcel
    state: status
    mode: enforce
    initial: [PACKED]
    final: [BACK, LOST]
    transitions:
      send: {from: PACKED, to: SENT}
      recall: {from: SENT, to: PACKED}
      refund: {from: SENT, to: BACK, approvals: {count: 2, distinct: true}}
      write_off: {from: SENT, to: LOST, approvals: {count: 2, distinct: false}}
      scrap: {from: PACKED, to: LOST, approvals: {count: 1, by: approval_boss}}
    audit: {columns: [amount]}
"""
WANTED = spec.parse(SPEC, "spec.yaml")
REFUND = "update depot.parcel set status = 'BACK' where id = {}"
APPROVE = "select interlock.approve('parcel', {}, 'refund')"
WITHDRAW = "select interlock.withdraw('parcel', {}, 'refund')"


def build(session: psycopg.Connection, wanted: Spec = WANTED) -> None:
    """Make the depot under its machine: one old parcel, and nine that were sent."""
    session.execute(ROLES)
    session.execute(TABLE.encode())
    apply.install(session, wanted)
    session.execute(
        "insert into depot.parcel (id, status) select n, 'PACKED' from generate_series(1, 9) as n"
    )
    session.execute("update depot.parcel set status = 'SENT' where id < 100")


def logins(server: TestServer, dsn: str, connect: Connect) -> Login:
    """Return what logs in as a role (without its prefix), in autocommit; "" is the superuser."""
    name = str(conninfo.conninfo_to_dict(dsn)["dbname"])

    def login(who: str) -> psycopg.Connection:
        there = server.dsn(name, f"approval_{who}") if who else dsn
        return connect(there, autocommit=True)

    return login


def approve(session: psycopg.Connection, key: int, event: str = "refund") -> tuple[int, int]:
    """Approve; return how many there are, and how many are missing."""
    row = session.execute("select interlock.approve('parcel', %s, %s)", [key, event]).fetchone()
    assert row
    return row[0]["approvals"], row[0]["missing"]


def state(session: psycopg.Connection, key: int) -> str:
    """Return the state of a parcel."""
    row = session.execute("select status from depot.parcel where id = %s", [key]).fetchone()
    assert row
    return str(row[0])
