"""Refused attempts: typed by every driver, kept by a second connection, read from the log."""

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import psycopg
import pytest
import sqlalchemy

import pginterlock
from pginterlock import apply, embedded, errors, spec
from pginterlock.__main__ import main
from pginterlock.refusals import Sink

Connect = Callable[..., psycopg.Connection]

SPEC = """
interlock: 1
machines:
  parcel:
    {table: parcel, state: status, mode: enforce, initial: [PACKED], final: [HERE],
     transitions: {send: {from: PACKED, to: SENT, guard: paid}, arrive: {from: SENT, to: HERE}}}
"""
SKIP = "update parcel set status = 'HERE' where id = 1"
KEPT = "select machine_name, code, key, source, actor, statement from interlock.refusal"


@pytest.fixture
def parcels(empty: str, connect: Connect) -> psycopg.Connection:
    """Parcel 1, packed."""
    session = connect(empty, autocommit=True)
    session.execute("create table parcel (id int primary key, status text not null, paid boolean)")
    apply.install(session, spec.parse(SPEC, "spec.yaml"))
    session.execute("insert into parcel values (1, 'PACKED', false)")
    return session


def refused(session: psycopg.Connection, statement: str) -> BaseException:
    with pytest.raises(psycopg.errors.CheckViolation) as caught:
        session.execute(statement.encode())
    return caught.value


def run(*arguments: str) -> int:
    command = ["interlock", "violations", *arguments]
    with mock.patch.object(sys, "argv", command), pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_refusal_is_typed_and_says_all(parcels: psycopg.Connection) -> None:
    told = pginterlock.refusal(refused(parcels, SKIP))

    assert isinstance(told, errors.IllegalTransition)
    assert (told.machine, told.rule, told.key) == ("parcel", "transition", {"id": 1})
    assert (told.from_state, told.to_state, told.allowed) == ("PACKED", "HERE", ("SENT",))
    assert (told.sqlstate, told.constraint) == ("23514", "parcel.transition")
    assert (told.schema, told.table, told.column) == ("public", "parcel", "status")
    assert told.remedy == "Allowed from PACKED: SENT"


def test_a_guard_names_what_is_missing(parcels: psycopg.Connection) -> None:
    told = pginterlock.refusal(refused(parcels, "update parcel set status = 'SENT' where id = 1"))

    assert isinstance(told, errors.GuardFailed)
    assert (told.event, told.missing) == ("send", ("paid",))


def test_a_refusal_is_found_below_sqlalchemy(parcels: psycopg.Connection) -> None:
    engine = _engine(parcels)

    with pytest.raises(sqlalchemy.exc.IntegrityError) as caught, engine.begin() as connection:
        connection.execute(sqlalchemy.text(SKIP))
    engine.dispose()

    assert isinstance(pginterlock.refusal(caught.value), errors.IllegalTransition)


def test_another_error_is_no_refusal(parcels: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.NotNullViolation) as caught:
        parcels.execute("insert into parcel values (null, 'PACKED', null)")

    assert pginterlock.refusal(caught.value) is None
    assert pginterlock.refusal(ValueError("no")) is None


def test_a_sink_keeps_what_was_rolled_back(parcels: psycopg.Connection) -> None:
    with (
        Sink(parcels.info.dsn) as sink,
        pytest.raises(psycopg.errors.CheckViolation),
        sink.watching(statement=SKIP, actor="user:1"),
        parcels.transaction(),
    ):
        parcels.execute(SKIP)

    assert parcels.execute(KEPT).fetchall() == [
        ("parcel", "IL01", {"id": 1}, "client", "user:1", SKIP)
    ]


def test_a_sink_on_an_engine_keeps_the_statement(parcels: psycopg.Connection) -> None:
    engine = _engine(parcels)
    with Sink(parcels.info.dsn) as sink:
        sink.attach(engine)
        with pytest.raises(sqlalchemy.exc.IntegrityError), engine.begin() as connection:
            connection.execute(sqlalchemy.text(SKIP))
    engine.dispose()

    assert [row[5] for row in parcels.execute(KEPT).fetchall()] == [SKIP]


def test_a_sink_that_cannot_keep_does_not_get_in_the_way(
    parcels: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        Sink("host=/nowhere") as sink,
        caplog.at_level(logging.WARNING),
        pytest.raises(psycopg.errors.CheckViolation),
        sink.watching(),
    ):
        parcels.execute(SKIP)

    assert "a refusal could not be kept" in caplog.text


