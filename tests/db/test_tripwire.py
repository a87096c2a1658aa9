"""The tripwire beside the attacks: our own work, who may have one, records, partitions, dumps."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import conninfo, errors
from tests.conftest import Build
from tests.servers import TestServer

from pginterlock import apply, bypasses, steps, tripwire, uninstall
from pginterlock.commands import interlock
from pginterlock.model import Spec
from pginterlock.spec import parse
from pginterlock.verify import Report, verify

Connect = Callable[..., psycopg.Connection]

ROLE = "wire_owner"
TABLES = f"""
do $$ begin
    create role {ROLE} login;
exception when duplicate_object or unique_violation then null;
end $$;
create schema depot authorization {ROLE};
set role {ROLE};
create table depot.shelf (id bigint primary key, is_full boolean not null default false);
create table depot.parcel (
    id bigint primary key, status text not null, shelf bigint, sent_at timestamptz, note text
);
create table depot.letter (
    id bigint, status text not null, day date, primary key (id, day)
) partition by range (day);
create table depot.letter_1 partition of depot.letter
    for values from ('2026-01-01') to ('2026-02-01');
insert into depot.shelf (id) values (1), (2);
reset role;
"""
SPEC = """
interlock: 1
machines:
  parcel:
    table: depot.parcel
    state: status
    mode: enforce
    initial: [PACKED]
    final: [SENT]
    transitions: {send: {from: PACKED, to: SENT}}
    stamps: {sent_at: SENT}
    claims: {place: {resource: [shelf], in: [PACKED]}}
    mirrors: {full: {table: depot.shelf, key: shelf, column: is_full, in: [PACKED]}}
  letter:
    table: depot.letter
    state: status
    mode: enforce
    initial: [WRITTEN]
    final: [READ]
    transitions: {read: {from: WRITTEN, to: READ}}
"""
MIRRORS = "    mirrors: {full: {table: depot.shelf, key: shelf, column: is_full, in: [PACKED]}}"
OFF = "alter table depot.parcel disable trigger user"
ON = "alter table depot.parcel enable always trigger interlock_50_parcel_change"


def spec(old: str = "", new: str = "") -> Spec:
    """Return the spec, with *new* for *old*."""
    return parse(SPEC.replace(old, new) if old else SPEC, "depot.yaml")


def build_bare(session: psycopg.Connection) -> None:
    """Make the depot before any machine."""
    session.execute(TABLES.encode())


def build(session: psycopg.Connection) -> None:
    """Make the depot under its machines, by a superuser."""
    build_bare(session)
    apply.install(session, spec(), makes_tripwire=True)
    session.execute("insert into depot.parcel (id, status, shelf) values (1, 'PACKED', 1)")


@pytest.fixture
def depot(make_database: Callable[[str, Build], str]) -> str:
    """A database with the depot under its machines and the tripwire."""
    return make_database("wired_depot", build)


@pytest.fixture
def admin(depot: str, connect: Connect) -> psycopg.Connection:
    """A superuser's session."""
    return connect(depot, autocommit=True)


@pytest.fixture
def owner(depot: str, connect: Connect) -> psycopg.Connection:
    """A session of the owner of the tables."""
    return connect(conninfo.make_conninfo(depot, user=ROLE), autocommit=True)


def codes(report: Report) -> set[str]:
    """Return the codes of what was found, but for who owns the tables."""
    return {it.code for it in report.findings} - {"owner-can-login"}


def journal(session: psycopg.Connection, event: str) -> list[tuple[Any, ...]]:
    """Return machine and detail of the entries of *event*."""
    return session.execute(
        "select machine_name, detail from interlock.journal where event = %s order by id", [event]
    ).fetchall()


