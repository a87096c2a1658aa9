"""Moving a row by an event: what is asked, returned and refused, and by whose rights."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import errors, sql
from tests.conftest import Build, wait_until_blocked

from pginterlock import apply, spec, verify

Connect = Callable[..., psycopg.Connection]

TABLES = """
create schema depot;
create type depot.phase as enum ('NEW', 'READY', 'GONE');
create domain depot.code as text not null check (value ~ '^[a-z]+$');
create table depot.parcel (
    id bigint primary key, status text not null, carrier text, weight numeric(6, 2),
    paid_at timestamptz, sent_at timestamptz, tags text[], notes jsonb, letter char(5),
    "Odd ""%s name" integer, code depot.code default 'abc', phase depot.phase,
    twice numeric generated always as (weight * 2) stored
);
create table depot.crate (
    hall uuid, no integer, phase depot.phase not null default 'NEW', note text,
    primary key (hall, no)
);
insert into depot.parcel (id, status) select n, 'PACKED' from generate_series(1, 9) as n;
insert into depot.crate
select '00000000-0000-0000-0000-000000000001', n from generate_series(1, 3) as n;
"""
SPEC = """
interlock: 1
machines:
  parcel:
    table: depot.parcel
    state: status
    mode: enforce
    initial: [PACKED]
    final: [DELIVERED, LOST, RETURNED]
    transitions:
      send:    {from: PACKED, to: SENT, guard: paid_at is not null}
      gift:    {from: PACKED, to: SENT, guard: weight < 1}
      finish:
        - {from: SENT, to: DELIVERED, guard: carrier is not null}
        - {from: SENT, to: RETURNED, guard: letter = 'back'}
      lose:    {from: [PACKED, SENT], to: LOST, reason: required}
    stamps:
      sent_at: SENT
    states:
      SENT: {require: [carrier]}
      LOST: {clear: [carrier]}
    audit: {columns: [carrier]}
  crate:
    table: depot.crate
    state: phase
    mode: enforce
    initial: [NEW]
    final: [GONE]
    transitions:
      ready: {from: NEW, to: READY}
      go:    {from: READY, to: GONE}
"""
SENT = {"paid_at": "2026-01-01T00:00:00+00:00", "carrier": "train"}


def build(session: psycopg.Connection) -> None:
    session.execute(TABLES)
    apply.install(session, spec.parse(SPEC, "interlock.yaml"))
    session.execute("grant usage on schema depot to public")
    session.execute("grant select on depot.parcel to public")


@pytest.fixture
def dsn(make_database: Callable[[str, Build], str]) -> str:
    return make_database("fire_depot", build)


@pytest.fixture
def db(dsn: str, connect: Connect) -> psycopg.Connection:
    return connect(dsn, autocommit=True)


@pytest.fixture
def app(dsn: str, connect: Connect, db: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A session that acts as a role of this test alone; it may do nothing yet but read."""
    name = f"fire_app_{db.info.backend_pid}"
    db.execute(f"create role {name}")
    session = connect(dsn, autocommit=True)
    session.execute(f"set role {name}")
    yield session
    session.close()
    db.execute(f"drop owned by {name}")
    db.execute(f"drop role {name}")


def name_of(app: psycopg.Connection) -> str:
    return str(app.execute("select current_user::pg_catalog.text").fetchone()[0])  # type: ignore[index]


def fire(session: psycopg.Connection, *values: object, **named: object) -> dict[str, object]:
    """Call interlock.fire with machine, key, event, and what is named."""
    told = "".join(f", {name} => %({name})s" for name in named)
    places = {f"v{n}": value for n, value in enumerate(values)}
    called = ", ".join(f"%({name})s" for name in places)
    if isinstance(named.get("set"), dict):
        named["set"] = json.dumps(named["set"])
    row = session.execute(f"select interlock.fire({called}{told})", {**places, **named}).fetchone()
    assert row
    found: dict[str, object] = row[0]
    return found


def allowed(session: psycopg.Connection, machine: str, key: object) -> dict[str, list[str]]:
    """Return each event, and what it lacks."""
    rows = session.execute("select * from interlock.allowed(%s, %s)", [machine, key]).fetchall()
    assert all(row[2] == (row[4] == []) for row in rows)
    return {f"{row[0]} {row[1]}": row[3] for row in rows}


def status(session: psycopg.Connection, key: int = 1) -> str:
    row = session.execute("select status from depot.parcel where id = %s", [key]).fetchone()
    assert row
    return str(row[0])


