"""Transactions, views, helpers and settings: by the application."""

import psycopg
import pytest
from psycopg import errors
from tests.attacks.hotel import APP, Attacked

from pginterlock import apply

# What a session may set that changes how SQL is read, planned or run.
SETTINGS = (
    "standard_conforming_strings = off",
    "escape_string_warning = off",
    "backslash_quote = on",
    "transform_null_equals = on",
    "quote_all_identifiers = on",
    "array_nulls = off",
    "plan_cache_mode = force_generic_plan",
    "plpgsql.extra_errors = 'all'",
    "plpgsql.check_asserts = off",
    "check_function_bodies = off",
    "row_security = off",
    "search_path = ''",
    "timezone = 'Pacific/Kiritimati'",
    "datestyle = 'German, DMY'",
    "intervalstyle = 'sql_standard'",
    "bytea_output = 'escape'",
    "extra_float_digits = -15",
    "client_encoding = 'SQL_ASCII'",
    "default_transaction_isolation = 'serializable'",
    "application_name = 'interlock'",
    "interlock.mode = 'off'",
)
ILLEGAL = "update hotel.room_booking set status = 'CHECKED_IN', room_id = 3 where id = 5"


def test_b31_the_error_is_swallowed(attacked: Attacked, app: psycopg.Connection) -> None:
    app.execute(
        "do $$ begin"
        "   begin"
        "     update hotel.room_booking set status = 'NO_SHOW' where id = 1;"
        "   exception when others then null;"
        "   end;"
        "   update hotel.room_booking set note = 'went on' where id = 1;"
        " end $$"
    )

    assert attacked.state(1) == "PENDING"
    assert attacked.value("note", 1) == "went on"
    assert attacked.history(1) == [("birth", None, "PENDING")]
    assert attacked.found() == set()


def test_b32_a_move_undone_to_a_savepoint_leaves_no_entry(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    with attacked.unchanged(), app.transaction():
        app.execute("savepoint before")
        app.execute("update hotel.room_booking set status = 'CANCELLED' where id = 1")
        app.execute("delete from hotel.room_booking where id = 7")
        app.execute("rollback to savepoint before")

    app.execute("delete from hotel.room_booking where id = 7")  # and no tombstone either
    assert attacked.found() == set()


def test_b33_two_phase_commit(attacked: Attacked, app: psycopg.Connection) -> None:
    app.execute("begin")
    with attacked.refused("IL01", "transition"):
        app.execute(ILLEGAL)
    app.execute("prepare transaction 'attack_b33'")  # of an aborted one: rolls back

    left = attacked.admin.execute("select from pg_prepared_xacts where database = %s", [_name(app)])
    assert left.rowcount == 0


def test_b34_nothing_can_be_deferred(attacked: Attacked, app: psycopg.Connection) -> None:
    app.execute("begin")
    app.execute("set constraints all deferred")
    with attacked.refused("IL01", "transition"):
        app.execute(ILLEGAL)
    app.execute("rollback")


def test_b35_through_a_view(attacked: Attacked, app: psycopg.Connection) -> None:
    app.execute("create view public.mine as select * from hotel.room_booking")

    with attacked.refused("IL01", "transition"):
        app.execute("update public.mine set status = 'CHECKED_IN', room_id = 3 where id = 5")


def test_b36_through_an_instead_of_trigger(
    attacked: Attacked, app: psycopg.Connection, owner: psycopg.Connection
) -> None:
    owner.execute(
        "create view hotel.desk as select id, status from hotel.room_booking;"
        " create function hotel.write_desk() returns trigger language plpgsql security definer as"
        " $$ begin update hotel.room_booking set status = new.status, room_id = 3"
        " where id = new.id; return new; end $$;"
        " create trigger desk instead of update on hotel.desk"
        " for each row execute function hotel.write_desk();"
        " grant select, update on hotel.desk to attack_app"
    )

    with attacked.refused("IL01", "transition"):
        app.execute("update hotel.desk set status = 'CHECKED_IN' where id = 5")


def test_b37_through_a_helper_of_the_owner(
    attacked: Attacked, app: psycopg.Connection, owner: psycopg.Connection
) -> None:
    owner.execute(
        "create function hotel.move(bigint, text) returns void language sql security definer as"
        " $$ update hotel.room_booking set status = $2, room_id = 3 where id = $1 $$"
    )

    with attacked.refused("IL01", "transition"):
        app.execute("select hotel.move(5, 'CHECKED_IN')")


def test_b41_the_replica_role_is_not_for_applications(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    with attacked.denied():
        app.execute("set session_replication_role = replica")


def test_b41_no_setting_of_a_session_switches_a_rule_off(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    for setting in SETTINGS:
        app.execute(f"set {setting}".encode())

    with attacked.refused("IL01", "transition"):
        app.execute(ILLEGAL)
    with attacked.refused("IL02", "birth"):
        app.execute("insert into hotel.room_booking (id, status) values (20, 'NO_SHOW')")
    with attacked.refused("IL13", "state_row"):
        app.execute("update hotel.room_booking set status = 'CHECKED_IN' where id = 2")
    app.execute("update hotel.room_booking set status = 'CANCELLED' where id = 1")
    assert attacked.history(1)[-1] == ("move", "PENDING", "CANCELLED")
    assert attacked.found() == set()


def test_b44_a_timeout_leaves_nothing_half_done(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    app.execute(
        "insert into hotel.room_booking (id, paid_at)"
        " select n, now() from generate_series(1000, 8000) as n"
    )
    app.execute("set statement_timeout = '1ms'")

    with attacked.unchanged(), pytest.raises(errors.QueryCanceled):
        app.execute("update hotel.room_booking set status = 'CONFIRMED' where id >= 1000")
    assert attacked.found() == set()


def test_b45_prepared_before_there_was_a_guard(bare: Attacked) -> None:
    app = bare.session(APP)
    app.execute("insert into hotel.room_booking (id) values (1), (2)")
    app.execute(
        "prepare jump as update hotel.room_booking set status = $2, checked_in_at = now(),"
        " checked_out_at = now(), room_id = 3 where id = $1"
    )
    for _ in range(8):  # until the plan is a cached one
        with app.transaction(force_rollback=True):
            app.execute("execute jump (1, 'CHECKED_OUT')")

    apply.install(bare.admin, bare.spec)

    with bare.refused("IL01", "transition"):
        app.execute("execute jump (1, 'CHECKED_OUT')")


def _name(session: psycopg.Connection) -> str:
    return session.info.dbname
