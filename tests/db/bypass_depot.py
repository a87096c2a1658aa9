"""A depot of parcels for the tests of bypasses: an owner, an application, a night shift."""

from collections.abc import Callable, Mapping

import psycopg
from psycopg import conninfo
from tests.servers import TestServer

from pginterlock import apply, bypasses, spec
from pginterlock.bypasses import Bypass, Wish, duration
from pginterlock.model import Spec
from pginterlock.verify import Scope, verify

Connect = Callable[..., psycopg.Connection]

SPEC = """
interlock: 1
machines:
  parcel:
    table: depot.parcel
    state: status
    mode: enforce
    initial: [PACKED]
    final: [DELIVERED]
    transitions:
      send:    {from: PACKED, to: SENT, guard: paid}
      deliver: {from: SENT, to: DELIVERED}
      lose:    {from: SENT, to: LOST}
    stamps:
      packed_at: {state: PACKED, fill: always}
      sent_at: {state: SENT, fill: always}
      delivered_at: DELIVERED
    states:
      LOST: {clear: [carrier]}
      DELIVERED: {freeze: [carrier]}
    deletion: {from: [LOST]}
    audit: {columns: [carrier]}
"""
WANTED = spec.parse(SPEC, "spec.yaml")
CHECKS = ("function", "native", "trigger")
ROLES = """
do $$ begin
    if to_regrole('depot_app') is null then create role depot_app login; end if;
    if to_regrole('depot_night') is null then create role depot_night login; end if;
    if to_regrole('depot_crew') is null then
        create role depot_crew nologin;
        grant depot_crew to depot_night;
    end if;
exception when duplicate_object or unique_violation then null;
end $$;
"""
TABLE = """
create schema depot;
create table depot.parcel (
    id bigint primary key, status text not null, paid boolean not null default false, carrier text,
    packed_at timestamptz, sent_at timestamptz, delivered_at timestamptz
);
grant usage on schema depot to depot_app, depot_night;
grant select, insert, update, delete on depot.parcel to depot_app, depot_night;
"""
JUMP = "update depot.parcel set status = 'DELIVERED', sent_at = now() where id = 1"
ENTRIES = """
    select kind, event, from_state, to_state from interlock.parcel_audit
    where key_id = {} order by id
"""


def with_checks(checks: str) -> Spec:
    """Return the spec with another way of holding its row rules."""
    return spec.parse(f"{SPEC}    checks: {checks}\n", "spec.yaml")


def build(session: psycopg.Connection, wanted: Spec = WANTED) -> None:
    """Make the depot under its machine, with three parcels."""
    session.execute(ROLES)
    session.execute(TABLE.encode())
    apply.install(session, wanted)
    session.execute(
        "insert into depot.parcel (id, status) select n, 'PACKED' from generate_series(1, 3) n"
    )


def build_with(checks: str) -> Callable[[psycopg.Connection], None]:
    """Return what makes the depot with *checks*."""
    return lambda session: build(session, with_checks(checks))


def as_role(
    server: TestServer, dsn: str, role: str, connect: Connect, **options: object
) -> psycopg.Connection:
    """Log in as *role*, in autocommit unless *options* say otherwise."""
    name = str(conninfo.conninfo_to_dict(dsn)["dbname"])
    return connect(server.dsn(name, role), **{"autocommit": True, **options})


def opened(session: psycopg.Connection, role: str | None, **options: object) -> Bypass:
    """Open a bypass of the machine for half an hour."""
    wish: Mapping[str, object] = {
        "machine": "parcel",
        "reason": "a van broke down",
        "duration": duration("30m"),
        **options,
    }
    return bypasses.open_one(session, Wish(role=role, **wish))  # type: ignore[arg-type]


def entries(session: psycopg.Connection, key: int) -> list[tuple[object, ...]]:
    """Return kind, event and states of the entries of one parcel."""
    return session.execute(ENTRIES.format(key).encode()).fetchall()


def findings(
    session: psycopg.Connection, wanted: Spec = WANTED, *, probes: bool = False
) -> list[str]:
    """Return the codes that `verify` finds, but for what other tests do to roles of the server."""
    report = verify(session, wanted, scope=Scope(probes=probes))
    return [it.code for it in report.findings if it.machine]