@contextmanager
def refused(code: str) -> Iterator[dict[str, object]]:
    told: dict[str, object] = {}
    with pytest.raises(errors.CheckViolation) as caught:
        yield told
    told.update(json.loads(caught.value.diag.message_detail or "{}"))
    told.update(message=caught.value.diag.message_primary, hint=caught.value.diag.message_hint)
    told.update(constraint=caught.value.diag.constraint_name)
    assert told["code"] == code


def test_columns_and_state_change_in_one_update(db: psycopg.Connection) -> None:
    told = fire(db, "parcel", 1, "send", set=SENT, expect="PACKED")

    assert told == {
        "machine": "parcel", "key": {"id": 1}, "event": "send", "from": "PACKED", "to": "SENT",
    }  # fmt: skip
    entries = db.execute("select kind, event, new_carrier from interlock.parcel_audit").fetchall()
    assert entries == [("move", "send", "train")]


def test_another_expectation_is_stale(db: psycopg.Connection) -> None:
    with refused("IL08") as told:
        fire(db, "parcel", 1, "lose", expect="SENT", reason="x")

    assert told["message"] == "parcel 1: is PACKED, and not SENT as expected"
    assert (told["constraint"], told["from"]) == ("parcel.stale", "PACKED")
    assert status(db) == "PACKED"


def test_no_row_is_stale_too(db: psycopg.Connection) -> None:
    with refused("IL08") as told:
        fire(db, "parcel", 99, "lose")
    assert told["message"] == "parcel 99: there is no such row"


def test_an_event_of_another_state_is_illegal(db: psycopg.Connection) -> None:
    with refused("IL01") as told:
        fire(db, "parcel", 1, "finish")

    assert told["message"] == "parcel 1: no finish from PACKED"
    assert told["hint"] == "Events from PACKED: send, gift, lose"
    assert (told["event"], told["allowed"]) == ("finish", ["SENT", "LOST"])


def test_the_event_that_is_asked_is_recorded_where_two_make_the_move(
    db: psycopg.Connection,
) -> None:
    fire(db, "parcel", 1, "gift", set={**SENT, "weight": 0.5})
    fire(db, "parcel", 2, "send", set={**SENT, "weight": 0.5})
    db.execute(
        "update depot.parcel set status = 'SENT', weight = 0.5, carrier = 'x', paid_at = now()"
        " where id = 3"
    )

    found = db.execute("select key_id, event from interlock.parcel_audit order by id").fetchall()
    assert found == [(1, "gift"), (2, "send"), (3, "send")]


def test_another_event_of_the_same_move_does_not_stand_in(db: psycopg.Connection) -> None:
    with refused("IL04") as told:
        fire(db, "parcel", 1, "gift", set=SENT)
    assert status(db) == "PACKED"
    assert "weight < 1" in str(told["message"])


def test_a_wish_does_not_outlive_its_move(db: psycopg.Connection) -> None:
    with db.transaction():
        fire(db, "parcel", 1, "gift", set={**SENT, "weight": 0.5})
        db.execute(
            "update depot.parcel set status = 'SENT', carrier = 'x', paid_at = now() where id = 2"
        )

    found = db.execute("select event from interlock.parcel_audit order by id").fetchall()
    assert found == [("gift",), ("send",)]


@pytest.mark.parametrize(
    ("with_", "to"), [({}, "DELIVERED"), ({"carrier": None, "letter": "back"}, "RETURNED")]
)
def test_an_event_of_several_states_enters_the_first_it_may(
    db: psycopg.Connection, with_: dict[str, object], to: str
) -> None:
    fire(db, "parcel", 1, "send", set=SENT)

    assert fire(db, "parcel", 1, "finish", set=with_)["to"] == to


def test_an_event_of_several_states_may_enter_none(db: psycopg.Connection) -> None:
    fire(db, "parcel", 1, "send", set=SENT)

    with refused("IL04"):
        fire(db, "parcel", 1, "finish", set={"carrier": None})


def test_a_reason_and_an_actor_are_for_this_move_alone(db: psycopg.Connection) -> None:
    with db.transaction():
        db.execute("select interlock.act_as('user:1')")
        fire(db, "parcel", 1, "lose", reason="burnt", actor="user:2")
        with refused("IL06"), db.transaction():
            fire(db, "parcel", 2, "lose")
        db.execute("update depot.parcel set carrier = 'x' where id = 3")

    found = db.execute("select actor, reason from interlock.parcel_audit order by id").fetchall()
    assert found == [("user:2", "burnt"), ("user:1", None)]