def test_apply_makes_it_and_is_done(admin: psycopg.Connection) -> None:
    enabled = admin.execute(
        "select evtname, evtenabled::text from pg_event_trigger order by 1"
    ).fetchall()

    assert enabled == [(name, "A") for name in tripwire.TRIGGERS]
    assert steps.make_plan(admin, spec()).is_empty
    assert codes(verify(admin, spec())) == set()
    assert [detail["mode"] for _, detail in journal(admin, "tripwire")] == ["refuse"] * 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("mode: enforce", "mode: observe"),
        ("mode: enforce", "mode: ratchet"),
        ("mode: enforce", "mode: enforce\n    checks: native"),
        ("mode: enforce", "mode: enforce\n    continuity: online"),
        ("final: [SENT]", "final: [SENT, LOST]"),
        ("resource: [shelf]", "resource: [shelf, note]"),
        ("    claims: {place: {resource: [shelf], in: [PACKED]}}\n", ""),
        (
            "    mirrors: {full: {table: depot.shelf, key: shelf, column: is_full, in: [PACKED]}}",
            "",
        ),
    ],
)
def test_our_own_changes_pass_and_are_watched(
    admin: psycopg.Connection, owner: psycopg.Connection, old: str, new: str
) -> None:
    if "LOST" in new:
        changed = spec(
            "final: [SENT]\n    transitions: {send: {from: PACKED, to: SENT}}",
            f"{new}\n    transitions: {{send: {{from: PACKED, to: SENT}},"
            " lose: {from: PACKED, to: LOST}}",
        )
    else:
        changed = spec(old, new)
    apply.install(admin, changed)

    assert codes(verify(admin, changed)) == set()
    assert steps.make_plan(admin, changed).is_empty
    if "observe" in new:
        owner.execute(OFF)
        assert [it[0] for it in journal(admin, "disarmed")] == ["parcel"]
    else:
        with pytest.raises(errors.CheckViolation):
            owner.execute(OFF)
    apply.install(admin, spec())
    with pytest.raises(errors.CheckViolation):
        owner.execute(OFF)


def test_a_plan_lets_through_no_other_machine(admin: psycopg.Connection) -> None:
    plan = steps.make_plan(admin, spec("final: [READ]", "final: [READ]\n    continuity: online"))
    passed = [it for it in plan.steps if "let_through" in it.sql]

    assert [it.title for it in passed] == ["let the tripwire pass what changes letter"]


def test_a_table_that_goes_tells_of_itself_once_and_by_its_name(
    owner: psycopg.Connection,
) -> None:
    with pytest.raises(errors.CheckViolation) as refused:
        owner.execute("drop table depot.shelf, depot.parcel")

    told = json.loads(refused.value.diag.message_detail or "")["missing"]
    assert [it for it in told if "table" in it.split()] == [
        "table depot.parcel is gone",
        "table depot.shelf is gone",
    ]
    assert not [it for it in told if any(word.isdigit() for word in it.split())]


@pytest.mark.parametrize("drop_history", [False, True])
def test_uninstall_passes(admin: psycopg.Connection, drop_history: bool) -> None:
    uninstall.take_off(admin, ["parcel"], drop_history=drop_history)
    admin.execute("alter table depot.parcel rename to package")
    with pytest.raises(errors.CheckViolation):
        admin.execute("drop table depot.letter")
    uninstall.take_off(admin, [], drop_history=drop_history)
    admin.execute("drop schema depot cascade")

    left = admin.execute("select count(*) from pg_event_trigger").fetchone()
    assert left == (0 if drop_history else len(tripwire.TRIGGERS),)


def test_the_schema_of_ours_may_be_dropped_with_all_that_belongs_to_it(
    admin: psycopg.Connection,
) -> None:
    admin.execute("drop schema interlock cascade")

    assert admin.execute("select count(*) from pg_event_trigger").fetchone() == (0,)


