"""A parcel whose machine asks who acts, and why one is lost: for the tests of actors."""

import psycopg

from pginterlock import apply, spec

TEXT = """
interlock: 1
machines:
  parcel:
    {table: parcel, state: status, mode: enforce, initial: [PACKED], final: [HERE, LOST],
     transitions: {send: {from: PACKED, to: SENT}, arrive: {from: SENT, to: HERE},
                   lose: {from: [PACKED, SENT], to: LOST, reason: required}},
     audit: {columns: [carrier], actor: required}, deletion: {from: [PACKED]}}
"""
SPEC = spec.parse(TEXT, "spec.yaml")


def build(session: psycopg.Connection) -> None:
    """Make a hundred parcels that were there before."""
    session.execute(
        "create table parcel (id int primary key, status text not null, carrier text, note text);"
        "insert into parcel select n, 'PACKED' from generate_series(1, 100) as n"
    )
    apply.install(session, SPEC)


def entries(session: psycopg.Connection) -> list[tuple[object, ...]]:
    """Return key, what happened, who did it and why, in order."""
    query = "select key_id, coalesce(event, kind), actor, reason from interlock.parcel_audit"
    return session.execute(f"{query} order by id".encode()).fetchall()
