"""Every kind of table that a machine may stand on: types, keys, names, partitions, several."""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import pytest

from pginterlock import apply, audit, spec, steps
from pginterlock.errors import SpecError
from pginterlock.names import ident
from pginterlock.verify import verify

Connect = Callable[..., psycopg.Connection]


@dataclass(frozen=True)
class Case:
    """A table, the machine on it, and the same story told in it: born, moved, finished."""

    ddl: str
    table: str
    state: str = "status"
    key: str = "id"
    values: str = "1"
    where: str = "id = 1"
    history_key: tuple[str, ...] = ("1",)
    columns: str = ""
    extra: str = ""
    names: tuple[str, str, str] = ("NEW", "OPEN", "DONE")


PLAIN = "id bigint primary key, done_at timestamptz, note text"
QUOTED = '"My Schema"."Tab.le ""x"""'
CASES = {
    "text": Case(f"create table t ({PLAIN}, status text not null)", "public.t"),
    "varchar": Case(f"create table t ({PLAIN}, status varchar(20) not null)", "t"),
    "char": Case(f"create table t ({PLAIN}, status char(4) not null)", "t"),
    "enum": Case(
        f"create type mood as enum ('NEW', 'OPEN', 'DONE'); create table t ({PLAIN}, status mood)",
        "t",
    ),
    "domain over text": Case(
        f"create domain state as text not null; create table t ({PLAIN}, status state)", "t"
    ),
    "domain over enum": Case(
        "create type mood as enum ('NEW', 'OPEN', 'DONE'); create domain state as mood;"
        f" create table t ({PLAIN}, status state)",
        "t",
    ),
    "a collation that ignores case": Case(
        "create collation loose"
        " (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
        f" create table t ({PLAIN}, status text collate loose not null)",
        "t",
    ),
    "uuid key": Case(
        "create table t (id uuid primary key, done_at timestamptz, note text, status text)",
        "t",
        values="'00000000-0000-0000-0000-000000000001'",
        where="id = '00000000-0000-0000-0000-000000000001'",
        history_key=("00000000-0000-0000-0000-000000000001",),
    ),
    "composite key": Case(
        "create table t (hotel int, number text, done_at timestamptz, note text, status text,"
        " primary key (hotel, number))",
        "t",
        key="hotel, number",
        values="7, 'a/b'",
        where="hotel = 7",
        history_key=("7", "a/b"),
    ),
    "key of an enum and a domain": Case(
        "create type kind as enum ('x', 'y'); create domain no as int check (value > 0);"
        " create table t (kind kind, no no, done_at timestamptz, note text, status text,"
        " primary key (kind, no))",
        "t",
        key="kind, no",
        values="'x', 3",
        where="no = 3",
        history_key=("x", "3"),
    ),
    "a unique key that is no primary key": Case(
        "create table t (id int not null unique, done_at timestamptz, note text, status text)",
        "t",
        extra="key: id",
    ),
    "identity key": Case(
        "create table t (id bigint generated always as identity primary key,"
        " done_at timestamptz, note text, status text)",
        "t",
        columns="overriding system value",
    ),
    "names that need quotes": Case(
        'create schema "My Schema"; create table "My Schema"."Tab.le ""x""" ("Id" int primary key,'
        ' done_at timestamptz, note text, "Der Zustand" text)',
        "'" + QUOTED + "'",
        state="Der Zustand",
        key='"Id"',
        where='"Id" = 1',
    ),
    "a column with a quote in its name": Case(
        'create table t (id int primary key, done_at timestamptz, note text, "the ""state" text)',
        "t",
        state='the "state',
    ),
    "names that are not ASCII": Case(
        "create schema größe; create table größe.zimmer (id int primary key, done_at timestamptz,"
        " note text, zustand text)",
        "größe.zimmer",
        state="zustand",
        names=("NEU: 'x'", "BELEGT → y", "FERTIG$$"),
    ),
    "names that are words of SQL": Case(
        'create schema "select"; create table "select"."from" (id int primary key,'
        ' done_at timestamptz, note text, "user" text)',
        "select.from",
        state="user",
    ),
    "partitioned by list": Case(
        "create table t (id bigint, part int, done_at timestamptz, note text, status text,"
        " primary key (id, part)) partition by list (part);"
        " create table t_1 partition of t for values in (1);"
        " create table t_d partition of t default",
        "t",
        key="id, part",
        values="1, 1",
        where="id = 1",
        history_key=("1", "1"),
    ),
    "date stamp": Case(
        "create table t (id int primary key, done_at date, note text, status text)", "t"
    ),
    "stamp without time zone": Case(
        "create table t (id int primary key, done_at timestamp, note text, status text)", "t"
    ),
}