def test_a_role_that_may_not_make_one_is_told(
    make_database: Callable[[str, Build], str], connect: Connect
) -> None:
    dsn = make_database("unwired_depot", build_bare)
    admin = connect(dsn, autocommit=True)
    admin.execute(f"grant create on database {admin.info.dbname} to {ROLE}".encode())
    owner = connect(conninfo.make_conninfo(dsn, user=ROLE), autocommit=True)
    owner.execute(
        f"create schema interlock authorization {ROLE}; grant usage on schema interlock to public"
    )

    plan = steps.make_plan(owner, spec(), makes_tripwire=True)
    assert any("no tripwire" in note for note in plan.notes)
    apply.run(owner, plan)

    report = verify(owner, spec())
    assert codes(report) == {"owner-member"}
    assert any("no tripwire" in note for note in report.notes)
    assert steps.make_plan(owner, spec(), makes_tripwire=True).is_empty
    owner.execute(OFF)
    assert "trigger-disabled" in codes(verify(owner, spec()))
    apply.install(owner, spec())
    said = CliRunner().invoke(interlock, ["tripwire", "refuse", "--yes", "--dsn", owner.info.dsn])
    assert getattr(said.exception, "exit_code", 0) == 3
    assert "may not" in str(said.exception or said.output)
    assert steps.make_plan(admin, spec(), makes_tripwire=True).is_empty  # no change that waits
    CliRunner().invoke(interlock, ["tripwire", "refuse", "--yes", "--dsn", admin.info.dsn])
    with pytest.raises(errors.CheckViolation):
        owner.execute(OFF)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("alter event trigger interlock_tripwire_20_end disable", "tripwire-disabled"),
        ("alter event trigger interlock_tripwire_20_end enable", "tripwire-disabled"),
        ("drop event trigger interlock_tripwire_30_drop", "tripwire-changed"),
        (
            "drop event trigger interlock_tripwire_20_end;"
            " create event trigger interlock_tripwire_20_end on ddl_command_start"
            " execute function interlock.tripwire_end();"
            " alter event trigger interlock_tripwire_20_end enable always",
            "tripwire-changed",
        ),
        (
            "drop event trigger interlock_tripwire_20_end;"
            " create event trigger interlock_tripwire_20_end on ddl_command_end"
            " when tag in ('CREATE VIEW') execute function interlock.tripwire_end();"
            " alter event trigger interlock_tripwire_20_end enable always",
            "tripwire-changed",
        ),
        (
            "drop event trigger interlock_tripwire_10_partition;"
            " drop event trigger interlock_tripwire_20_end;"
            " drop event trigger interlock_tripwire_30_drop",
            "tripwire-missing",
        ),
        ("delete from interlock.guarded", "tripwire-stale"),
        ("delete from interlock.guarded where machine_name = 'letter'", "tripwire-stale"),
        (
            "create or replace function interlock.tripwire_end() returns event_trigger"
            " language plpgsql as 'begin end'",
            "function-changed",
        ),
    ],
)
def test_what_a_superuser_does_to_it_is_found_and_mended(
    admin: psycopg.Connection, owner: psycopg.Connection, statement: str, code: str
) -> None:
    admin.execute(statement)
    assert code in codes(verify(admin, spec()))

    apply.install(admin, spec())
    assert codes(verify(admin, spec())) == set()
    with pytest.raises(errors.CheckViolation):
        owner.execute(OFF)


def test_a_setting_that_stops_all_event_triggers_is_found(
    admin: psycopg.Connection, server: TestServer
) -> None:
    if server.major < 17:
        pytest.skip("event_triggers came with PostgreSQL 17")
    admin.execute(f"alter database {admin.info.dbname} set event_triggers = off")

    assert "tripwire-switched-off" in codes(verify(admin, spec()))


def test_it_may_record_only_and_tells_each_loss_once(
    admin: psycopg.Connection, owner: psycopg.Connection
) -> None:
    admin.execute("select interlock.set_tripwire('record')")

    owner.execute(OFF)
    owner.execute("alter table depot.parcel add column more integer")
    [(machine, detail)] = journal(admin, "disarmed")
    assert machine == "parcel"
    assert "trigger interlock_50_parcel_change is off" in detail["losses"]
    owner.execute(ON)
    owner.execute(OFF)
    assert len(journal(admin, "disarmed")) == 2
    owner.execute("drop table depot.letter")
    assert [it[0] for it in journal(admin, "disarmed")] == ["parcel", "parcel", "letter"]


