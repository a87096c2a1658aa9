"""What the owner of the tables can do behind the guard, who is no superuser: `verify` finds it."""

import psycopg
import pytest
from psycopg import errors
from tests.attacks.hotel import Attacked

from pginterlock.compiler import MachineNames
from pginterlock.errors import SpecError

TRIGGERS = MachineNames("booking").triggers
MOVE = "update hotel.room_booking set status = 'CONFIRMED' where id = 1"
ROW = "hotel.interlock_booking_row"


def test_b80_off_and_on_again_as_origin(attacked: Attacked, owner: psycopg.Connection) -> None:
    off(owner)
    owner.execute(MOVE)
    owner.execute("alter table hotel.room_booking enable trigger user")

    assert attacked.found() == {"trigger-disabled", "IL10"}


def test_b81_off_and_on_again_as_it_was(attacked: Attacked, owner: psycopg.Connection) -> None:
    behind(owner, MOVE)

    assert attacked.found() == {"IL10"}


def test_b82_there_and_back_leaves_no_trace(attacked: Attacked, owner: psycopg.Connection) -> None:
    """The one that nothing inside the database can see: the row and its history agree again."""
    with attacked.unchanged():
        behind(owner, MOVE)
        behind(owner, "update hotel.room_booking set status = 'PENDING' where id = 1")

    assert attacked.found() == set()


def test_b83_a_late_row_inserted(attacked: Attacked, owner: psycopg.Connection) -> None:
    behind(
        owner,
        "insert into hotel.room_booking (id, status, paid_at) values (20, 'CONFIRMED', now())",
    )

    assert attacked.found() == {"IL10"}


@pytest.mark.parametrize("booking", [2, 8], ids=["born under the machine", "there before"])
def test_b84_a_row_deleted(attacked: Attacked, owner: psycopg.Connection, booking: int) -> None:
    behind(owner, f"delete from hotel.room_booking where id = {booking}")

    assert attacked.found() == {"IL10"}


def test_b84_a_row_that_was_there_before_swapped(
    attacked: Attacked, owner: psycopg.Connection
) -> None:
    behind(owner, "update hotel.room_booking set id = 20 where id = 8")

    assert attacked.found() == {"IL10"}


def test_b85_a_trigger_dropped(attacked: Attacked, owner: psycopg.Connection) -> None:
    owner.execute("drop trigger interlock_50_booking_change on hotel.room_booking")
    owner.execute(MOVE)

    assert attacked.found() == {"trigger-missing", "IL10", "probe-went-through"}


def test_b86_a_trigger_dropped_and_made_again(
    attacked: Attacked, owner: psycopg.Connection
) -> None:
    made = attacked.admin.execute(
        "select pg_get_triggerdef(oid) from pg_trigger where tgname = 'interlock_50_booking_change'"
    ).fetchone()
    assert made is not None
    owner.execute("drop trigger interlock_50_booking_change on hotel.room_booking")
    owner.execute(MOVE)

    with attacked.denied():
        owner.execute(made[0].encode())
    attacked.admin.execute("grant execute on all functions in schema interlock to attack_owner")
    owner.execute(made[0].encode())
    owner.execute(
        "alter table hotel.room_booking enable always trigger interlock_50_booking_change"
    )
    attacked.admin.execute("revoke execute on all functions in schema interlock from attack_owner")

    assert attacked.found() == {"IL10"}


def test_b87_a_check_dropped_and_made_again_not_valid(
    attacked: Attacked, owner: psycopg.Connection
) -> None:
    check = attacked.admin.execute(
        "select format('alter table hotel.room_booking add constraint %I %s not valid;"
        " comment on constraint %I on hotel.room_booking is %L', conname,"
        " pg_get_constraintdef(oid), conname, obj_description(oid, 'pg_constraint'))"
        " from pg_constraint where conname = 'interlock_booking_row'"
    ).fetchone()
    assert check is not None
    owner.execute("alter table hotel.room_booking drop constraint interlock_booking_row")
    behind(owner, "update hotel.room_booking set checked_in_at = null where id = 3")
    owner.execute(check[0].encode())

    assert attacked.found() == {"check-not-validated", "IL12"}
    with pytest.raises(errors.CheckViolation):
        owner.execute("alter table hotel.room_booking validate constraint interlock_booking_row")


