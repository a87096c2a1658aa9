"""The history: the application cannot write it, nobody can change it.

B61 to B64 need a role that reaches into every database of the server: see
``test_b42_to_b76_grants.py``; for B65 to B73, actors, see ``test_b65_to_b73_actors.py``.
"""

import psycopg
import pytest
from psycopg import errors
from tests.attacks.hotel import APP, OWNER, Attacked

FORGERY = (
    "insert into interlock.booking_audit (key_id, kind, event, from_state, to_state)"
    " values (1, 'move', 'confirm', 'PENDING', 'CONFIRMED')"
)


def test_b57_forge_an_entry(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.denied():
        app.execute(FORGERY)


def test_b58_change_an_entry(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.denied():
        app.execute("update interlock.booking_audit set actor = 'someone else'")


def test_b59_delete_an_entry(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.denied():
        app.execute("delete from interlock.booking_audit")


def test_b60_truncate_the_history(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.denied():
        app.execute("truncate interlock.booking_audit")


@pytest.mark.parametrize("role", [APP, OWNER])
def test_b60_nothing_of_ours_can_be_written(attacked: Attacked, role: str) -> None:
    session = attacked.session(role)
    names = attacked.admin.execute(
        "select c.oid::regclass::text from pg_class as c"
        " where c.relnamespace = 'interlock'::regnamespace and c.relkind in ('r', 'p')"
    ).fetchall()
    assert len(names) > 8

    for (name,) in names:
        for statement in (f"delete from {name}", f"truncate {name}", f"drop table {name}"):
            with pytest.raises(errors.InsufficientPrivilege):
                session.execute(statement.encode())


def test_b76d_a_change_behind_the_guard_is_found_at_the_next_look(
    attacked: Attacked, app: psycopg.Connection, owner: psycopg.Connection
) -> None:
    behind_the_guard(owner)

    app.execute("update hotel.room_booking set status = 'NO_SHOW' where id = 1")

    assert attacked.found() == {"IL10"}


@pytest.mark.parametrize("form", ["continuity: online"])
def test_b76d_a_change_behind_the_guard_is_refused_at_the_next_write(
    attacked: Attacked, app: psycopg.Connection, owner: psycopg.Connection
) -> None:
    behind_the_guard(owner)

    with attacked.refused("IL10", "continuity"):
        app.execute("update hotel.room_booking set status = 'NO_SHOW' where id = 1")


def test_b76e_the_schema_may_be_looked_into(attacked: Attacked, app: psycopg.Connection) -> None:
    attacked.admin.execute(
        "grant usage on schema interlock to attack_app;"
        "grant select on all tables in schema interlock to attack_app"
    )
    app.execute("create temporary table room_booking (like hotel.room_booking)")

    for function in ("booking_birth", "booking_change", "booking_death", "booking_premove"):
        with attacked.denied():
            app.execute(
                "create trigger forge after insert on pg_temp.room_booking"
                f" for each row execute function interlock.{function}()".encode()
            )


def test_b76e_a_guard_that_may_be_called_serves_no_other_table(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    attacked.admin.execute("grant execute on all functions in schema interlock to attack_app")
    app.execute("create temporary table room_booking (like hotel.room_booking including defaults)")
    app.execute(
        "create trigger forge after insert on pg_temp.room_booking"
        " for each row execute function interlock.booking_birth()"
    )

    with attacked.unchanged(), pytest.raises(errors.ObjectNotInPrerequisiteState):
        app.execute("insert into pg_temp.room_booking (id, status) values (1, 'PENDING')")
    assert "function-callable" in attacked.found()


def test_b76f_truncate_with_the_privilege(attacked: Attacked, app: psycopg.Connection) -> None:
    attacked.admin.execute("grant all on all tables in schema interlock to attack_app")
    parts = attacked.admin.execute(
        "select k.relid::text from pg_partition_tree('interlock.booking_audit') as k"
    ).fetchall()
    assert len(parts) > 12

    for (part,) in parts:
        with attacked.unchanged(), pytest.raises(errors.CheckViolation, match="written once"):
            app.execute(f"truncate {part}".encode())
    with attacked.unchanged(), pytest.raises(errors.CheckViolation, match="written once"):
        app.execute("delete from interlock.booking_audit")
    with attacked.unchanged(), pytest.raises(errors.CheckViolation, match="written once"):
        app.execute("update interlock.booking_audit set to_state = 'CONFIRMED'")
    assert "history-writable" in attacked.found()


def behind_the_guard(owner: psycopg.Connection) -> None:
    """Confirm booking 1, unpaid, with the guard off; then put it on again as it was."""
    owner.execute(
        "alter table hotel.room_booking disable trigger interlock_50_booking_change;"
        "update hotel.room_booking set status = 'CONFIRMED' where id = 1;"
        "alter table hotel.room_booking enable always trigger interlock_50_booking_change"
    )
