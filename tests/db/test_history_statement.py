"""The statement of an entry: whole while it is short, its two ends when long, copied only once."""

from collections.abc import Callable

import psycopg
import pytest

from pginterlock import apply, spec

Connect = Callable[..., psycopg.Connection]

SPEC = """
interlock: 1
machines:
  parcel:
    {table: parcel, state: status, mode: enforce, initial: [PACKED],
     transitions: {send: {from: PACKED, to: SENT}}, final: [SENT]}
"""
TAGS = "/*controller='parcels',action='create'*/"
STATEMENTS = "select statement from interlock.parcel_audit order by id"


@pytest.fixture
def parcels(empty: str, connect: Connect) -> psycopg.Connection:
    """An empty table under a machine."""
    session = connect(empty, autocommit=True)
    session.execute("create table parcel (id int primary key, status text not null, note text)")
    apply.install(session, spec.parse(SPEC, "spec.yaml"))
    return session


def insert(session: psycopg.Connection, rows: int, note: str, first: int = 0) -> str:
    values = ", ".join(f"({first + n}, 'PACKED', '{note}')" for n in range(rows))
    statement = f"insert into parcel values {values} {TAGS}"
    session.execute(statement.encode())
    return statement


def statements(session: psycopg.Connection) -> list[str]:
    return [text for (text,) in session.execute(STATEMENTS).fetchall()]


def test_a_short_statement_is_kept_whole(parcels: psycopg.Connection) -> None:
    statement = insert(parcels, 2, "x")

    assert statements(parcels) == [statement, statement]


def test_a_longer_one_keeps_its_tags(parcels: psycopg.Connection) -> None:
    statement = insert(parcels, 3, "x" * 1000)

    assert statements(parcels) == [f"{statement[:1500]} ... {statement[-500:]}"] * 3
    assert statements(parcels)[0].endswith(TAGS)


def test_a_very_long_one_is_copied_once(parcels: psycopg.Connection) -> None:
    statement = insert(parcels, 40, "ü" * 1000)

    kept = statements(parcels)
    assert kept[0] == f"{statement[:1500]} ... {statement[-500:]}"
    assert set(kept[1:]) == {
        "(not repeated: long and kept with its first record, or it held a token)"
    }


def test_the_next_statement_of_the_transaction_is_kept_again(parcels: psycopg.Connection) -> None:
    with parcels.transaction():
        insert(parcels, 40, "x" * 1000)
        short = insert(parcels, 1, "x", first=100)
        long = insert(parcels, 40, "y" * 1000, first=200)

    kept = statements(parcels)
    assert kept[40] == short
    assert kept[41] == f"{long[:1500]} ... {long[-500:]}"
    assert len(set(kept[42:])) == 1
