"""Code that an owner leaves on the table, for `verify` to run with more rights than the owner has.

The code of each trojan notes in a sequence, which no rollback undoes, whether it got there. In
place of the backfill of the attacks, which is not there yet, stands `verify`: it tries writes too.
"""

import psycopg
import pytest
from psycopg import conninfo
from tests.attacks.hotel import APP, OWNER, Attacked

from pginterlock import verify
from pginterlock.errors import EnvironmentFault

# It gives up `set role`, and looks whether it may do everything.
TROJAN = """
create sequence hotel.reached;
grant usage, update on sequence hotel.reached to public;
create function hotel.trojan() returns void language plpgsql as $$
begin
    begin
        execute 'reset role';
    exception when others then null;
    end;
    if exists (select from pg_roles where rolname = current_user and rolsuper) then
        perform setval('hotel.reached', 666);
    end if;
end
$$;
create function hotel.trojan_row() returns trigger language plpgsql as $$
begin
    perform hotel.trojan();
    return coalesce(new, old);
end
$$;
create function hotel.trojan_true(anyelement) returns boolean language plpgsql immutable as $$
begin
    perform hotel.trojan();
    return true;
end
$$
"""
PLANTS = {
    "a trigger": (
        "create trigger plain before insert or update or delete on hotel.room_booking"
        " for each row execute function hotel.trojan_row()"
    ),
    "a trigger that sounds like ours": (
        "create trigger interlock_99_booking_help after update or delete on hotel.room_booking"
        " for each row execute function hotel.trojan_row()"
    ),
    "a trigger of ours replaced": (
        "create or replace trigger interlock_10_booking_premove before update"
        " on hotel.room_booking for each row execute function hotel.trojan_row()"
    ),
    "a check": (
        "alter table hotel.room_booking add constraint fine check (hotel.trojan_true(note))"
    ),
    "an index": "create index on hotel.room_booking (hotel.trojan_true(note))",
    "an operator in a check": (
        "create operator hotel.?? (rightarg = anyelement, function = hotel.trojan_true);"
        "alter table hotel.room_booking add constraint fine check (operator(hotel.??) guests)"
    ),
    "a domain": (
        "create domain hotel.word as text check (hotel.trojan_true(value));"
        "alter table hotel.room_booking alter column note type hotel.word"
    ),
    "a generated column": (
        "alter table hotel.room_booking add column made boolean"
        " generated always as (hotel.trojan_true(guests)) stored"
    ),
    "a rule": ("create rule help as on update to hotel.room_booking do also select hotel.trojan()"),
    "a trigger of a child": (
        "create trigger plain after delete on hotel.payment"
        " for each row execute function hotel.trojan_row();"
        "alter table hotel.room_booking disable trigger interlock_50_booking_death"
    ),
    "the row rules made anew": (
        "do $$ declare v_check text; v_types text; begin"
        " select format('alter table hotel.room_booking add constraint %I %s; comment on"
        " constraint %I on hotel.room_booking is %L', k.conname, pg_get_constraintdef(k.oid),"
        " k.conname, obj_description(k.oid, 'pg_constraint')), pg_get_function_arguments(p.oid)"
        " into v_check, v_types from pg_constraint as k, pg_proc as p"
        " where k.conname = 'interlock_booking_row' and p.proname = k.conname;"
        " execute 'drop function hotel.interlock_booking_row cascade';"
        " execute format('create function hotel.interlock_booking_row(%s) returns boolean"
        " language plpgsql immutable set search_path = pg_catalog, pg_temp as %L', v_types,"
        " 'begin perform hotel.trojan(); return true; end'); execute v_check; end $$"
    ),
}


@pytest.fixture
def planted(attacked: Attacked, request: pytest.FixtureRequest) -> Attacked:
    """The hotel with one trojan in it, of the tables' owner."""
    owner = attacked.session(OWNER)
    owner.execute(TROJAN.encode())
    owner.execute(PLANTS[request.param].encode())
    attacked.admin.execute(
        "grant select on all tables in schema interlock to attack_app, attack_owner"
    )
    return attacked


every_plant = pytest.mark.parametrize("planted", list(PLANTS), indirect=True)


@every_plant
def test_b105_verify_as_superuser_runs_none_of_it(planted: Attacked) -> None:
    with psycopg.connect(planted.dsn, autocommit=True) as session:
        report = verify.verify(session, planted.spec)

    assert was_reached(planted) is False
    assert any("forbidden move" in it for it in report.skipped)


@every_plant
def test_b106_verify_after_set_role_runs_none_of_it(planted: Attacked) -> None:
    with psycopg.connect(planted.dsn, autocommit=True) as session:
        session.execute("set role attack_owner")
        verify.verify(session, planted.spec)

    assert was_reached(planted) is False


@pytest.mark.parametrize("planted", ["a trigger", "a rule"], indirect=True)
def test_b107_verify_as_a_plain_role_gives_nothing_away(planted: Attacked) -> None:
    with psycopg.connect(conninfo.make_conninfo(planted.dsn, user=APP), autocommit=True) as session:
        report = verify.verify(session, planted.spec)

    assert was_reached(planted) is False
    assert report.machines == ("booking",)


def test_b107_rows_are_not_hidden_by_a_policy(attacked: Attacked) -> None:
    attacked.session(OWNER).execute(
        TROJAN.encode() + b"; alter table hotel.room_booking enable row level security;"
        b"create policy but_one on hotel.room_booking using (hotel.trojan_true(id) and id <> 3)"
    )
    attacked.admin.execute("grant select on all tables in schema interlock to attack_app")

    with pytest.raises(EnvironmentFault, match="row-level security"):
        verify.verify(attacked.session(APP), attacked.spec)
    assert attacked.found() == set()


def test_the_trojan_is_one(attacked: Attacked) -> None:
    attacked.session(OWNER).execute(TROJAN.encode() + b";" + PLANTS["a trigger"].encode())

    attacked.admin.execute("update hotel.room_booking set note = 'by a superuser' where id = 1")

    assert was_reached(attacked) is True


def was_reached(attacked: Attacked) -> bool:
    """Whether the trojan ran as a superuser."""
    return attacked.admin.execute("select last_value from hotel.reached").fetchone() == (666,)
