"""A reaction is made whichever way a row is written, and on every kind of table."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors
from tests.db import reacting_stays as stays
from tests.db.reacting_stays import ACTOR, PAY, Make, last, put, state, wanted

from pginterlock import apply, spec, steps

WAYS = {
    "an update": PAY,
    "all columns, as an object mapper saves them": "update inn.stay set status = 'PENDING',"
    " paid_at = now(), vouched_by = null, rate = 90, room = null, note = null, asked_at = null,"
    " confirmed_at = null, cancelled_at = null where id = 1",
    "a view": "update inn.open_stay set paid_at = now() where id = 1",
    "an upsert": "insert into inn.stay (id, status, rate, paid_at) values (1, 'PENDING', 90, now())"
    " on conflict (id) do update set paid_at = excluded.paid_at, status = excluded.status",
    "an upsert of the payment alone": "insert into inn.stay (id, status, rate, paid_at)"
    " values (1, 'PENDING', 90, now()) on conflict (id) do update set paid_at = excluded.paid_at",
    "a merge": "merge into inn.stay as s using (values (1)) as v (id) on s.id = v.id"
    " when matched then update set paid_at = now()",
    "a common table expression": f"with paid as ({PAY} returning *) select * from paid",
    "an update from another table": "update inn.stay as s set paid_at = p.at"
    " from (values (1, now())) as p (id, at) where s.id = p.id",
    "a function": "select inn.pay_one(1)",
    "the replica role": f"set session_replication_role = replica; {PAY}",
    "a prepared statement": "prepare pay (int) as"
    " update inn.stay set paid_at = now() where id = $1; execute pay (1)",
}
AROUND = """
create view inn.open_stay as select * from inn.stay where status <> 'LEFT';
create function inn.pay_one(p_id integer) returns void language sql as
    'update inn.stay set paid_at = now() where id = p_id';
"""


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_a_payment_confirms_by_every_way(make_stays: Make, way: str) -> None:
    session = make_stays("around", None, AROUND)
    put(session)

    session.execute(way.encode())

    assert state(session) == "CONFIRMED"
    assert last(session)[4] == ACTOR
    session.execute("reset session_replication_role")
    assert stays.wrong(session) == []


def test_an_upsert_of_a_new_row_is_a_birth(stays_session: psycopg.Connection) -> None:
    stays_session.execute(WAYS["an upsert"].encode())

    assert state(stays_session) == "PENDING"


def test_rows_that_are_copied_in_are_born(stays_session: psycopg.Connection) -> None:
    with (
        stays_session.cursor() as cursor,
        cursor.copy("copy inn.stay (id, status, rate, paid_at) from stdin") as into,
    ):
        into.write_row((1, "PENDING", 90, "2026-01-01"))

    assert state(stays_session) == "PENDING"


def test_an_upsert_that_asks_for_a_state_on_the_way(stays_session: psycopg.Connection) -> None:
    """The BEFORE INSERT trigger writes no state: the half that updates gets what was written."""
    put(stays_session)

    stays_session.execute(
        "insert into inn.stay (id, status, rate, paid_at) values (1, 'ASKED', 90, now())"
        " on conflict (id) do update set status = excluded.status, paid_at = excluded.paid_at"
    )

    assert state(stays_session) == "CONFIRMED"


OTHER = """
interlock: 1
machines:
  job:
    table: {table}
    state: {state}
    mode: enforce
    initial: [NEW]
    final: [DONE]
    transitions:
      begin_: {{from: NEW, to: OPEN}}
      end_: {{from: OPEN, to: DONE{guard}}}
    reactions:
      all_there: {{when: {when}, event: end_}}
    {extra}