def test_a_bypass_lets_ddl_through_and_it_is_recorded(
    admin: psycopg.Connection, owner: psycopg.Connection
) -> None:
    wish = bypasses.Wish("parcel", "a rename", bypasses.duration("5m"), ROLE)
    opened = bypasses.open_one(admin, wish)

    owner.execute("alter table depot.parcel rename column shelf to rack")
    with pytest.raises(errors.CheckViolation):
        owner.execute("alter table depot.letter rename column day to date")
    with pytest.raises(errors.CheckViolation):
        admin.execute("alter table depot.parcel disable trigger user")
    [(machine, detail)] = journal(admin, "disarmed")
    assert (machine, detail["bypass_id"]) == ("parcel", opened.bypass_id)
    renamed = parse(
        SPEC.replace("resource: [shelf]", "resource: [rack]").replace("key: shelf", "key: rack"),
        "depot.yaml",
    )
    apply.install(admin, renamed)
    bypasses.close(admin, "parcel")
    owner.execute("update depot.parcel set status = 'SENT' where id = 1")

    assert codes(verify(admin, renamed)) == set()
    with pytest.raises(errors.CheckViolation):
        owner.execute("alter table depot.parcel disable trigger user")


def test_a_pass_that_leaves_a_renamed_column_does_not_commit(
    admin: psycopg.Connection, owner: psycopg.Connection
) -> None:
    with admin.transaction():
        admin.execute("select interlock.let_through('parcel')")
        admin.execute("alter table depot.parcel rename column note to remark")
        admin.execute("alter table depot.parcel rename column remark to note")
    admin.execute("begin")
    admin.execute("select interlock.let_through('parcel')")
    admin.execute("alter table depot.parcel rename column sent_at to went_at")
    with pytest.raises(errors.CheckViolation, match="COMMIT would disarm"):
        admin.execute("commit")

    assert codes(verify(admin, spec())) == set()
    owner.execute("update depot.parcel set status = 'SENT' where id = 1")
    assert owner.execute("select sent_at is not null from depot.parcel").fetchone() == (True,)


def test_partitions_that_hold_nothing_come_and_go_and_are_guarded(
    admin: psycopg.Connection,
) -> None:
    admin.execute(
        "create table depot.letter_2 partition of depot.letter"
        " for values from ('2026-02-01') to ('2026-04-01') partition by range (day)"
    )
    admin.execute(
        "create table depot.letter_2a partition of depot.letter_2"
        " for values from ('2026-02-01') to ('2026-03-01')"
    )
    admin.execute("create table depot.letter_3 (like depot.letter including all)")
    admin.execute(
        "alter table depot.letter attach partition depot.letter_3"
        " for values from ('2026-05-01') to ('2026-06-01')"
    )
    admin.execute("alter table depot.letter_3 rename to letter_may")
    assert codes(verify(admin, spec())) == set()
    for partition in ("letter_2a", "letter_may"):
        for statement in (
            f"truncate depot.{partition}",
            f"alter table depot.{partition} disable trigger user",
            f"drop trigger interlock_90_letter_truncate on depot.{partition}",
            f"alter table depot.{partition} set unlogged",
        ):
            with pytest.raises(errors.CheckViolation):
                admin.execute(statement)
    admin.execute("alter table depot.letter detach partition depot.letter_may")
    admin.execute("drop table depot.letter_may")

    assert codes(verify(admin, spec())) == set()


def test_rows_neither_come_nor_go_with_a_partition(admin: psycopg.Connection) -> None:
    admin.execute("insert into depot.letter values (1, 'WRITTEN', '2026-01-05')")
    admin.execute("create table depot.letter_3 (like depot.letter including all)")
    admin.execute("insert into depot.letter_3 values (1, 'READ', '2026-05-05')")
    for statement in (
        "alter table depot.letter detach partition depot.letter_1",
        "drop table depot.letter_1",
        "alter table depot.letter attach partition depot.letter_3"
        " for values from ('2026-05-01') to ('2026-06-01')",
    ):
        with pytest.raises(errors.CheckViolation, match="partition depot"):
            admin.execute(statement)

    assert codes(verify(admin, spec())) == set()