def test_b89_a_decoy_of_the_state_column(attacked: Attacked, owner: psycopg.Connection) -> None:
    owner.execute(
        "alter table hotel.room_booking rename column status to real_status;"
        "alter table hotel.room_booking add column status text default 'PENDING'"
    )
    owner.execute("update hotel.room_booking set real_status = 'NO_SHOW' where id = 1")

    assert {"registry-changed", "check-changed", "trigger-changed", "IL10"} <= attacked.found()


def test_b90_the_state_column_renamed(
    attacked: Attacked, app: psycopg.Connection, owner: psycopg.Connection
) -> None:
    owner.execute("alter table hotel.room_booking rename column status to state")

    for statement in (
        "update hotel.room_booking set state = 'NO_SHOW' where id = 1",
        "update hotel.room_booking set note = 'free' where id = 1",
        "insert into hotel.room_booking (id) values (20)",
        "delete from hotel.room_booking where id = 7",
    ):
        with attacked.unchanged(), pytest.raises(errors.UndefinedColumn):
            app.execute(statement.encode())
    with pytest.raises(SpecError, match="has no column 'status'"):
        attacked.findings()


def test_b93_a_rule_that_does_nothing_instead(
    attacked: Attacked, app: psycopg.Connection, owner: psycopg.Connection
) -> None:
    owner.execute("create rule quiet as on update to hotel.room_booking do instead nothing")

    with attacked.unchanged():
        app.execute("update hotel.room_booking set status = 'CANCELLED' where id = 1")

    assert "rewrite-rule" in attacked.found()


def test_b94_the_guard_only_for_replicas(attacked: Attacked, owner: psycopg.Connection) -> None:
    for trigger in TRIGGERS:
        owner.execute(f"alter table hotel.room_booking enable replica trigger {trigger}".encode())

    told = [it.message for it in attacked.findings() if it.code == "trigger-disabled"]
    assert len(told) == len(TRIGGERS)
    assert all(any(trigger in it for it in told) for trigger in TRIGGERS)


def test_b95_another_table_of_the_same_name(attacked: Attacked, owner: psycopg.Connection) -> None:
    owner.execute(
        "create table hotel.copy (like hotel.room_booking including all);"
        "drop table hotel.room_booking cascade;"
        "alter table hotel.copy rename to room_booking"
    )

    assert {"trigger-missing", "IL10"} <= attacked.found()


def test_b96_the_body_of_the_guard(attacked: Attacked, owner: psycopg.Connection) -> None:
    with attacked.denied():
        owner.execute(
            "create or replace function interlock.booking_change() returns trigger"
            " language plpgsql as $$ begin return null; end $$"
        )
    signature = row_signature(attacked)
    with attacked.denied():
        owner.execute(
            f"create or replace function {signature} returns boolean"
            " language plpgsql as $$ begin return true; end $$".encode()
        )


def test_b97_the_guard_dropped(attacked: Attacked, owner: psycopg.Connection) -> None:
    for function in MachineNames("booking").functions:
        if function in ("booking_approve", "booking_approval"):
            continue  # where a move asks for approvals
        with attacked.denied():
            owner.execute(f"drop function interlock.{function} cascade".encode())

    # What stands in a schema goes at the word of its owner.
    owner.execute(f"drop function {row_signature(attacked)} cascade".encode())

    assert {"function-missing", "check-missing"} <= attacked.found()


def test_b97_the_row_rules_made_anew_with_an_empty_body(
    attacked: Attacked, owner: psycopg.Connection
) -> None:
    check, arguments = one(
        attacked,
        "select format('alter table hotel.room_booking add constraint %I %s;"
        " comment on constraint %I on hotel.room_booking is %L', k.conname,"
        " pg_get_constraintdef(k.oid), k.conname, obj_description(k.oid, 'pg_constraint')),"
        " pg_get_function_arguments(p.oid)"
        " from pg_constraint as k, pg_proc as p where k.conname = 'interlock_booking_row'"
        " and p.proname = 'interlock_booking_row'",
    )
    owner.execute(f"drop function {row_signature(attacked)} cascade".encode())
    owner.execute(
        f"create function {ROW}({arguments}) returns boolean language plpgsql immutable"
        " set search_path = pg_catalog, pg_temp as $$ begin return true; end $$".encode()
    )
    owner.execute(str(check).encode())
    owner.execute("update hotel.room_booking set room_id = null where id = 3")

    assert {"function-changed", "IL13"} <= attacked.found()


def test_b98_settings_and_rights_of_the_guard(
    attacked: Attacked, owner: psycopg.Connection
) -> None:
    for function in ("interlock.booking_change()", row_signature(attacked)):
        for change in ("reset all", "security invoker", "rename to gone", "cost 1000"):
            with attacked.denied():
                owner.execute(f"alter function {function} {change}".encode())