def test_a_column_that_a_migration_adds_can_be_set_and_is_no_drift(db: psycopg.Connection) -> None:
    db.execute("alter table depot.parcel add seal varchar(5)")
    db.execute("alter table depot.parcel add one int generated always as (1) stored")

    fire(db, "parcel", 1, "send", set={**SENT, "seal": "ab"})

    assert db.execute("select seal from depot.parcel where id = 1").fetchone() == ("ab",)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="'one' cannot be set"):
        fire(db, "parcel", 2, "send", set={**SENT, "one": 2})
    report = verify.verify(db, spec.parse(SPEC, "interlock.yaml"))
    assert report.findings == ()


@pytest.mark.parametrize(
    ("column", "value", "stored"),
    [
        ("weight", 1.5, "1.50"),
        ("weight", "2.25", "2.25"),
        ("tags", ["a", "b"], "{a,b}"),
        ("notes", {"a": [1, None]}, '{"a": [1, null]}'),
        ("letter", "ab", "ab   "),
        ("notes", None, None),
        ('Odd "%s name', 7, "7"),
        ("code", "xyz", "xyz"),
        ("phase", "READY", "READY"),
        ("carrier", "'; drop table depot.parcel; --", "'; drop table depot.parcel; --"),
        ("carrier", '"$1" %s %I \\', '"$1" %s %I \\'),
    ],
)
def test_values_become_the_types_of_the_table(
    db: psycopg.Connection, column: str, value: object, stored: str | None
) -> None:
    fire(db, "parcel", 1, "send", set={**SENT, column: value})

    quoted = sql.Identifier(column).as_string()
    row = db.execute(
        f"select case when {quoted} is not null then concat({quoted}) end from depot.parcel"
        " where id = 1".encode()
    ).fetchone()
    assert row == (stored,)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"weight": "heavy"}, "invalid input syntax for type numeric"),
        ({"weight": 123456}, "numeric field overflow"),
        ({"code": None}, "domain depot.code does not allow null values"),
        ({"code": "A1"}, "violates check constraint"),
        ({"phase": "OLD"}, "invalid input value for enum depot.phase"),
    ],
)
def test_a_value_of_the_wrong_type_is_the_servers_error(
    db: psycopg.Connection, value: dict[str, object], message: str
) -> None:
    with pytest.raises((errors.DataError, errors.IntegrityError), match=message):
        fire(db, "parcel", 1, "lose", set=value, reason="x")
    assert status(db) == "PACKED"


@pytest.mark.parametrize(
    ("asked", "message", "hint"),
    [
        ({"carier": 1}, "there is no column 'carier'", "Did you mean 'carrier'?"),
        ({"CARRIER": 1}, "there is no column 'CARRIER'", "Did you mean 'carrier'?"),
        ({"id": 2}, "column 'id' cannot be set", "The event moves the state"),
        ({"status": "LOST"}, "column 'status' cannot be set", "The event moves the state"),
        ({"twice": 2}, "column 'twice' cannot be set", "The event moves the state"),
        ({"ctid": "(0,1)"}, "there is no column 'ctid'", "There is"),
        ({'weight = 1, status = "x" --': 1}, "there is no column", "There is"),
        ({'carrier" = (select pg_sleep(9)), "carrier': 1}, "there is no column", "There is"),
        ({"": 1}, "there is no column ''", "There is"),
        ([1], "set is array, and should be an object", "Name each column"),
    ],
)
def test_set_names_columns_and_nothing_else(
    db: psycopg.Connection, asked: object, message: str, hint: str
) -> None:
    with pytest.raises(errors.InvalidParameterValue) as caught:
        fire(db, "parcel", 1, "lose", set=json.dumps(asked), reason="x")

    assert str(caught.value.diag.message_primary).startswith(message)
    assert str(caught.value.diag.message_hint).startswith(hint)
    assert status(db) == "PACKED"


