"""Other triggers on the table, and names that are read differently: hijacks of our functions."""

import psycopg
import pytest
from psycopg import errors
from tests.attacks.hotel import Attacked

from pginterlock.compiler import MachineNames

CONFIRM = "update hotel.room_booking set status = 'CONFIRMED', paid_at = now() where id = 1"
ILLEGAL = "update hotel.room_booking set status = 'CHECKED_IN', room_id = 3 where id = 5"
TRIGGERS = MachineNames("booking").triggers
JUDGES = [name for name in TRIGGERS if name.startswith("interlock_50")]
# Every operator and function that a careless body of ours would call, each a trap.
TRAPS = """
create function public.trap(text, text) returns boolean language plpgsql as
$$ begin raise exception 'trapped'; end $$;
create function public.trap(bigint, bigint) returns boolean language plpgsql as
$$ begin raise exception 'trapped'; end $$;
create function public.trap_text(text, text) returns text language plpgsql as
$$ begin raise exception 'trapped'; end $$;
create function public.trap(text) returns boolean language plpgsql as
$$ begin raise exception 'trapped'; end $$;
create operator public.= (leftarg = text, rightarg = text, function = public.trap);
create operator public.<> (leftarg = text, rightarg = text, function = public.trap);
create operator public.= (leftarg = bigint, rightarg = bigint, function = public.trap);
create operator public.<> (leftarg = bigint, rightarg = bigint, function = public.trap);
create operator public.|| (leftarg = text, rightarg = text, function = public.trap_text);
create function public.now() returns timestamptz language plpgsql as
$$ begin raise exception 'trapped'; end $$;
create function public.isfinite(timestamptz) returns boolean language plpgsql as
$$ begin raise exception 'trapped'; end $$;
create function public.concat(variadic text[]) returns text language plpgsql as
$$ begin raise exception 'trapped'; end $$;
create domain public.text as pg_catalog.text check (public.trap(value));
create collation public."C" from pg_catalog."POSIX";
create table public.transition (machine_name pg_catalog.text, from_state pg_catalog.text);
create table public.booking_audit (like interlock.booking_audit);
create table public.booking_tombstone (like interlock.booking_tombstone)
"""


@pytest.mark.parametrize("name", ["aa_jump", "zz_jump"])
def test_b48_another_trigger_changes_the_state(
    attacked: Attacked, app: psycopg.Connection, owner: psycopg.Connection, name: str
) -> None:
    plant(
        owner,
        f"create trigger {name} before update on hotel.room_booking"
        " for each row execute function hotel.planted()",
        "new.status := 'CHECKED_OUT'; new.room_id := 3;"
        " new.checked_in_at := now(); new.checked_out_at := now(); return new;",
    )

    with attacked.refused("IL01", "transition"):
        app.execute(CONFIRM)
    with attacked.refused("IL01", "transition"):
        app.execute("update hotel.room_booking set note = 'no move' where id = 1")
    assert "trigger-changed" in attacked.found()  # it must now fire on every update


def test_b49_another_trigger_updates_the_row_again(
    attacked: Attacked, app: psycopg.Connection, owner: psycopg.Connection
) -> None:
    plant(
        owner,
        "create trigger zz_again after update on hotel.room_booking"
        " for each row when (new.status = 'CONFIRMED') execute function hotel.planted()",
        "update hotel.room_booking set status = 'CHECKED_OUT', room_id = 3,"
        " checked_in_at = now(), checked_out_at = now() where id = new.id; return null;",
    )

    with attacked.refused("IL01", "transition"):
        app.execute(CONFIRM)


@pytest.mark.parametrize(
    ("name", "code"), [("aa_drop", "trigger-changed"), ("zz_drop", "foreign-before-trigger")]
)
def test_b50_a_trigger_drops_legal_moves(
    attacked: Attacked, app: psycopg.Connection, owner: psycopg.Connection, name: str, code: str
) -> None:
    plant(
        owner,
        f"create trigger {name} before update on hotel.room_booking"
        " for each row execute function hotel.planted()",
        "return null;",
    )

    with attacked.unchanged():
        app.execute(CONFIRM)

    assert code in attacked.found()


def test_b51_a_judge_cannot_be_replaced(attacked: Attacked, app: psycopg.Connection) -> None:
    attacked.grant_all()
    app.execute(NOOP)

    assert len(JUDGES) == 3
    for name in JUDGES:
        with attacked.unchanged(), pytest.raises(errors.DuplicateObject):
            app.execute(
                f"create or replace trigger {name} after update on hotel.room_booking"
                " for each row execute function public.noop()".encode()
            )
    with attacked.refused("IL01", "transition"):
        app.execute(ILLEGAL)