def test_b99_the_allowed_moves(attacked: Attacked, owner: psycopg.Connection) -> None:
    with attacked.denied():
        owner.execute(
            "insert into interlock.transition values ('booking', 'cheat', 'CANCELLED', 'PENDING')"
        )
    with attacked.denied():
        owner.execute("update interlock.machine set definition = '{}'")


def test_b100_the_history(attacked: Attacked, owner: psycopg.Connection) -> None:
    for statement in (
        "update interlock.booking_audit set to_state = 'CONFIRMED'",
        "delete from interlock.booking_audit",
        "truncate interlock.booking_audit",
        "alter table interlock.booking_audit disable trigger user",
    ):
        with attacked.denied():
            owner.execute(statement.encode())


def test_b101_unlogged(attacked: Attacked, owner: psycopg.Connection) -> None:
    owner.execute(
        "alter table hotel.payment drop constraint payment_of_booking;"
        "alter table hotel.room_booking set unlogged"
    )

    assert attacked.found() == {"unlogged"}


def test_b102_trigger_and_truncate_granted(
    attacked: Attacked, app: psycopg.Connection, owner: psycopg.Connection
) -> None:
    owner.execute("grant trigger, truncate on hotel.room_booking to attack_app")

    assert attacked.found() == {"grant-trigger", "grant-truncate"}
    attacked.admin.execute("grant truncate on hotel.payment to attack_app")
    with attacked.refused("IL03", "death"):
        app.execute("truncate hotel.room_booking, hotel.payment")


def test_b102_the_table_given_to_the_application(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    attacked.admin.execute("alter table hotel.room_booking owner to attack_app")
    off(app)
    app.execute(MOVE)

    told = next(it for it in attacked.findings() if it.code == "owner-can-login")
    assert "attack_app" in told.message
    assert {"trigger-disabled", "IL10"} <= attacked.found()


def test_b103_a_constraint_not_enforced(attacked: Attacked, owner: psycopg.Connection) -> None:
    if attacked.server.major < 18:
        pytest.skip("NOT ENFORCED came with PostgreSQL 18")
    owner.execute(
        "alter table hotel.room_booking alter constraint room_booking_in_room not enforced"
    )
    owner.execute("update hotel.room_booking set room_id = 9999 where id = 2")  # no such room

    assert attacked.found() == {"constraint-not-enforced"}


def test_b103_a_foreign_key_without_its_triggers(attacked: Attacked) -> None:
    attacked.admin.execute(
        "alter table hotel.room_booking disable trigger all;"
        "alter table hotel.room_booking enable trigger user"
    )

    assert "constraint-not-enforced" in attacked.found()


def test_b103_the_check_not_enforced(attacked: Attacked, owner: psycopg.Connection) -> None:
    if attacked.server.major < 18:
        pytest.skip("NOT ENFORCED came with PostgreSQL 18")
    (check,) = one(
        attacked,
        "select format('alter table hotel.room_booking add constraint %I %s not enforced;"
        " comment on constraint %I on hotel.room_booking is %L', conname,"
        " pg_get_constraintdef(oid), conname, obj_description(oid, 'pg_constraint'))"
        " from pg_constraint where conname = 'interlock_booking_row'",
    )
    owner.execute("alter table hotel.room_booking drop constraint interlock_booking_row")
    owner.execute(str(check).encode())
    owner.execute("update hotel.room_booking set room_id = null where id = 3")

    assert {"check-not-enforced", "IL13"} <= attacked.found()


def off(session: psycopg.Connection) -> None:
    """Switch every trigger off that an owner can."""
    session.execute("alter table hotel.room_booking disable trigger user")


def behind(session: psycopg.Connection, statement: str) -> None:
    """Run *statement* with the guard off, and leave the catalog exactly as it was."""
    off(session)
    session.execute(statement.encode())
    for trigger in TRIGGERS:
        session.execute(f"alter table hotel.room_booking enable always trigger {trigger}".encode())


def row_signature(attacked: Attacked) -> str:
    """Return the signature of the function that the CHECK calls."""
    (signature,) = one(
        attacked,
        "select oid::regprocedure::text from pg_proc where proname = 'interlock_booking_row'",
    )
    return str(signature)


def one(attacked: Attacked, query: str) -> tuple[object, ...]:
    """Return the one row of *query*."""
    row = attacked.admin.execute(query.encode()).fetchone()
    assert row is not None
    return row
