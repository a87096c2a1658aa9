"""Rows that do not fit their state: stamps, rooms, payments, keys; by the application."""

import psycopg
import pytest
from psycopg import errors
from tests.attacks.hotel import APP, Attacked, Later
from tests.conftest import wait_until_blocked

pytestmark = pytest.mark.parametrize(
    "form", ["checks: function", "checks: native", "checks: trigger"]
)


def test_b18_a_final_row_moved_out_of_its_history(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    with attacked.refused("IL07", "freeze"):
        app.execute("update hotel.room_booking set id = 50 where id = 5")


def test_b20_a_stamp_back_dated(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL07", "freeze"):
        app.execute(
            "update hotel.room_booking set status = status,"
            " checked_in_at = checked_in_at - interval '1 day' where id = 3"
        )


def test_b21_a_stamp_without_its_state(attacked: Attacked, app: psycopg.Connection) -> None:
    # Where a CHECK holds the row rules it speaks first; by the trigger alone, the freeze does.
    code, rule = (
        ("IL07", "freeze") if attacked.spec.machines[0].checks == "trigger" else ("IL12", "stamp")
    )
    with attacked.refused(code, rule):
        app.execute("update hotel.room_booking set checked_in_at = now() where id = 2")
    with attacked.refused("IL12", "stamp"):
        app.execute("insert into hotel.room_booking (id, checked_in_at) values (20, now())")
    with attacked.refused(code, rule):
        app.execute(
            "update hotel.room_booking set status = 'CANCELLED', checked_out_at = now()"
            " where id = 2"
        )


def test_b22_a_state_without_its_stamp(attacked: Attacked, app: psycopg.Connection) -> None:
    app.execute(
        "update hotel.room_booking set status = 'CHECKED_OUT', checked_out_at = null where id = 3"
    )

    assert attacked.value("checked_out_at", 3) is not None  # filled: there is no such row


@pytest.mark.parametrize("never", ["infinity", "-infinity"])
def test_b22_a_stamp_that_is_no_time(
    attacked: Attacked, app: psycopg.Connection, never: str
) -> None:
    with attacked.refused("IL12", "stamp"):
        app.execute(
            "update hotel.room_booking set status = 'CHECKED_OUT',"
            " checked_out_at = %s::timestamptz where id = 3",
            [never],
        )


def test_b23_check_in_without_a_room(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL13", "state_row"):
        app.execute("update hotel.room_booking set status = 'CHECKED_IN' where id = 2")
    with attacked.refused("IL13", "state_row"):
        app.execute("update hotel.room_booking set room_id = null where id = 3")


def test_b23_invariants_of_a_state(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL14", "invariant"):
        app.execute(
            "update hotel.room_booking set status = 'CHECKED_IN', room_id = 3, guests = 0"
            " where id = 2"
        )
    with attacked.refused("IL14", "invariant"):
        app.execute("update hotel.room_booking set check_out = check_in where id = 1")


def test_b24_a_stamp_cleared_afterwards(attacked: Attacked, app: psycopg.Connection) -> None:
    code, rule = (
        ("IL07", "freeze") if attacked.spec.machines[0].checks == "trigger" else ("IL12", "stamp")
    )
    with attacked.refused(code, rule):
        app.execute("update hotel.room_booking set checked_in_at = null where id = 4")


def test_b24_a_frozen_column_changed(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL07", "freeze"):
        app.execute("update hotel.room_booking set room_id = 3 where id = 4")
    with attacked.refused("IL07", "freeze"):
        app.execute("update hotel.room_booking set check_out = check_out + 1 where id = 4")


def test_b26_a_double_booking(attacked: Attacked, app: psycopg.Connection) -> None:
    app.execute("update hotel.room_booking set room_id = 3 where id = 2")

    for statement in (
        "update hotel.room_booking set room_id = 1 where id = 2",
        "update hotel.room_booking set room_id = 3 where id in (3, 8)",
        "insert into hotel.room_booking (id, status, room_id) values (2, 'CONFIRMED', 1)"
        " on conflict (id) do update set room_id = excluded.room_id",
    ):
        with pytest.raises(errors.ExclusionViolation, match="interlock_booking_claim_room"):
            app.execute(statement)
    assert attacked.value("room_id", 2) == 3


def test_b26_a_double_booking_by_two_sessions(attacked: Attacked, app: psycopg.Connection) -> None:
    rival = attacked.session(APP)
    rival.autocommit = False
    rival.execute("update hotel.room_booking set room_id = 3 where id = 2")
    late = Later(app, "update hotel.room_booking set room_id = 3 where id = 8")
    wait_until_blocked(attacked.admin, app)

    rival.commit()

    assert isinstance(late.error(), errors.ExclusionViolation)
    assert attacked.value("room_id", 8) is None


def test_b29_cancelled_with_its_room(attacked: Attacked, app: psycopg.Connection) -> None:
    app.execute("update hotel.room_booking set room_id = 3 where id = 2")

    app.execute("update hotel.room_booking set status = 'CANCELLED', room_id = 2 where id = 2")

    assert attacked.value("room_id", 2) is None
    with attacked.refused("IL13", "state_row"):
        app.execute("update hotel.room_booking set room_id = 3 where id = 2")


def test_b30_an_unpaid_booking_confirmed(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL04", "guard"):
        app.execute("update hotel.room_booking set status = 'CONFIRMED' where id = 1")


def test_b38_the_room_of_a_guest_deleted(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL13", "state_row"):
        app.execute("delete from hotel.room where id = 1")  # on delete set null


def test_b38_the_room_deleted_while_a_guest_checks_in(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    rival = attacked.session(APP)
    rival.autocommit = False
    rival.execute("update hotel.room_booking set status = 'CHECKED_IN', room_id = 3 where id = 2")
    removal = Later(app, "delete from hotel.room where id = 3")
    wait_until_blocked(attacked.admin, app)

    rival.commit()

    assert isinstance(removal.error(), errors.CheckViolation)
    assert attacked.value("room_id", 2) == 3


def test_b40_payments_go_with_a_deleted_booking(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    with attacked.refused("IL03", "death"):
        app.execute("delete from hotel.room_booking where id = 2")  # on delete cascade