def machine(case: Case, checks: str, continuity: str) -> str:
    new, open_, done = (f"'{name.replace(chr(39), chr(39) * 2)}'" for name in case.names)
    return f"""
interlock: 1
machines:
  thing:
    table: {case.table}
    state: {case.state}
    {case.extra}
    mode: enforce
    checks: {checks}
    continuity: {continuity}
    initial: [{new}]
    final: [{done}]
    transitions:
      open: {{from: {new}, to: {open_}, guard: note is not null}}
      finish: {{from: {open_}, to: {done}}}
    stamps: {{done_at: {done}}}
    states: {{{done}: {{require: [note], freeze: [note]}}}}
    invariants: {{note_is_short: length(note) < 10 or note is null}}
    audit: {{columns: [note]}}
"""


def prepare(session: psycopg.Connection, case: Case) -> None:
    try:
        session.execute(case.ddl.encode())
    except psycopg.errors.FeatureNotSupported as error:
        pytest.skip(str(error))  # a server that was built without ICU


def relation(connection: psycopg.Connection) -> str:
    row = connection.execute(
        "select format('%I.%I', schema_name, table_name) from interlock.machine limit 1"
    ).fetchone()
    assert row
    return str(row[0])


@pytest.mark.parametrize("checks", ["function", "native", "trigger"])
@pytest.mark.parametrize("name", CASES)
def test_a_machine_stands_on_it(empty: str, connect: Connect, name: str, checks: str) -> None:
    case = CASES[name]
    session = connect(empty, autocommit=True)
    prepare(session, case)
    continuity = "online" if checks == "trigger" else "verify"
    wanted = spec.parse(machine(case, checks, continuity), "spec.yaml")

    apply.install(session, wanted)
    assert steps.make_plan(session, wanted).steps == ()
    table = relation(session)
    new, open_, done = case.names
    column = ident(case.state)

    def run(text: str, *values: object) -> None:
        session.execute(text.encode(), values)

    def refused(code: str, text: str, *values: object) -> None:
        with pytest.raises(psycopg.errors.CheckViolation) as refusal:
            run(text, *values)
        assert f'"code": "{code}"' in str(refusal.value.diag.message_detail)

    insert = f"insert into {table} ({case.key}, {column}) {case.columns} values ({case.values}, %s)"
    move = f"update {table} set {column} = %s where {case.where}"
    refused("IL02", insert, open_)
    run(insert, new)
    refused("IL04", move, open_)
    refused("IL01", move, done)
    run(f"update {table} set note = 'n', {column} = %s where {case.where}", open_)
    refused("IL14", f"update {table} set note = 'much too long for it' where {case.where}")
    early = "IL07" if checks == "trigger" else "IL12"
    refused(early, f"update {table} set done_at = now() where {case.where}")
    run(move, done)
    refused("IL07", f"update {table} set note = 'x' where {case.where}")
    refused("IL07", f"update {table} set done_at = done_at - interval '2 day' where {case.where}")
    refused("IL01", move, open_)
    refused("IL03", f"delete from {table} where {case.where}")
    run(f"update {table} set {column} = {column} where {case.where}")

    entries = audit.history(session, "thing", case.history_key)
    life = [(it.from_state, it.to_state) for it in entries]
    assert [it for it in life if it[0] != it[1]] == [(None, new), (new, open_), (open_, done)]
    found = [it for it in verify(session, wanted).findings if it.severity == "error"]
    assert found == []


def test_a_state_that_differs_only_in_case_is_unknown_whatever_the_collation(
    empty: str, connect: Connect
) -> None:
    case = CASES["a collation that ignores case"]
    session = connect(empty, autocommit=True)
    prepare(session, case)
    apply.install(session, spec.parse(machine(case, "function", "verify"), "spec.yaml"))

    with pytest.raises(psycopg.errors.CheckViolation):
        session.execute("insert into t (id, status) values (1, 'new')")