"""
TABLES = {
    "an enum": (
        "create type mood as enum ('NEW', 'OPEN', 'DONE');"
        "create table t (id int primary key, status mood not null, n int, at timestamptz)",
        {"table": "t"},
    ),
    "a domain over an enum": (
        "create type mood as enum ('NEW', 'OPEN', 'DONE'); create domain state as mood;"
        "create table t (id int primary key, status state not null, n int, at timestamptz)",
        {"table": "t"},
    ),
    "char": (
        "create table t (id int primary key, status char(6) not null, n int, at timestamptz)",
        {"table": "t"},
    ),
    "names that need quotes": (
        'create schema "S p"; create table "S p"."T""t"'
        ' ("I d" int primary key, "St at" text not null, "N n" int, at timestamptz);'
        'create view t as select "I d" as id, "St at" as status, "N n" as n, at'
        ' from "S p"."T""t"',
        {"table": '\'"S p"."T""t"\'', "state": "St at", "when": "'\"N n\" > 1'"},
    ),
    "partitions": (
        "create table t (id int, status text not null, n int, at timestamptz, primary key (id))"
        " partition by range (id);"
        "create table t1 partition of t for values from (0) to (100)",
        {"table": "t"},
    ),
    "a key of two": (
        "create table t (id int, k text default 'a/b', status text not null, n int, at timestamptz,"
        " primary key (id, k))",
        {"table": "t"},
    ),
    "a guard on the state and a stamp": (
        "create table t (id int primary key, status text not null, n int, at timestamptz)",
        {
            "table": "t",
            "guard": ", guard: \"status = 'DONE' and at is not null\"",
            "extra": "stamps: {at: DONE}",
        },
    ),
    "row rules in the trigger": (
        "create table t (id int primary key, status text not null, n int, at timestamptz)",
        {"table": "t", "extra": "checks: trigger"},
    ),
    "a table of heads": (
        "create table t (id int primary key, status text not null, n int, at timestamptz)",
        {"table": "t", "extra": "continuity: online"},
    ),
    "an outbox": (
        "create table t (id int primary key, status text not null, n int, at timestamptz)",
        {"table": "t", "extra": "outbox: {channel: c}"},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", TABLES.values(), ids=TABLES.keys())
@pytest.mark.parametrize("begun", [True, False], ids=["from where it stood", "on the way"])
def test_on_every_kind_of_table(
    make_database: Callable[..., str],
    connect: Callable[..., psycopg.Connection],
    case: tuple[str, dict[str, str]],
    begun: bool,
) -> None:
    ddl, parts = case
    defaults = {"state": "status", "when": "n > 1", "guard": "", "extra": ""}
    machine = spec.parse(OTHER.format(**{**defaults, **parts}), "spec.yaml")
    session = connect(make_database("nothing", lambda _: None), autocommit=True)
    session.execute(ddl.encode())
    apply.install(session, machine)
    session.execute("insert into t (id, status) values (1, 'NEW')")
    if begun:
        session.execute("update t set status = 'OPEN'")
        session.execute("update t set n = 1")
        session.execute("update t set n = 2")
    else:
        session.execute("update t set status = 'OPEN', n = 2")

    assert session.execute("select status::text from t").fetchone() == ("DONE",)
    history = session.execute(
        "select event, trim(from_state), trim(to_state), actor from interlock.job_audit order by id"
    )
    assert history.fetchall() == [
        (None, None, "NEW", None),
        ("begin_", "NEW", "OPEN", None),
        ("end_", "OPEN", "DONE", "interlock:all_there"),
    ]
    assert stays.wrong(session, machine) == []
    assert steps.make_plan(session, machine).steps == ()


def test_no_operator_of_a_session_decides(make_stays: Make) -> None:
    """An operator of one's own, first in the search path, that finds nothing paid."""
    machine = wanted(("when: paid_at is not null", "when: room > 0"))
    session = make_stays("operators", machine)
    put(session)
    session.execute(
        "create schema mine; create function mine.no(integer, integer) returns boolean"
        " language sql as 'select false';"
        "create operator mine.> (function = mine.no, leftarg = integer, rightarg = integer);"
        "set search_path = mine, pg_catalog"
    )

    session.execute("update inn.stay set room = 7 where id = 1")

    assert state(session) == "CONFIRMED"


def test_a_statement_that_times_out_leaves_nothing_half_done(
    stays_session: psycopg.Connection,
) -> None:
    stays_session.execute(
        "insert into inn.stay (id, status, rate)"
        " select n, 'PENDING', 9 from generate_series(1, 20000) as n"
    )
    stays_session.execute("set statement_timeout = '60ms'")
    with pytest.raises(errors.QueryCanceled):
        stays_session.execute("update inn.stay set paid_at = now()")
    stays_session.execute("reset statement_timeout")

    rows = stays_session.execute("select status, paid_at, count(*) from inn.stay group by 1, 2")
    assert rows.fetchall() == [("PENDING", None, 20000)]
    assert stays.wrong(stays_session) == []


def test_a_trigger_that_was_switched_off_is_found(stays_session: psycopg.Connection) -> None:
    put(stays_session)
    stays_session.execute("alter table inn.stay disable trigger interlock_10_stay_premove")
    stays_session.execute(PAY)

    assert state(stays_session) == "PENDING"
    codes = {it.code for it in stays.found(stays_session)}
    assert "reaction-waits" in codes
    assert len(codes) > 1
