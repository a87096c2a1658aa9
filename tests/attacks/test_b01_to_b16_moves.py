"""Illegal moves, births and deaths by the application, in every way that SQL has to write a row."""

import psycopg
import pytest
from psycopg import errors
from tests.attacks.hotel import APP, Attacked, Later
from tests.conftest import wait_until_blocked

JUMP = (
    "update hotel.room_booking set status = 'CHECKED_OUT', room_id = 3, paid_at = now(),"
    " checked_in_at = now(), checked_out_at = now() where id = 1"
)
FORMS = ["checks: function", "checks: native", "checks: trigger"]


def test_b01_jump_with_fitting_stamps(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL01", "transition"):
        app.execute(JUMP)


def test_b01_check_in_loses_against_an_earlier_cancel(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    rival = attacked.session(APP)
    rival.autocommit = False
    rival.execute("update hotel.room_booking set status = 'CANCELLED' where id = 2")
    check_in = Later(
        app, "update hotel.room_booking set status = 'CHECKED_IN', room_id = 3 where id = 2"
    )
    wait_until_blocked(attacked.admin, app)

    rival.commit()

    assert isinstance(check_in.error(), errors.CheckViolation)
    assert attacked.history(2)[-1] == ("move", "CONFIRMED", "CANCELLED")
    assert attacked.state(2) == "CANCELLED"


def test_b02_insert_into_a_late_state(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL02", "birth"):
        app.execute(
            "insert into hotel.room_booking (id, status, room_id, checked_in_at, checked_out_at)"
            " values (20, 'CHECKED_OUT', 3, now(), now())"
        )


def test_b03_delete_a_guest_in_the_house(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL03", "death"):
        app.execute("delete from hotel.room_booking where id = 3")


def test_b04_delete_and_insert_a_cancelled_key(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL03", "death"), app.transaction():
        app.execute("delete from hotel.room_booking where id = 5")
        app.execute("insert into hotel.room_booking (id) values (5)")


def test_b05_second_life_of_a_deleted_key(attacked: Attacked, app: psycopg.Connection) -> None:
    app.execute("delete from hotel.room_booking where id = 7")

    with attacked.refused("IL02", "birth"):
        app.execute("insert into hotel.room_booking (id) values (7)")


def test_b05_second_life_in_the_same_transaction(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    with attacked.refused("IL02", "birth"), app.transaction():
        app.execute("delete from hotel.room_booking where id = 7")
        app.execute("insert into hotel.room_booking (id) values (7)")


@pytest.mark.parametrize("isolation", list(psycopg.IsolationLevel), ids=lambda it: it.name.lower())
def test_b05_second_life_raced_against_the_delete(
    attacked: Attacked, app: psycopg.Connection, isolation: psycopg.IsolationLevel
) -> None:
    rival = attacked.session(APP)
    rival.autocommit = False
    rival.execute("delete from hotel.room_booking where id = 7")
    app.isolation_level = isolation
    app.autocommit = False
    app.execute("select count(*) from hotel.room_booking")  # its snapshot sees the row alive
    birth = Later(app, "insert into hotel.room_booking (id) values (7)", commit=True)
    wait_until_blocked(attacked.admin, app)

    rival.commit()

    assert isinstance(birth.error(), errors.CheckViolation | errors.SerializationFailure)
    assert attacked.history(7)[-1] == ("death", "PENDING", None)
    assert attacked.state(7) is None


def test_b06_truncate_with_the_privilege(attacked: Attacked, app: psycopg.Connection) -> None:
    attacked.grant_all()

    with attacked.refused("IL03", "death"):
        app.execute("truncate hotel.room_booking cascade")


def test_b07_truncate_cascades_from_the_rooms(
    attacked: Attacked, owner: psycopg.Connection
) -> None:
    with attacked.refused("IL03", "death"):
        owner.execute("truncate hotel.room cascade")


def test_b08_copy_rows_in_a_late_state(attacked: Attacked, app: psycopg.Connection) -> None:
    with (
        attacked.refused("IL02", "birth"),
        app.cursor().copy("copy hotel.room_booking (id, status, paid_at) from stdin") as copy,
    ):
        copy.write_row((20, "PENDING", None))
        copy.write_row((21, "CONFIRMED", "2026-01-01"))


def test_b09_merge_updates_along_no_move(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL01", "transition"):
        app.execute(
            "merge into hotel.room_booking as b using (values (5)) as v (id) on b.id = v.id"
            " when matched then update set status = 'CONFIRMED', paid_at = now()"
        )


def test_b10_merge_inserts_a_late_state(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL02", "birth"):
        app.execute(
            "merge into hotel.room_booking as b using (values (20)) as v (id) on b.id = v.id"
            " when not matched then insert (id, status) values (v.id, 'NO_SHOW')"
        )


def test_b11_upsert_updates_along_no_move(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL01", "transition"):
        app.execute(
            "insert into hotel.room_booking (id) values (4)"
            " on conflict (id) do update set status = excluded.status, checked_in_at = null,"
            " checked_out_at = null"
        )


def test_b12_update_from_a_join(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL01", "transition"):
        app.execute(
            "update hotel.room_booking as b set status = 'NO_SHOW' from hotel.payment as p"
            " where p.booking_id = b.id"
        )


def test_b13_data_modifying_cte(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL01", "transition"):
        app.execute(
            "with moved as (update hotel.room_booking set status = 'NO_SHOW' where id = 1"
            " returning id) select count(*) from moved"
        )


@pytest.mark.parametrize("form", FORMS)
def test_b15_null_is_no_way_round(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.refused("IL11", "known_state"):
        app.execute("update hotel.room_booking set status = null where id = 5")
    with attacked.refused("IL11", "known_state"):
        app.execute("insert into hotel.room_booking (id, status) values (20, null)")


@pytest.mark.parametrize("form", FORMS)
def test_b16_variants_of_a_state(attacked: Attacked, app: psycopg.Connection) -> None:
    for state in ("confirmed", "CONFIRMED ", " CONFIRMED", "Confirmed", "\u00c7ONFIRMED", ""):
        with attacked.refused("IL11", "known_state"):
            app.execute(
                "update hotel.room_booking set status = %s, paid_at = now() where id = 1", [state]
            )
