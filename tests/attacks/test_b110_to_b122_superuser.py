"""What a superuser can do: settings are of no use, edits of the catalog are found.

Histories that are rewritten: ``test_b115_to_b123_seals.py``.
"""

import psycopg
import pytest
from tests.attacks.hotel import APP, Attacked

MOVE = "update hotel.room_booking set status = 'CONFIRMED' where id = 1"
ILLEGAL = "update hotel.room_booking set status = 'CHECKED_IN', room_id = 3 where id = 5"
CATALOG = "set allow_system_table_mods = on"


def test_b110_the_replica_role(attacked: Attacked) -> None:
    attacked.admin.execute("set session_replication_role = replica")

    with attacked.refused("IL01", "transition"):
        attacked.admin.execute(ILLEGAL)
    with attacked.refused("IL02", "birth"):
        attacked.admin.execute("insert into hotel.room_booking (id, status) values (20, 'NO_SHOW')")
    with attacked.refused("IL03", "death"):
        attacked.admin.execute("delete from hotel.room_booking where id = 3")
    with attacked.refused("IL03", "death"):
        attacked.admin.execute("truncate hotel.room_booking cascade")
    attacked.admin.execute("update hotel.room_booking set status = 'CANCELLED' where id = 1")
    assert attacked.history(1)[-1] == ("move", "PENDING", "CANCELLED")


def test_b111_a_trigger_switched_off_in_the_catalog(attacked: Attacked) -> None:
    switch = "update pg_trigger set tgenabled = %s where tgname = 'interlock_50_booking_change'"
    attacked.admin.execute(CATALOG)
    attacked.admin.execute(switch, ["D"])
    attacked.session(APP).execute(MOVE)
    assert {"trigger-disabled", "IL10", "probe-went-through"} <= attacked.found()

    attacked.admin.execute(switch, ["A"])

    assert attacked.found() == {"IL10"}


def test_b111_all_triggers_denied_in_the_catalog(attacked: Attacked) -> None:
    switch = "update pg_class set relhastriggers = %s where oid = 'hotel.room_booking'::regclass"
    attacked.admin.execute(CATALOG)
    attacked.admin.execute(switch, [False])
    attacked.session(APP).execute(MOVE)
    assert attacked.found() == {"triggers-ignored", "IL10", "probe-went-through"}

    attacked.admin.execute(switch, [True])

    assert attacked.found() == {"IL10"}


def test_b113_the_checks_denied_in_the_catalog(attacked: Attacked) -> None:
    switch = "update pg_class set relchecks = %s where oid = 'hotel.room_booking'::regclass"
    attacked.admin.execute(CATALOG)
    attacked.admin.execute(switch, [0])
    attacked.session(APP).execute("update hotel.room_booking set room_id = null where id = 3")
    assert {"checks-ignored", "IL13"} <= attacked.found()

    attacked.admin.execute(switch, [1])

    assert attacked.found() == {"IL13"}


def test_b114_a_unique_index_not_ready(attacked: Attacked) -> None:
    switch = (
        "update pg_index set indisready = %s where indexrelid = 'hotel.room_booking_pk'::regclass"
    )
    attacked.admin.execute(CATALOG)
    attacked.admin.execute(switch, [False])
    attacked.session(APP).execute("insert into hotel.room_booking (id) values (1)")

    attacked.admin.execute(switch, [True])

    assert attacked.found() == {"IL10"}  # a key that was born twice


def test_b115_the_tail_of_a_history_deleted(attacked: Attacked) -> None:
    attacked.admin.execute(
        "alter table interlock.booking_audit disable trigger user;"
        "delete from interlock.booking_audit where key_id = 3 and to_state = 'CHECKED_IN'"
    )
    assert {"history-unguarded", "IL10"} <= attacked.found()

    attacked.admin.execute(
        "alter table interlock.booking_audit enable always trigger interlock_10_once;"
        "alter table interlock.booking_audit enable always trigger interlock_20_once"
    )

    assert attacked.found() == {"IL10"}


@pytest.mark.parametrize(
    "change", ["reset all", "security invoker", "owner to attack_app", "set work_mem = '1GB'"]
)
def test_b121_another_guard(attacked: Attacked, change: str) -> None:
    attacked.admin.execute(f"alter function interlock.booking_change() {change}".encode())

    assert attacked.found() & {"function-changed", "function-owner"}


def test_b121_an_empty_guard_and_the_original_again(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    original = attacked.admin.execute(
        "select pg_get_functiondef('interlock.booking_change'::regproc)"
    ).fetchone()
    assert original is not None
    attacked.admin.execute(
        "create or replace function interlock.booking_change() returns trigger language plpgsql"
        " security definer set search_path = pg_catalog, pg_temp"
        " as $$ begin return null; end $$"
    )
    app.execute(MOVE)
    assert {"function-changed", "IL10"} <= attacked.found()

    attacked.admin.execute(original[0].encode())

    assert attacked.found() == {"IL10"}


def test_b122_the_schema_dropped(attacked: Attacked) -> None:
    attacked.admin.execute("drop schema interlock cascade")

    assert "not-installed" in attacked.found()
