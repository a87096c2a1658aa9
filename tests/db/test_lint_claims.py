"""What lint says of a statement is what a server does: rewrites, triggers, columns."""

import psycopg
import pytest
from tests.conftest import HOTEL_SPEC

from pginterlock.lint.files import Outcome, Source, lint
from pginterlock.spec import load

TABLE = "hotel.room_booking"
COLUMNS = "add column note varchar(20), add column price numeric(8, 2), add column free int"
# Each stands alone: it runs in a transaction that is rolled back.
STATEMENTS = (
    f"alter table {TABLE} add column x bigserial",
    f"alter table {TABLE} add column x int generated always as identity",
    f"alter table {TABLE} add column x bigint generated always as (id) stored",
    f"alter table {TABLE} add column x uuid default gen_random_uuid()",
    f"alter table {TABLE} add column x timestamptz default clock_timestamp()",
    f"alter table {TABLE} add column x float default random()",
    f"alter table {TABLE} add column x timestamptz default now()",
    f"alter table {TABLE} add column x text default 'x' not null",
    f"alter table {TABLE} add column x int",
    f"alter table {TABLE} alter column free type bigint",
    f"alter table {TABLE} alter column note type varchar(10)",
    f"alter table {TABLE} alter column price type numeric(10, 4)",
    f"alter table {TABLE} alter column free set default 7",
    f"alter table {TABLE} alter column free drop not null",
    f"alter table {TABLE} drop column free",
    f"alter table {TABLE} add constraint c check (free > 0) not valid",
    f"alter table {TABLE} set (fillfactor = 90)",
    f"cluster {TABLE} using room_booking_pk",
    f"create index on {TABLE} (free)",
)


@pytest.fixture
def table(db: psycopg.Connection) -> psycopg.Connection:
    """A session in the hotel, with some columns that no machine knows."""
    db.execute(f"alter table {TABLE} {COLUMNS}".encode())
    return db


def rules_of(text: str) -> set[str]:
    """Return the rules that lint finds broken in *text*."""
    outcome = Outcome()
    lint([Source("m.sql", text)], load(HOTEL_SPEC).machines, outcome)
    return {it.finding.code for it in outcome.open}


def rewrites(session: psycopg.Connection, statement: str) -> bool:
    """Whether *statement* gives the table another file."""
    asked = f"select pg_relation_filenode('{TABLE}')".encode()
    with session.transaction(force_rollback=True):
        before = session.execute(asked).fetchone()
        session.execute(statement.encode())
        return session.execute(asked).fetchone() != before


def test_what_is_said_to_rewrite_does_and_the_rest_does_not(table: psycopg.Connection) -> None:
    told = {it: "lint-rewrite" in rules_of(it) for it in STATEMENTS}

    assert {it: rewrites(table, it) for it in STATEMENTS} == told


@pytest.mark.parametrize("what", ["all", "user", "interlock_50_booking_change"])
def test_enabling_a_trigger_takes_its_always(table: psycopg.Connection, what: str) -> None:
    statement = f"alter table {TABLE} enable trigger {what}"

    with table.transaction(force_rollback=True):
        table.execute(statement.encode())
        found = table.execute(
            "select distinct tgenabled::text from pg_trigger"
            " where tgname = 'interlock_50_booking_change'"
        ).fetchone()

    assert rules_of(statement) == {"lint-disable-trigger"}
    assert found == ("O",)


def test_the_state_keeps_its_type(table: psycopg.Connection) -> None:
    statement = f"alter table {TABLE} alter column status type varchar(30)"

    with pytest.raises(psycopg.errors.FeatureNotSupported, match="used in a trigger definition"):
        table.execute(statement.encode())

    assert rules_of(statement) == {"lint-retype-column"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("drop column cancelled_at", id="dropped"),
        pytest.param("rename column cancelled_at to ended_at", id="renamed"),
    ],
)
def test_without_a_stamp_nobody_can_write(table: psycopg.Connection, change: str) -> None:
    statement = f"alter table {TABLE} {change}"
    table.execute(
        "insert into hotel.room_booking (hotel_id, status, room_type, check_in, check_out,"
        " nightly_rate) values (1, 'PENDING', 'A', '2026-01-01', '2026-01-03', 90)"
    )

    with table.transaction(force_rollback=True):
        table.execute(statement.encode())
        with pytest.raises(psycopg.errors.UndefinedColumn, match="cancelled_at"):
            table.execute("update hotel.room_booking set status = 'CANCELLED'")

    assert rules_of(statement) <= {"lint-drop-column", "lint-rename-column"}
    assert rules_of(statement)


def test_a_table_that_moves_takes_no_births(table: psycopg.Connection) -> None:
    statement = f"alter table {TABLE} set schema public"

    with table.transaction(force_rollback=True):
        table.execute(statement.encode())
        with pytest.raises(psycopg.Error, match=r"does not serve table public\.room_booking"):
            table.execute(
                "insert into public.room_booking (hotel_id, status, room_type, check_in,"
                " check_out, nightly_rate)"
                " values (1, 'PENDING', 'A', '2026-01-01', '2026-01-03', 90)"
            )

    assert rules_of(statement) == {"lint-rename-table"}