def test_two_machines_on_one_table(empty: str, connect: Connect) -> None:
    session = connect(empty, autocommit=True)
    session.execute(
        "create table t (id int primary key, status text not null, payment text not null)"
    )
    wanted = spec.parse(
        """
interlock: 1
machines:
  stay:
    {table: t, state: status, mode: enforce, initial: [NEW], final: [DONE],
     transitions: {finish: {from: NEW, to: DONE}}}
  payment:
    {table: t, state: payment, mode: enforce, initial: [DUE], final: [PAID],
     transitions: {pay: {from: DUE, to: PAID}}}
""",
        "spec.yaml",
    )

    apply.install(session, wanted)
    session.execute("insert into t values (1, 'NEW', 'DUE')")
    session.execute("update t set status = 'DONE', payment = 'PAID'")

    for column in ("status", "payment"):
        with pytest.raises(psycopg.errors.CheckViolation):
            session.execute(f"update t set {column} = 'x'".encode())
    assert steps.make_plan(session, wanted).steps == ()
    assert [len(audit.history(session, name, ["1"])) for name in ("stay", "payment")] == [2, 2]
    assert verify(session, wanted).findings == ()


def test_no_partition_is_truncated_and_a_new_one_is_missed(empty: str, connect: Connect) -> None:
    case = CASES["partitioned by list"]
    session = connect(empty, autocommit=True)
    session.execute(case.ddl.encode())
    wanted = spec.parse(machine(case, "function", "verify"), "spec.yaml")
    apply.install(session, wanted)

    for table in ("t", "t_1", "t_d"):
        with pytest.raises(psycopg.errors.CheckViolation, match="may not be truncated"):
            session.execute(f"truncate {table}".encode())
    session.execute("create table t_2 partition of t for values in (2)")
    assert "trigger-missing" in {it.code for it in verify(session, wanted).findings}
    apply.install(session, wanted)
    with pytest.raises(psycopg.errors.CheckViolation, match="may not be truncated"):
        session.execute("truncate t_2")


@pytest.mark.parametrize(
    ("ddl", "message"),
    [
        pytest.param(
            "create table t (id int, status text, done_at date, note text)",
            "has no primary key",
            id="no key",
        ),
        pytest.param(
            "create view t as select 1 as id, 'NEW'::text as status, now() as done_at, '' as note",
            "is a view",
            id="a view",
        ),
        pytest.param(
            "create table t (id int primary key, status int, done_at date, note text)",
            "a state is text",
            id="type of the state",
        ),
        pytest.param(
            "create table t (id int primary key, statsu text, done_at date, note text)",
            "has no column 'status'; did you mean 'statsu'?",
            id="no such column",
        ),
        pytest.param(
            "create table tt (id int primary key, status text)",
            "table public.t does not exist; did you mean 'public.tt'?",
            id="no such table",
        ),
        pytest.param(
            "create table t (id int primary key, status text, done_at text, note text)",
            "a stamp is timestamptz",
            id="type of a stamp",
        ),
        pytest.param(
            "create table t (id int primary key, status text, done_at date, note date)",
            "function length(date) does not exist",
            id="type in an expression",
        ),
    ],
)
def test_what_cannot_be_guarded_is_refused_before_anything_is_done(
    empty: str, connect: Connect, ddl: str, message: str
) -> None:
    session = connect(empty, autocommit=True)
    session.execute(ddl.encode())
    wanted = spec.parse(machine(Case("", "t"), "function", "verify"), "spec.yaml")

    with pytest.raises(SpecError) as refusal:
        steps.make_plan(session, wanted)

    assert message in refusal.value.message
    assert refusal.value.message.startswith("spec.yaml:")
    assert session.execute("select to_regnamespace('interlock')").fetchone() == (None,)


def test_an_expression_that_depends_on_a_setting_is_refused(empty: str, connect: Connect) -> None:
    session = connect(empty, autocommit=True)
    session.execute("create table t (id int primary key, status text, at timestamptz)")
    wanted = spec.parse(
        """
interlock: 1
machines:
  thing:
    {table: t, state: status, initial: [NEW], final: [DONE], mode: enforce,
     transitions: {finish: {from: NEW, to: DONE}}, invariants: {zone: "at::date > '2020-01-01'"}}
""",
        "spec.yaml",
    )

    with pytest.raises(SpecError, match="must be marked IMMUTABLE"):
        steps.make_plan(session, wanted)
