"""Verify: rows that were there before a machine are not moved, swapped, added or gone unseen."""

from collections.abc import Callable

import psycopg
import pytest

from pginterlock import apply, spec, uninstall
from pginterlock.verify import Scope, verify

Connect = Callable[..., psycopg.Connection]

SPEC = """
interlock: 1
machines:
  parcel:
    {table: parcel, state: status, mode: enforce, initial: [PACKED], final: [SENT],
     transitions: {send: {from: PACKED, to: SENT}}, stamps: {sent_at: SENT}}
"""
WANTED = spec.parse(SPEC, "spec.yaml")
ROWS_AND_HISTORY = Scope(probes=False)


@pytest.fixture
def parcels(empty: str, connect: Connect) -> psycopg.Connection:
    """Ten parcels that were there before their machine."""
    session = connect(empty, autocommit=True)
    session.execute(
        "create table parcel (id int primary key, status text not null, sent_at timestamptz)"
    )
    session.execute("insert into parcel select n, 'PACKED' from generate_series(1, 10) as n")
    apply.install(session, WANTED)
    return session


def found(session: psycopg.Connection) -> list[str]:
    return [it.code for it in verify(session, WANTED, scope=ROWS_AND_HISTORY).findings]


def behind_the_triggers(session: psycopg.Connection, *statements: str) -> None:
    """Run *statements* with every trigger off, and restore the catalog exactly."""
    names = session.execute(
        "select tgname from pg_trigger where tgrelid = 'parcel'::regclass and not tgisinternal"
    ).fetchall()
    session.execute("alter table parcel disable trigger all")
    for statement in statements:
        session.execute(statement.encode())
    for (name,) in names:
        session.execute(f"alter table parcel enable always trigger {name}".encode())


def test_honest_work_on_adopted_rows_is_no_finding(parcels: psycopg.Connection) -> None:
    parcels.execute("update parcel set status = 'SENT' where id < 4")
    parcels.execute("insert into parcel values (11, 'PACKED')")

    assert found(parcels) == []


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param(
            ["update parcel set status = 'SENT', sent_at = now() where id = 5"], id="moved"
        ),
        pytest.param(["insert into parcel values (12, 'PACKED')"], id="added"),
        pytest.param(["delete from parcel where id = 5"], id="removed"),
        pytest.param(
            ["delete from parcel where id = 5", "insert into parcel values (12, 'PACKED')"],
            id="swapped",
        ),
        pytest.param(["update parcel set id = 13 where id = 5"], id="renamed"),
    ],
)
def test_an_adopted_row_that_was(parcels: psycopg.Connection, statements: list[str]) -> None:
    behind_the_triggers(parcels, *statements)

    assert found(parcels) == ["IL10"]


def test_a_machine_that_comes_back_begins_a_new_account(parcels: psycopg.Connection) -> None:
    parcels.execute("update parcel set status = 'SENT' where id = 1")
    uninstall.take_off(parcels, [], drop_history=False)
    parcels.execute("update parcel set status = 'PACKED', sent_at = null where id = 1")
    apply.install(parcels, WANTED)

    assert found(parcels) == []
    parcels.execute("update parcel set status = 'SENT' where id = 1")
    assert found(parcels) == []


def test_observe_records_a_truncate_and_lets_it_happen(parcels: psycopg.Connection) -> None:
    observed = spec.parse(SPEC.replace("enforce", "observe"), "spec.yaml")
    apply.install(parcels, observed)

    parcels.execute("truncate parcel")

    told = parcels.execute("select code, message from interlock.violation").fetchall()
    assert told == [("IL03", "parcel: the table was truncated")]


def test_a_ratchet_lets_a_broken_stamp_be_mended_and_a_sound_one_stay(
    parcels: psycopg.Connection,
) -> None:
    apply.install(parcels, spec.parse(SPEC.replace("enforce", "ratchet"), "spec.yaml"))
    behind_the_triggers(parcels, "update parcel set status = 'SENT' where id = 1")

    parcels.execute("update parcel set sent_at = '2026-01-01' where id = 1")

    with pytest.raises(psycopg.errors.CheckViolation, match="changes only when"):
        parcels.execute("update parcel set sent_at = '2026-01-02' where id = 1")