@pytest.mark.parametrize(
    ("called", "message", "hint"),
    [
        (("parcel", 1, "sned"), "there is no event 'sned'", "There is send"),
        (("parcel", 1, "finnish"), "there is no event 'finnish'", "Did you mean 'finish'?"),
        (("parcels", 1, "send"), "there is no machine 'parcels'", "Did you mean 'parcel'?"),
        (('parcel"; drop', 1, "send"), "there is no machine", "There is crate, parcel"),
        (("refuse", 1, "send"), "there is no machine 'refuse'", "There is crate, parcel"),
        (("crate", 1, "go"), "the key lacks", "Give it as an object of hall, no"),
        (("crate", '{"no": 1}', "go"), "the key lacks hall", "Give it as an object of hall, no"),
    ],
)
def test_a_mistake_in_the_call_is_told(
    db: psycopg.Connection, called: tuple[object, ...], message: str, hint: str
) -> None:
    for dry_run in (False, True):
        with pytest.raises(errors.InvalidParameterValue) as caught:
            fire(db, *called, dry_run=dry_run)

        assert str(caught.value.diag.message_primary).startswith(message)
        assert str(caught.value.diag.message_hint).startswith(hint)


HALL = "00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize(
    "key",
    [
        f"""'{{"hall": "{HALL}", "no": 1}}'""",
        f"""'{{"hall": "{HALL}", "no": "1"}}'::jsonb""",
        f"""jsonb_build_object('hall', '{HALL}'::uuid, 'no', 1)""",
        f"""(select row_to_json(k) from (values ('{HALL}'::uuid, 1)) as k (hall, no))""",
    ],
)
def test_several_columns_are_an_object_and_an_enum_is_a_state(
    db: psycopg.Connection, key: str
) -> None:
    row = db.execute(f"select interlock.fire('crate', {key}, 'ready', expect => 'NEW')").fetchone()
    assert row
    assert row[0]["to"] == "READY"
    assert row[0]["key"] == {"hall": HALL, "no": 1}


@pytest.mark.parametrize(
    "key",
    [
        "1",
        "'1'",
        "1::smallint",
        "1::bigint",
        "'1'::varchar",
        "'1'::jsonb",
        """'{"id": 1}'::jsonb""",
    ],
)
def test_one_column_may_be_given_as_any_type(db: psycopg.Connection, key: str) -> None:
    db.execute(f"select interlock.fire('parcel', {key}, 'lose', reason => 'x')")
    assert status(db) == "LOST"


@pytest.mark.parametrize("key", ["'1 or true'", "'x'", "'1; drop table depot.parcel'"])
def test_a_key_is_a_value(db: psycopg.Connection, key: str) -> None:
    with pytest.raises(errors.InvalidTextRepresentation):
        db.execute(f"select interlock.fire('parcel', {key}, 'lose', reason => 'x')")


