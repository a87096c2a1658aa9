"""The owner of the tables against a tripwire: each attack is refused, and leaves nothing behind."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from psycopg import errors
from tests.attacks.hotel import OWNER, Attacked

from pginterlock.compiler import MachineNames
from pginterlock.errors import Disarming
from pginterlock.refused import refusal

TABLE = "hotel.room_booking"
OFF = f"alter table {TABLE} disable trigger user"
TRIGGERS = MachineNames("booking").triggers
ROW = "(select oid::regprocedure from pg_proc where proname = 'interlock_booking_row')"
# Number, what it is, the statements; each alone is refused or harmless, the first is refused.
ATTACKS = [
    ("b80", "off, and on as origin", [OFF, f"alter table {TABLE} enable trigger user"]),
    ("b81", "off, and on as it was", [OFF]),
    ("b83", "off for an insert", [f"alter table {TABLE} disable trigger all"]),
    (
        "b84",
        "one trigger off for a delete",
        [f"alter table {TABLE} disable trigger interlock_50_booking_death"],
    ),
    ("b85", "a trigger dropped", [f"drop trigger interlock_50_booking_change on {TABLE}"]),
    (
        "b86",
        "a trigger dropped with others",
        [f"drop trigger interlock_10_booking_premove on {TABLE}"],
    ),
    (
        "b86",
        "a trigger renamed",
        [f"alter trigger interlock_50_booking_change on {TABLE} rename to x"],
    ),
    (
        "b86",
        "a fill trigger replaced",
        [
            "create or replace trigger interlock_10_booking_premove before update on"
            f" {TABLE} for each row execute function suppress_redundant_updates_trigger()"
        ],
    ),
    ("b87", "the check dropped", [f"alter table {TABLE} drop constraint interlock_booking_row"]),
    (
        "b87",
        "the check renamed",
        [f"alter table {TABLE} rename constraint interlock_booking_row to x"],
    ),
    (
        "b89",
        "a decoy of the state column",
        [
            f"alter table {TABLE} rename column status to real_status;"
            f" alter table {TABLE} add column status text default 'PENDING'"
        ],
    ),
    ("b90", "the state column renamed", [f"alter table {TABLE} rename column status to state"]),
    ("b90", "a stamp renamed", [f"alter table {TABLE} rename column checked_in_at to came_at"]),
    ("b90", "a column that a rule reads renamed", [f"alter table {TABLE} rename room_id to place"]),
    (
        "b93",
        "a rule that does nothing instead",
        [f"create rule quiet as on update to {TABLE} do instead nothing"],
    ),
    (
        "b94",
        "the guard only for replicas",
        [f"alter table {TABLE} enable replica trigger {it}" for it in TRIGGERS[2:]],
    ),
    ("b95", "the table dropped", [f"drop table {TABLE} cascade"]),
    (
        "b95",
        "another table of the same name",
        [f"alter table {TABLE} rename to old; create table {TABLE} (like hotel.old including all)"],
    ),
    ("b95", "the table in another schema", [f"alter table {TABLE} set schema public"]),
    ("b95", "its schema renamed", ["alter schema hotel rename to inn"]),
    ("b95", "its schema dropped", ["drop schema hotel cascade"]),
    ("b95", "all that the owner owns dropped", ["drop owned by attack_owner cascade"]),
    (
        "b97",
        "the function of the check dropped",
        [
            "do $$ begin execute format('drop function %s cascade', (select oid::regprocedure"
            " from pg_proc where proname = 'interlock_booking_row')); end $$"
        ],
    ),
    (
        "b101",
        "unlogged",
        [
            "alter table hotel.payment drop constraint payment_of_booking;"
            f" alter table {TABLE} set unlogged"
        ],
    ),
    ("b102", "trigger granted", [f"grant trigger on {TABLE} to attack_app"]),
    ("b102", "truncate granted", [f"grant truncate on {TABLE} to attack_app"]),
    ("b102", "all granted", ["grant all on all tables in schema hotel to attack_app"]),
    ("b104", "a child", [f"create table hotel.heir () inherits ({TABLE})"]),
    (
        "b104",
        "a child made of another table",
        [
            f"create table hotel.heir (like {TABLE} including all);"
            f" alter table hotel.heir inherit {TABLE}"
        ],
    ),
]


@contextmanager
def refused(watched: Attacked) -> Iterator[None]:
    """Demand that the tripwire refuses the block, as all of ours is refused."""
    with watched.unchanged(), pytest.raises(errors.CheckViolation) as caught:
        yield
    said = caught.value.diag
    told = refusal(caught.value)
    assert isinstance(told, Disarming)
    assert told.missing
    assert json.loads(said.message_detail or "{}")["rule"] == "tripwire"
    assert said.constraint_name == "booking.tripwire"
    assert "interlock bypass open booking" in (said.message_hint or "")


@pytest.mark.parametrize(
    "statements", [it[2] for it in ATTACKS], ids=[f"{it[0]} {it[1]}" for it in ATTACKS]
)
def test_b80_to_b104_refused(watched: Attacked, statements: list[str]) -> None:
    owner = watched.session(OWNER)

    for statement in statements:
        with refused(watched):
            owner.execute(statement.encode())

    assert watched.found() == set()