def test_a_dump_is_restored_with_it(
    admin: psycopg.Connection, server: TestServer, empty: str, connect: Connect, tmp_path: Path
) -> None:
    if not (server.bin_dir / "pg_dump").exists():
        pytest.skip("this server came without client programs")
    dump = tmp_path / "depot.dump"
    place = ["--host", server.host, "--username", "postgres"]
    subprocess.run(
        [server.bin_dir / "pg_dump", *place, "-Fc", "-f", dump, admin.info.dbname], check=True
    )
    name = str(conninfo.conninfo_to_dict(empty)["dbname"])
    subprocess.run(
        [server.bin_dir / "pg_restore", *place, "--exit-on-error", "-d", name, dump], check=True
    )
    restored = connect(empty, autocommit=True)

    assert codes(verify(restored, spec())) - {"registry-changed"} == set()
    with pytest.raises(errors.CheckViolation):
        restored.execute(OFF)
    restored.execute("alter table depot.letter rename to mail")
    rename = "alter table depot.mail rename column status to condition"
    with pytest.raises(errors.CheckViolation, match="column status is gone"):
        restored.execute(rename)  # numbers of columns are those of another database
    apply.install(restored, spec("depot.letter", "depot.mail"))
    restored.execute(rename)


def test_where_the_schema_of_ours_is_broken_it_stops_nobody_else(
    admin: psycopg.Connection, owner: psycopg.Connection
) -> None:
    told: list[str] = []
    owner.add_notice_handler(lambda it: told.append(it.message_primary or ""))
    ours = ("interlock_tripwire_20_end", "interlock_tripwire_30_drop")
    for trigger in ours:
        admin.execute(f"alter event trigger {trigger} disable")
    admin.execute("drop table interlock.guarded cascade")
    for trigger in ours:
        admin.execute(f"alter event trigger {trigger} enable always")

    owner.execute("create table depot.free (id bigint)")
    owner.execute("drop table depot.free")
    assert any("broken" in it for it in told)
    with pytest.raises(errors.UndefinedTable):
        owner.execute(OFF)
    with pytest.raises(errors.UndefinedTable):
        owner.execute("drop trigger interlock_50_parcel_change on depot.parcel")


def test_a_write_pays_nothing_for_it(
    admin: psycopg.Connection, make_database: Callable[[str, Build], str], connect: Connect
) -> None:
    """The triggers and functions that a write runs are the same, with and without."""
    asked = (
        "select tgrelid::regclass::text, tgname, tgtype, tgenabled::text,"
        " pg_get_functiondef(tgfoid) from pg_trigger"
        " where tgrelid::regclass::text ~ '^depot' and not tgisinternal order by 1, 2"
    )

    def without(session: psycopg.Connection) -> None:
        build(session)
        session.execute(tripwire.remove_sql().encode())

    bare = connect(make_database("taken_off_depot", without), autocommit=True)
    assert bare.execute("select count(*) from pg_event_trigger").fetchone() == (0,)

    assert admin.execute(asked).fetchall() == bare.execute(asked).fetchall()


def test_the_command_sets_it_and_says_how_it_stands(admin: psycopg.Connection, depot: str) -> None:
    def run(*words: str) -> tuple[int, str]:
        said = CliRunner().invoke(interlock, ["tripwire", *words, "--dsn", depot])
        return said.exit_code, said.output

    assert run() == (0, run("status")[1])
    assert "refuses DDL that would disarm a machine" in run()[1]
    assert "records DDL" in run("record", "--yes")[1]
    admin.execute(OFF)
    assert "ALTER TABLE by postgres was let through" in run()[1]
    code, said = run("off", "--yes")
    assert (code, "no tripwire" in said) == (0, True)
    report = verify(admin, spec())
    assert not any(it.code.startswith("tripwire") for it in report.findings)
    assert any("taken away" in note for note in report.notes)
    assert not any("tripwire" in it.sql for it in steps.make_plan(admin, spec()).steps)
    apply.install(admin, spec())
    assert '"mode": "refuse"' in run("refuse", "--yes", "--format", "json")[1]
    with pytest.raises(errors.CheckViolation):
        admin.execute(OFF)
    assert run("record")[0] != 0
