"""The owner of the tables against a tripwire: each attack is refused, and leaves nothing behind."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest
from psycopg import errors
from tests.attacks.hotel import OWNER, Attacked

from pginterlock.compiler import MachineNames
from pginterlock.errors import Disarming
from pginterlock.refused import refusal

TABLE = "hotel.room_booking"
OFF = f"alter table {TABLE} disable trigger user"
TRIGGERS = MachineNames("booking").triggers
# Number, what it is, the statements; each alone is refused or harmless, the first is refused.
ATTACKS = [
    ("b80", "off, and on as origin", [OFF, f"alter table {TABLE} enable trigger user"]),
    ("b81", "off, and on as it was", [OFF]),
    (
        "b83",
        "one trigger off for an insert",
        [f"alter table {TABLE} disable trigger interlock_50_booking_birth"],
    ),
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


# What it is, the statement, who gives it, and where bookings and their states are afterwards.
FOLLOWED = [
    (f"alter table {TABLE} rename column status to state", OWNER, TABLE, "state"),
    (f"alter table {TABLE} rename to stay", OWNER, "hotel.stay", "status"),
    (f"alter table {TABLE} set schema public", OWNER, "public.room_booking", "status"),
    ("alter schema hotel rename to inn", "postgres", "inn.room_booking", "status"),
]


@pytest.mark.parametrize(
    ("statement", "role", "table", "column"), FOLLOWED, ids=[it[0] for it in FOLLOWED]
)
def test_b90_and_b95_a_rename_is_followed(
    watched: Attacked, statement: str, role: str, table: str, column: str
) -> None:
    """No write in between finds the machine off: the rename and the new text are one command."""
    watched.admin.execute("grant create on schema public to attack_owner")
    watched.session(role).execute(statement.encode())
    owner = watched.session(OWNER)

    for write in (
        f"update {table} set {column} = 'CHECKED_OUT' where id = 1",
        f"insert into {table} (id, {column}) values (9, 'CHECKED_OUT')",
        f"delete from {table} where id = 2",
        f"truncate {table} cascade",
    ):
        with pytest.raises(errors.CheckViolation):
            owner.execute(write.encode())
    with pytest.raises(errors.CheckViolation, match="disarm"):
        owner.execute(f"alter table {table} disable trigger user".encode())
    owner.execute(f"update {table} set {column} = 'CANCELLED' where id = 1".encode())
    told = watched.admin.execute(
        "select from_state, to_state from interlock.booking_audit where key_id = 1 order by id"
    ).fetchall()
    assert told == [(None, "PENDING"), ("PENDING", "CANCELLED")]


def test_b89_and_b95_nothing_else_takes_the_old_name(watched: Attacked) -> None:
    """Clients that know the old name must not write unguarded rows; a view of it is no harm."""
    owner = watched.session(OWNER)
    owner.execute(f"alter table {TABLE} rename to stay".encode())
    owner.execute(b"alter table hotel.stay rename column status to state")

    for statement in (
        f"create table {TABLE} (like hotel.stay including all)",
        f"create table {TABLE} as select * from hotel.stay",
        f"alter table hotel.payment rename to {TABLE.partition('.')[2]}",
        "alter table hotel.stay add column status text",
        "alter table hotel.stay rename column checked_in_at to status",
    ):
        with pytest.raises(errors.CheckViolation, match="which was called so"):
            owner.execute(statement.encode())
    owner.execute(f"create view {TABLE} as select * from hotel.stay".encode())
    with pytest.raises(errors.CheckViolation):
        owner.execute(f"update {TABLE} set state = 'CHECKED_OUT' where id = 1".encode())


def test_b82_nothing_goes_through_that_would_leave_no_trace(watched: Attacked) -> None:
    """The one that nothing inside the database can see afterwards: so it is not let begin."""
    owner = watched.session(OWNER)

    with refused(watched), owner.transaction():
        owner.execute(OFF.encode())
        owner.execute("update hotel.room_booking set status = 'CONFIRMED' where id = 1")

    assert watched.state(1) == "PENDING"


def test_b96_to_b100_denied_by_the_server_or_refused(watched: Attacked) -> None:
    """What belongs to the owner of schema interlock is not for the owner of a table."""
    owner = watched.session(OWNER)

    for statement in (
        "create or replace function interlock.booking_change() returns trigger"
        " language plpgsql as $$ begin return null; end $$",
        "drop function interlock.booking_change() cascade",
        "alter function interlock.booking_change() reset all",
        "update interlock.machine set definition = '{}'",
        "alter table interlock.booking_audit disable trigger user",
        "delete from interlock.guarded",
        "insert into interlock.ddl_pass (machine_name) values ('booking')",
        "update interlock.tripwire set mode = 'off'",
        "select interlock.let_through('booking')",
        "select interlock.watch('booking', '[]')",
        "select interlock.set_tripwire('off')",
        "select interlock.trip('booking', 'x')",
        "drop event trigger interlock_tripwire_20_end",
        "alter event trigger interlock_tripwire_20_end disable",
    ):
        with watched.denied():
            owner.execute(statement.encode())


@pytest.mark.parametrize(
    "statement",
    [
        f"alter table {TABLE} disable trigger all",
        f"alter table {TABLE} owner to attack_app",
        "create or replace function interlock.booking_change() returns trigger"
        " language plpgsql as $$ begin return null; end $$",
        "alter function interlock.booking_change() security invoker",
        "alter function interlock.booking_change() reset all",
        "alter function interlock.booking_change() rename to gone",
        "drop function interlock.booking_change() cascade",
        "drop schema hotel cascade",
        "drop extension btree_gist cascade",
    ],
)
def test_b96_to_b103_refused_to_a_superuser_too(watched: Attacked, statement: str) -> None:
    with refused(watched):
        watched.admin.execute(statement.encode())

    assert watched.found() == set()


def test_b103_not_enforced(watched: Attacked) -> None:
    if watched.server.major < 18:
        pytest.skip("NOT ENFORCED came with PostgreSQL 18")
    owner = watched.session(OWNER)

    with refused(watched):
        owner.execute(
            f"alter table {TABLE} alter constraint room_booking_in_room not enforced".encode()
        )


@pytest.mark.parametrize(
    "setting",
    ["role", "search_path", "session_replication_role", "check_function_bodies", "event_triggers"],
)
def test_no_setting_turns_it_off(watched: Attacked, setting: str) -> None:
    owner = watched.session(OWNER)
    value = {"role": OWNER, "search_path": "hotel, pg_temp, pg_catalog"}.get(setting, "off")
    with suppress(psycopg.Error):
        owner.execute(
            "create function hotel.starts_with(text, text) returns boolean"
            " language sql as 'select false'"
        )
        owner.execute(f"set {setting} = {value}".encode())

    with refused(watched):
        owner.execute(OFF.encode())


def test_a_pass_of_another_transaction_is_none_of_ours(watched: Attacked) -> None:
    watched.admin.execute("begin")
    watched.admin.execute("select interlock.let_through('booking')")
    owner = watched.session(OWNER)

    with pytest.raises(errors.CheckViolation):
        owner.execute(OFF.encode())
    watched.admin.execute("commit")
    with refused(watched):
        watched.admin.execute(OFF.encode())


def test_a_pass_ends_with_a_whole_machine_or_nothing_happens(watched: Attacked) -> None:
    admin = watched.admin

    with refused(watched), admin.transaction():
        admin.execute("select interlock.let_through('booking')")
        admin.execute(OFF.encode())
    with refused(watched), admin.transaction():
        admin.execute("select interlock.let_through('booking')")
        admin.execute("set constraints all immediate")
        admin.execute(OFF.encode())
    with admin.transaction():
        admin.execute("select interlock.let_through('booking')")
        admin.execute(OFF.encode())
        for trigger in TRIGGERS:
            admin.execute(f"alter table {TABLE} enable always trigger {trigger}".encode())

    assert watched.found() == set()
    assert admin.execute("select count(*) from interlock.ddl_pass").fetchone() == (0,)


def test_what_disarms_nothing_passes(watched: Attacked) -> None:
    owner = watched.session(OWNER)

    for statement in (
        f"alter table {TABLE} add column extra integer",
        f"alter table {TABLE} rename column extra to more",
        f"alter table {TABLE} drop column more",
        f"alter table {TABLE} alter column status drop default",
        f"alter table {TABLE} alter column status set default 'PENDING'",
        f"create index on {TABLE} (paid_at)",
        f"create view hotel.seen as select * from {TABLE}",
        f"grant select, insert, update, delete on {TABLE} to attack_app",
        f"create trigger theirs after update on {TABLE} for each row"
        " execute function suppress_redundant_updates_trigger()",
        f"drop trigger theirs on {TABLE}",
        f"vacuum full {TABLE}",
        f"create table hotel.other (booking bigint references {TABLE} (id))",
        "drop table hotel.other",
        "create temporary table mine (id bigint) on commit drop",
        "alter table hotel.payment add column note text",
    ):
        owner.execute(statement.encode())

    assert watched.found() == set()