def test_the_rights_are_those_of_the_caller(
    app: psycopg.Connection, db: psycopg.Connection
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        fire(app, "parcel", 1, "lose", reason="x")
    db.execute(f"grant update (status) on depot.parcel to {name_of(app)}")
    with pytest.raises(errors.InsufficientPrivilege):
        fire(app, "parcel", 1, "lose", set={"weight": 1}, reason="x")

    fire(app, "parcel", 1, "lose", reason="x")

    assert status(db) == "LOST"


def test_only_the_columns_that_are_named_are_written(
    app: psycopg.Connection, db: psycopg.Connection
) -> None:
    db.execute(f"grant update (status, weight) on depot.parcel to {name_of(app)}")

    fire(app, "parcel", 1, "lose", set={"weight": 2}, reason="x")


def test_a_policy_hides_rows_from_fire_and_allowed(
    app: psycopg.Connection, db: psycopg.Connection
) -> None:
    db.execute(f"grant update on depot.parcel to {name_of(app)}")
    db.execute("alter table depot.parcel enable row level security")
    db.execute("create policy even on depot.parcel using (id % 2 = 0)")

    fire(app, "parcel", 2, "lose", reason="x")
    with refused("IL08"):
        fire(app, "parcel", 1, "lose", reason="x")
    with refused("IL08"):
        allowed(app, "parcel", 1)


def test_triggers_of_the_application_find_their_own_names(
    dsn: str, db: psycopg.Connection, connect: Connect
) -> None:
    db.execute(
        "create table depot.log (id bigint); create function depot.log() returns trigger language"
        " plpgsql as $$ begin insert into log values (new.id); return new; end $$;"
        " create trigger log after update on depot.parcel for each row execute function depot.log()"
    )
    session = connect(f"{dsn} options='-c search_path=depot'", autocommit=True)

    fire(session, "parcel", 1, "lose", reason="x")

    assert db.execute("select id from depot.log").fetchall() == [(1,)]


def test_names_that_a_session_puts_in_front_gain_nothing(
    app: psycopg.Connection, db: psycopg.Connection
) -> None:
    db.execute(f"create schema evil authorization {name_of(app)}")
    app.execute(
        "create function evil.coalesce(text, text) returns text language sql as $$ select 'x' $$;"
        "create function evil.eq(text, text) returns boolean language sql as $$ select true $$;"
        "create operator evil.= (leftarg = text, rightarg = text, function = evil.eq);"
        "create domain evil.text as pg_catalog.int4"
    )
    app.execute("set search_path = evil, pg_catalog")

    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(
            "select interlock.fire('parcel'::pg_catalog.text, 1, 'lose'::pg_catalog.text,"
            " reason => 'x'::pg_catalog.text)"
        )
    db.execute(f"grant update on depot.parcel to {name_of(app)}")
    with refused("IL08"):
        app.execute(
            "select interlock.fire('parcel'::pg_catalog.text, 1, 'lose'::pg_catalog.text,"
            " expect => 'SENT'::pg_catalog.text)"
        )


def test_a_trigger_that_swallows_the_move_is_told(db: psycopg.Connection) -> None:
    db.execute(
        "create function depot.swallow() returns trigger language plpgsql as"
        " $$ begin return null; end $$; create trigger a before update on depot.parcel"
        " for each row execute function depot.swallow()"
    )

    with pytest.raises(errors.ObjectNotInPrerequisiteState, match="kept the row from lose"):
        fire(db, "parcel", 1, "lose", reason="x")


def test_a_dry_run_says_what_would_happen_and_changes_nothing(db: psycopg.Connection) -> None:
    ok = fire(db, "parcel", 1, "send", set=SENT, dry_run=True, idempotency_key="k")
    no = fire(db, "parcel", 1, "send", set={"carrier": "x"}, dry_run=True)
    late = fire(db, "parcel", 1, "lose", expect="SENT", dry_run=True)

    assert (ok["to"], ok["dry_run"], "refusal" in ok) == ("SENT", True, False)
    assert no["refusal"]["detail"]["code"] == "IL04"  # type: ignore[index]
    assert late["refusal"]["detail"]["code"] == "IL08"  # type: ignore[index]
    assert status(db) == "PACKED"
    for relation in ("parcel_audit", "fired", "violation"):
        assert db.execute(f"select count(*) from interlock.{relation}").fetchone() == (0,)


def test_a_dry_run_hears_of_deferred_constraints(db: psycopg.Connection) -> None:
    db.execute(
        "create table depot.carrier (name text primary key);"
        "alter table depot.parcel add foreign key (carrier) references depot.carrier"
        " deferrable initially deferred"
    )

    told = fire(db, "parcel", 1, "send", set=SENT, dry_run=True)

    assert told["refusal"]["sqlstate"] == "23503"  # type: ignore[index]


def test_a_dry_run_hears_of_rights(app: psycopg.Connection) -> None:
    told = fire(app, "parcel", 1, "lose", dry_run=True)

    assert told["refusal"]["sqlstate"] == "42501"  # type: ignore[index]


def test_allowed_says_what_each_event_lacks(db: psycopg.Connection) -> None:
    assert allowed(db, "parcel", 1) == {
        "send SENT": ["carrier", "paid_at"],
        "gift SENT": ["carrier", "weight"],
        "lose LOST": ["reason"],
    }
    db.execute("update depot.parcel set carrier = 'x', paid_at = now() where id = 1")
    assert allowed(db, "parcel", 1)["send SENT"] == []
    fire(db, "parcel", 1, "send")
    assert allowed(db, "parcel", 1) == {
        "finish DELIVERED": [],
        "finish RETURNED": ["letter"],
        "lose LOST": ["reason"],
    }
    fire(db, "parcel", 1, "lose", reason="x")
    assert allowed(db, "parcel", 1) == {}


def test_what_allowed_says_is_what_fire_does(db: psycopg.Connection) -> None:
    told = allowed(db, "crate", f'{{"hall": "{HALL}", "no": 2}}')

    assert told == {"ready READY": []}
    fire(db, "crate", f'{{"hall": "{HALL}", "no": 2}}', "ready")


def test_a_repeated_call_returns_the_first_result(db: psycopg.Connection) -> None:
    first = fire(db, "parcel", 1, "lose", reason="x", idempotency_key="k")
    again = fire(db, "parcel", "1", "lose", reason="x", idempotency_key="k")

    assert first == again
    assert db.execute("select count(*) from interlock.parcel_audit").fetchone() == (1,)


@pytest.mark.parametrize(
    ("called", "named"),
    [
        (("parcel", 2, "lose"), {}),
        (("parcel", 1, "send"), {}),
        (("parcel", 1, "lose"), {"set": {"weight": 1}}),
        (("parcel", 1, "lose"), {"expect": "PACKED"}),
    ],
)
def test_another_call_with_the_same_key_is_refused(
    db: psycopg.Connection, called: tuple[object, ...], named: dict[str, object]
) -> None:
    fire(db, "parcel", 1, "lose", reason="x", idempotency_key="k")

    with pytest.raises(errors.InvalidParameterValue, match="used for another call: lose of 1"):
        fire(db, *called, idempotency_key="k", reason="x", **named)


def test_a_refused_call_leaves_its_key_free(db: psycopg.Connection) -> None:
    with refused("IL06"):
        fire(db, "parcel", 1, "lose", idempotency_key="k")

    assert fire(db, "parcel", 1, "lose", reason="x", idempotency_key="k")["to"] == "LOST"


def test_a_key_belongs_to_the_role(app: psycopg.Connection, db: psycopg.Connection) -> None:
    db.execute(f"grant update on depot.parcel to {name_of(app)}")
    fire(db, "parcel", 1, "lose", reason="x", idempotency_key="k")

    with refused("IL01"):
        fire(app, "parcel", 1, "lose", reason="x", idempotency_key="k")
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute("select * from interlock.fired")


def test_the_result_of_a_call_is_not_written_again(db: psycopg.Connection) -> None:
    first = fire(db, "parcel", 1, "lose", reason="x", idempotency_key="k")

    db.execute("select interlock.keep_result('parcel', 'k', '{\"to\": \"SENT\"}')")

    assert fire(db, "parcel", 1, "lose", reason="x", idempotency_key="k") == first


@pytest.mark.parametrize("level", ["read committed", "repeatable read", "serializable"])
def test_of_two_calls_at_once_the_second_gets_the_first_result(
    dsn: str, db: psycopg.Connection, connect: Connect, level: str
) -> None:
    one, two = connect(dsn), connect(dsn)
    for session in (one, two):
        session.execute(f"set transaction isolation level {level}")
    first = fire(one, "parcel", 1, "lose", reason="x", idempotency_key="k")
    two.execute("select 1 from depot.parcel")

    with ThreadPoolExecutor() as pool:
        second = pool.submit(fire, two, "parcel", 1, "lose", reason="x", idempotency_key="k")
        wait_until_blocked(db, two)
        one.commit()
    if level == "read committed":
        assert second.result() == first
    else:
        with pytest.raises(errors.SerializationFailure):
            second.result()
        two.rollback()
        assert fire(two, "parcel", 1, "lose", reason="x", idempotency_key="k") == first
    assert db.execute("select count(*) from interlock.parcel_audit").fetchone() == (1,)


def test_a_call_that_waited_for_one_that_was_rolled_back_is_the_first(
    dsn: str, db: psycopg.Connection, connect: Connect
) -> None:
    one, two = connect(dsn), connect(dsn)
    fire(one, "parcel", 1, "lose", reason="x", idempotency_key="k")

    with ThreadPoolExecutor() as pool:
        second = pool.submit(fire, two, "parcel", 1, "lose", reason="x", idempotency_key="k")
        wait_until_blocked(db, two)
        one.rollback()

    assert second.result()["to"] == "LOST"


def test_of_two_who_expect_the_same_state_the_second_is_stale(
    dsn: str, db: psycopg.Connection, connect: Connect
) -> None:
    one, two = connect(dsn), connect(dsn)
    fire(one, "parcel", 1, "send", set=SENT, expect="PACKED")

    with ThreadPoolExecutor() as pool:
        second = pool.submit(fire, two, "parcel", 1, "lose", expect="PACKED", reason="x")
        wait_until_blocked(db, two)
        one.commit()

    with refused("IL08") as told:
        second.result()
    assert told["from"] == "SENT"


def test_in_observe_fire_makes_declared_moves_alone(db: psycopg.Connection) -> None:
    apply.install(db, spec.parse(SPEC.replace("mode: enforce", "mode: observe"), "observe.yaml"))

    assert fire(db, "parcel", 1, "send", set={"carrier": "x"})["to"] == "SENT"
    assert db.execute("select code from interlock.violation").fetchall() == [("IL04",), ("IL12",)]
    with refused("IL01"):
        fire(db, "parcel", 2, "finish")