def test_b51_fills_replaced_are_found_and_judged_all_the_same(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    attacked.grant_all()
    app.execute(NOOP)
    app.execute(
        "create or replace trigger interlock_10_booking_premove before update"
        " on hotel.room_booking for each row execute function public.noop();"
        "create or replace trigger interlock_10_booking_prebirth before insert"
        " on hotel.room_booking for each row execute function public.noop()"
    )

    with attacked.refused("IL01", "transition"):
        app.execute("update hotel.room_booking set status = 'NO_SHOW' where id = 1")
    with attacked.refused("IL12", "stamp"):
        app.execute("update hotel.room_booking set status = 'CANCELLED' where id = 1")
    assert {"trigger-changed", "grant-trigger"} <= attacked.found()


def test_b51_a_truncate_trigger_replaced_is_found(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    """No truncate trigger can be a constraint trigger: this one can be replaced, but not unseen."""
    attacked.grant_all()
    assert {"grant-trigger", "grant-truncate"} <= attacked.found()
    app.execute(NOOP)
    app.execute(
        "create or replace trigger interlock_90_booking_truncate before truncate"
        " on hotel.room_booking for each statement execute function public.noop()"
    )

    app.execute("truncate hotel.room_booking cascade")

    assert {"trigger-changed", "IL10"} <= attacked.found()
    with pytest.raises(errors.InsufficientPrivilege):  # nor can it be put back
        app.execute(
            "create or replace trigger interlock_90_booking_truncate before truncate"
            " on hotel.room_booking for each statement"
            " execute function interlock.refuse_truncate('booking')"
        )


def test_b52_the_guard_attached_to_a_table_of_a_forger(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    app.execute("create temporary table room_booking (like hotel.room_booking)")

    with attacked.denied():
        app.execute(
            "create trigger forge after insert on pg_temp.room_booking"
            " for each row execute function interlock.booking_birth()"
        )


def test_b54_temporary_tables_that_shadow_ours(attacked: Attacked, app: psycopg.Connection) -> None:
    app.execute(
        "create temporary table transition (machine_name text, from_state text);"
        "create temporary table booking_audit (key_id bigint, kind text);"
        "create temporary table booking_tombstone (key_id bigint, state_name text)"
    )

    with attacked.refused("IL01", "transition"):
        app.execute(ILLEGAL)
    app.execute(CONFIRM)
    app.execute("delete from hotel.room_booking where id = 7")

    assert attacked.history(1)[-1] == ("move", "PENDING", "CONFIRMED")
    assert attacked.history(7)[-1] == ("death", "PENDING", None)
    assert app.execute("select count(*) from pg_temp.booking_audit").fetchone() == (0,)
    with attacked.refused("IL02", "birth"):
        app.execute("insert into hotel.room_booking (id) values (7)")


def test_b55_a_schema_in_front_that_shadows_ours(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    attacked.admin.execute(TRAPS.encode())
    app.execute("set search_path = public, interlock, hotel, pg_catalog")

    with attacked.refused("IL01", "transition"):
        app.execute(
            "update hotel.room_booking set status = 'CHECKED_IN' where id operator(pg_catalog.=) 5"
        )
    app.execute("delete from hotel.room_booking where id operator(pg_catalog.=) 7")

    assert attacked.history(7)[-1] == ("death", "PENDING", None)
    assert attacked.admin.execute("select count(*) from public.booking_audit").fetchone() == (0,)


def test_b56_operators_functions_and_types_in_front_of_the_catalog(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    attacked.admin.execute(TRAPS.encode())
    app.execute("set search_path = public, pg_catalog")
    move = "update hotel.room_booking set status = %s where id operator(pg_catalog.=) %s"

    for state, booking in (("NO_SHOW", 1), ("CHECKED_IN", 5), ("PENDING", 4)):
        with attacked.refused("IL01", "transition"):
            app.execute(move, [state, booking])
    with attacked.refused("IL04", "guard"):
        app.execute(move, ["CONFIRMED", 1])
    with attacked.refused("IL02", "birth"):
        app.execute("insert into hotel.room_booking (id, status) values (20, 'NO_SHOW')")
    with attacked.refused("IL12", "stamp"):
        app.execute("insert into hotel.room_booking (id, cancelled_at) values (20, 'infinity')")
    app.execute(move, ["CANCELLED", 1])
    app.execute("insert into hotel.room_booking (id) values (20)")

    assert attacked.history(1)[-1] == ("move", "PENDING", "CANCELLED")
    assert attacked.value("cancelled_at", 1) is not None


NOOP = (
    "create function public.noop() returns trigger language plpgsql as $$ begin return new; end $$"
)


def plant(owner: psycopg.Connection, trigger: str, body: str) -> None:
    """Put a trigger of the owner on the table that does *body*."""
    owner.execute(
        "create function hotel.planted() returns trigger language plpgsql as"
        f" $$ begin {body} end $$".encode()
    )
    owner.execute(trigger.encode())