def test_only_who_is_granted_it_may_tell_of_refusals(
    parcels: psycopg.Connection, empty: str, connect: Connect
) -> None:
    parcels.execute("create role teller_of_test")
    try:
        other = connect(empty, autocommit=True)
        other.execute("set role teller_of_test")
        detail = '{"code": "IL01", "machine": "parcel", "rule": "transition"}'
        call = f"select interlock.keep_refusal('{detail}', 'not allowed')"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            other.execute(call.encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            other.execute("insert into interlock.refusal default values")
        parcels.execute("grant execute on function interlock.keep_refusal to teller_of_test")
        other.execute(call.encode())
    finally:
        parcels.execute("drop owned by teller_of_test; drop role teller_of_test")

    assert parcels.execute("select reported_by from interlock.refusal").rowcount == 1


@pytest.mark.parametrize("destination", ["csvlog", "jsonlog"])
def test_the_log_of_a_real_server_tells_of_refusals(
    destination: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    settings = {
        "logging_collector": "on",
        "log_destination": destination,
        "log_directory": "log",
        "log_filename": "server.log",
    }
    with embedded.running(settings=settings) as server:
        with psycopg.connect(server.dsn(), autocommit=True, application_name="web") as session:
            session.execute(
                "create table parcel (id int primary key, status text not null, paid boolean)"
            )
            apply.install(session, spec.parse(SPEC, "spec.yaml"))
            session.execute("insert into parcel values (1, 'PACKED', false), (2, 'PACKED', false)")
            for key in (1, 2):
                refused(session, f"update parcel set status = 'HERE' where id = {key}")
            refused(session, "update parcel set status = 'SENT' where id = 1")
        suffix = {"csvlog": "csv", "jsonlog": "json"}[destination]
        (log,) = server.folder.rglob(f"server.{suffix}")
        monkeypatch.setenv("INTERLOCK_DSN", server.dsn())
        kept = tmp_path / log.name
        kept.write_bytes(log.read_bytes())

        codes = [run("--from-log", str(kept), "--keep", "--format", "json") for _ in range(2)]
        told = json.loads(capsys.readouterr().out.split("]\n[")[0].rstrip() + "]")
        run("parcel", "--format", "json")
        stored = json.loads(capsys.readouterr().out)

    assert codes == [0, 0]
    assert [(it["code"], it["count"], it["application"]) for it in told] == [
        ("IL01", 2, "web"),
        ("IL04", 1, "web"),
    ]
    assert [(it["code"], it["count"], it["source"]) for it in stored] == [
        ("IL01", 2, "log"),
        ("IL04", 1, "log"),
    ]


def test_violations_are_grouped_and_fail_a_run(
    parcels: psycopg.Connection, empty: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    apply.install(parcels, spec.parse(SPEC.replace("enforce", "observe"), "spec.yaml"))
    parcels.execute("insert into parcel select n, 'PACKED', true from generate_series(2, 4) as n")
    for key in (2, 3, 4):
        parcels.execute(f"update parcel set status = 'HERE' where id = {key}".encode())
    monkeypatch.setenv("INTERLOCK_DSN", empty)

    codes = [run("--format", "json"), run("--fail-on", "IL02"), run("--fail-on", "IL02,IL01")]

    (group,) = json.loads(capsys.readouterr().out.split("\n]\n")[0] + "\n]")
    assert codes == [0, 0, 1]
    assert (group["code"], group["count"], group["site"]) == (
        "IL01",
        3,
        "update parcel set status = ? where id = ?",
    )
    assert group["samples"] == [{"id": 4}, {"id": 3}, {"id": 2}]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["--fail-on", "IL99"], 2, "is no rule code", id="no code"),
        pytest.param(["--keep"], 2, "--keep goes with --from-log", id="keep alone"),
        pytest.param(["--from-log", __file__], 2, "neither csvlog nor jsonlog", id="no log"),
        pytest.param(["--from-log", "/nowhere"], 2, "does not exist", id="no file"),
    ],
)
def test_a_wrong_question_gets_one_message(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    ended = run(*arguments)

    assert (ended, message in (err := capsys.readouterr().err)) == (code, True)
    assert "Traceback" not in err


def _engine(session: psycopg.Connection) -> sqlalchemy.Engine:
    dsn = session.info.dsn
    return sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn))
