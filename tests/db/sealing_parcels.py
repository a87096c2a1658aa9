"""What the tests of seals share: parcels, whose names, key and columns are awkward."""

import time

import psycopg
from psycopg import sql

from pginterlock import apply, database, sealing, spec
from pginterlock.findings import Finding
from pginterlock.model import Spec
from pginterlock.verify import Kept, seals
from pginterlock.verify.seals import Told

TABLE = """
create schema "Dépôt";
create table "Dépôt"."Colis €" (
    no int, "part é" text, status text not null, "Größe; é" numeric, weight float8, due timestamptz,
    took interval, raw bytea, tags text[], primary key (no, "part é")
);
"""
SPEC = """
interlock: 1
machines:
  parcel:
    table: '"Dépôt"."Colis €"'
    state: status
    mode: enforce
    initial: [NEW]
    final: [DONE]
    transitions: {go: {from: NEW, to: WAY}, arrive: {from: WAY, to: DONE}}
    audit:
      columns: ["Größe; é", weight, due, took, raw, tags]
      erasable: ["Größe; é", actor]
      retain: 3 months
"""


def parsed(text: str = SPEC) -> Spec:
    """Return the machine of parcels."""
    return spec.parse(text, "parcels.yaml")


def build(session: psycopg.Connection) -> None:
    """Make an empty table of parcels under its machine."""
    session.execute(TABLE.encode())
    apply.install(session, parsed())


def send(session: psycopg.Connection, first: int, last: int) -> None:
    """Let parcels *first* to *last* be made, go and arrive: three entries each."""
    with session.transaction():
        session.execute("select interlock.act_as('user:' || %s, 'by hand')", [str(first)])
        session.execute(
            """insert into "Dépôt"."Colis €" select n, 'ß', 'NEW', n / 3.0, n / 7.0,"""
            " '2026-01-01 12:00+02', '1 day 02:03', '\\x00ff', '{a,\"b c\"}'"
            " from generate_series(%s::int, %s::int) as n",
            [first, last],
        )
    for state in ("WAY", "DONE"):
        session.execute(
            """update "Dépôt"."Colis €" set status = %s, weight = weight + 0.1,"""
            """ "Größe; é" = 1 where no between %s and %s""",
            [state, first, last],
        )


def settle(session: psycopg.Connection) -> None:
    """Wait until all that was written is decided: other tests have transactions open too."""
    settle_all(session, "parcel_audit")


def settle_all(session: psycopg.Connection, history: str) -> None:
    """Wait until all of *history*, and of the journal, is decided."""
    until = time.monotonic() + 60
    query = sql.SQL(_UNDECIDED).format(sql.Identifier(history))
    while session.execute(query).fetchone() != (False,):
        assert time.monotonic() < until, "a transaction of another test never ended"
        time.sleep(0.02)


_UNDECIDED = """
    select max(transaction_id::text::bigint)
        >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    from (
        select transaction_id from interlock.journal
        union all
        select transaction_id from interlock.{}
    ) as entry
    where transaction_id < pg_snapshot_xmax(pg_current_snapshot())
"""


def seal(session: psycopg.Connection, **options: int) -> sealing.Sealing:
    """Seal all that was written."""
    settle(session)
    return sealing.seal(session, older_than="0", **options)  # type: ignore[arg-type]


def report(session: psycopg.Connection, kept: Kept | None = None) -> Told:
    """Return what `verify --seal` says of the seals."""
    with database.snapshot(session):
        return seals.check(session, kept.lines if kept else None, kept.public_key if kept else None)


def found(session: psycopg.Connection, kept: Kept | None = None) -> list[Finding]:
    """Return what `verify --seal` finds about seals."""
    return report(session, kept).findings


def codes(session: psycopg.Connection, kept: Kept | None = None) -> set[str]:
    """Return the codes of that."""
    return {it.code for it in found(session, kept)}


def unguarded(session: psycopg.Connection, table: str, statement: str) -> None:
    """Run *statement* as one who owns *table*, with its triggers off for that long."""
    with session.transaction():
        session.execute(f"alter table interlock.{table} disable trigger user".encode())
        session.execute(statement.encode())
        session.execute(
            f"alter table interlock.{table} enable always trigger interlock_10_once".encode()
        )
        session.execute(
            f"alter table interlock.{table} enable always trigger interlock_20_once".encode()
        )
