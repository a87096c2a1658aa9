"""Refused writes are kept: by a client's second connection, and from the server's log."""

import csv
import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import conninfo, errors
from tests import actor_parcels
from tests.conftest import Build
from tests.servers import TestServer, binaries

import pginterlock
from pginterlock import apply, embedded, spec
from pginterlock.__main__ import main
from pginterlock.errors import IllegalTransition, Unattributed
from pginterlock.refusals import Sink

Connect = Callable[..., psycopg.Connection]
BACK = "update parcel set status = 'HERE' where id = 1"
CLIENT = "refusal_client"


@pytest.fixture
def dsn(make_database: Callable[[str, Build], str]) -> str:
    """A hundred parcels under their machine."""
    return make_database("actor_parcels", actor_parcels.build)


@pytest.fixture
def session(dsn: str, connect: Connect) -> psycopg.Connection:
    """A session in autocommit."""
    return connect(dsn, autocommit=True)


def kept(session: psycopg.Connection) -> list[tuple[object, ...]]:
    return session.execute(
        "select source, code, key, from_state, to_state, actor, statement"
        " from interlock.refusal order by id"
    ).fetchall()


def refuse(session: psycopg.Connection, statement: str = BACK) -> psycopg.Error:
    with pytest.raises(errors.CheckViolation) as caught:
        session.execute(statement.encode())
    return caught.value


EXPECTED = ("client", "IL01", {"id": 1}, "PACKED", "HERE", "user:1", BACK)


@pytest.mark.parametrize("synchronous", [True, False])
def test_a_refusal_is_kept_though_its_transaction_rolled_back(
    dsn: str, session: psycopg.Connection, synchronous: bool
) -> None:
    with Sink(dsn, synchronous=synchronous) as sink:
        watching = sink.watching(statement=BACK, actor="user:1")
        with pytest.raises(errors.CheckViolation), watching, session.transaction():
            session.execute(BACK)

    assert kept(session) == [EXPECTED]
    assert (sink.kept, sink.dropped) == (1, 0)


def test_the_driver_s_own_exception_is_typed(session: psycopg.Connection) -> None:
    found = pginterlock.refusal(refuse(session))

    assert type(found) is IllegalTransition
    assert (found.machine, found.key, found.allowed) == ("parcel", {"id": 1}, ("SENT", "LOST"))
    assert (found.table, found.constraint) == ("public.parcel", "parcel.transition")
    nobody = refuse(session, "update parcel set status = 'SENT' where id = 1")
    assert type(pginterlock.refusal(nobody)) is Unattributed


def test_sqlalchemy_hands_its_errors_over(dsn: str, session: psycopg.Connection) -> None:
    engine = sa.create_engine("postgresql+psycopg://", connect_args=conninfo.conninfo_to_dict(dsn))
    with Sink(dsn, synchronous=True) as sink:

        @sa.event.listens_for(engine, "handle_error")
        def keep(context: sa.engine.ExceptionContext) -> None:
            sink.keep(context.original_exception, statement=context.statement, actor="user:1")

        with pytest.raises(sa.exc.IntegrityError) as caught, engine.begin() as connection:
            connection.execute(sa.text(BACK))
    engine.dispose()

    assert type(pginterlock.refusal(caught.value)) is IllegalTransition
    assert kept(session) == [EXPECTED]


def test_what_is_no_refusal_is_not_kept(dsn: str, session: psycopg.Connection) -> None:
    with Sink(dsn, synchronous=True) as sink:
        assert sink.keep(ValueError("x")) is None
        with pytest.raises(errors.UndefinedTable), sink.watching():
            session.execute("select from nowhere")

    assert kept(session) == []


def test_a_sink_never_raises_and_says_what_it_lost(
    session: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    error = refuse(session)
    with caplog.at_level(logging.WARNING), Sink("host=/nowhere", synchronous=True) as sink:
        assert isinstance(sink.keep(error), IllegalTransition)
        sink.keep(error)

    assert (sink.kept, sink.dropped) == (0, 2)
    assert "could not be kept" in caplog.text


def test_a_full_queue_drops_and_does_not_wait(session: psycopg.Connection) -> None:
    error, release = refuse(session), threading.Event()

    def never() -> psycopg.Connection:
        release.wait(20)
        raise OSError("the database is away")

    sink = Sink(never, capacity=3)
    started = time.monotonic()
    for _ in range(50):
        sink.keep(error)
    took = time.monotonic() - started
    release.set()
    sink.close()

    assert took < 5
    assert sink.kept == 0
    assert sink.dropped >= 46


def test_a_connection_that_was_cut_is_made_anew(dsn: str, session: psycopg.Connection) -> None:
    error = refuse(session)
    with Sink(dsn, synchronous=True) as sink:
        sink.keep(error)
        session.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name = 'interlock refusals'"
        )
        sink.keep(error)

    assert len(kept(session)) == 2
    assert sink.dropped == 0


def test_a_sink_that_is_closed_drops(dsn: str, session: psycopg.Connection) -> None:
    sink = Sink(dsn)
    sink.close()
    sink.keep(refuse(session))

    assert (sink.kept, sink.dropped) == (0, 1)


def test_only_whom_it_was_granted_may_report(
    dsn: str, session: psycopg.Connection, connect: Connect
) -> None:
    session.execute(
        f"do $$ begin if not exists (select from pg_roles where rolname = '{CLIENT}') then"
        f" create role {CLIENT} login; end if; end $$"
    )
    error = refuse(session)
    theirs = conninfo.make_conninfo(dsn, user=CLIENT)
    with Sink(theirs, synchronous=True) as sink:
        sink.keep(error)
        assert (sink.kept, sink.dropped) == (0, 1)
    session.execute(f"grant execute on function interlock.keep_refusal to {CLIENT}".encode())
    with Sink(theirs, synchronous=True, application="web") as sink:
        sink.keep(error, role="web_app")
        assert (sink.kept, sink.dropped) == (1, 0)

    told = session.execute(
        "select writer_role, writer_application, session_role, application_name"
        " from interlock.refusal"
    ).fetchone()
    assert told == ("web_app", "web", CLIENT, "interlock refusals")
    with pytest.raises(errors.InsufficientPrivilege):
        connect(theirs, autocommit=True).execute("select from interlock.refusal")


@pytest.mark.parametrize("detail", ['{"code": "x", "machine": "parcel"}', "{}", '{"code": null}'])
def test_a_report_of_no_rule_is_refused(session: psycopg.Connection, detail: str) -> None:
    with pytest.raises(errors.CheckViolation):
        session.execute("select interlock.keep_refusal(%s::jsonb, 'x')", [detail])


def run(*arguments: str) -> int:
    command = ["interlock", "violations", *arguments]
    with mock.patch.object(sys, "argv", command), pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_violations_are_grouped_by_rule_site_and_writer(
    dsn: str, session: psycopg.Connection, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("INTERLOCK_DSN", dsn)
    with Sink(dsn, synchronous=True, application="web") as sink:
        for number in range(5):
            error = refuse(session, f"update parcel set status = 'HERE' where id = {number + 1}")
            sink.keep(
                error,
                statement=f"update parcel set status = 'HERE' where id = {number}"
                f" /*route='/parcels/%3Cid%3E',traceparent='00-{number}'*/",
                actor=f"user:{number % 2}",
            )
    apply.install(session, spec.parse(actor_parcels.TEXT.replace("enforce", "observe"), "s.yaml"))
    session.execute("update parcel set status = 'HERE' where id in (1, 2)")

    code = run("parcel", "--format", "json", "--fail-on", "il01")

    told = json.loads(capsys.readouterr().out)
    assert code == 1
    found = {(it["source"], it["code"]): it for it in told["groups"]}
    client = found["client", "IL01"]
    assert (client["count"], client["site"]) == (5, "route=/parcels/<id>")
    assert client["actors"] == {"user:0": 3, "user:1": 2}
    assert client["samples"][0]["key"] == {"id": 1}
    assert found["recorded", "IL01"]["count"] == 2
    assert found["recorded", "IL06"]["site"].endswith("set status = ? where id in (?)")
    assert run("parcel", "--fail-on", "IL03") == 0
    assert "Refused, as clients reported: 5" in capsys.readouterr().out
    assert run("--since", "tomorrow", "--fail-on", "any") == 0


LOGGED = {
    "log_destination": "csvlog,jsonlog",
    "logging_collector": "on",
    "log_filename": "server.log",
}
NASTY = "update parcel set status = 'HERE', note = 'a \"b\",\nc\\' where id = 2 /*route='%2Fx'*/"


@pytest.fixture(scope="module")
def logs(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    """What a real server wrote of three refusals and other errors, as csvlog and (15) jsonlog."""
    folder = tmp_path_factory.mktemp("log")
    with embedded.running(bin_dir=binaries(server.major), settings=LOGGED) as started:
        with psycopg.connect(started.dsn(), autocommit=True, application_name="web") as session:
            actor_parcels.build(session)
            for statement in (BACK, NASTY, "update parcel set status = 'SENT' where id = 3"):
                refuse(session, statement)
            with pytest.raises(errors.UndefinedTable):
                session.execute("select from nowhere")
            data = Path(str(session.execute("show data_directory").fetchone()[0]))  # type: ignore[index]
        found = []
        for ending in ("csv", "json"):
            copied = folder / f"server.{ending}"
            copied.write_bytes((data / "log" / f"server.{ending}").read_bytes())
            found.append(copied)
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("place", [0, 1], ids=["csvlog", "jsonlog"])
def test_the_log_of_a_server_tells_of_refusals(
    logs: list[Path], place: int, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run("--from-log", str(logs[place]), "--format", "json", "--fail-on", "IL06")

    groups = json.loads(capsys.readouterr().out)["groups"]
    assert code == 1
    assert sorted((it["code"], it["site"], it["count"]) for it in groups) == [
        ("IL01", "route=/x", 1),
        ("IL01", "web: update parcel set status = ? where id = ?", 1),
        ("IL06", "web: update parcel set status = ? where id = ?", 1),
    ]
    nasty = next(it for it in groups if it["site"] == "route=/x")
    assert nasty["samples"][0]["statement"] == NASTY
    assert {(it["role"], it["application"]) for it in groups} == {("postgres", "web")}


def test_both_forms_tell_the_same_and_are_kept_once(
    logs: list[Path], dsn: str, session: psycopg.Connection, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("INTERLOCK_DSN", dsn)
    for file in (*logs, logs[0]):
        assert run("--from-log", str(file), "--keep") == 0
    capsys.readouterr()

    told = session.execute("select source, code, statement from interlock.refusal order by id")
    assert [(source, code) for source, code, _ in told.fetchall()] == [
        ("log", "IL01"), ("log", "IL01"), ("log", "IL06"),
    ]  # fmt: skip


def test_a_machine_and_a_time_are_chosen(
    logs: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["other"], ["--since", "2100-01-01T00:00Z"]):
        assert run(*arguments, "--from-log", str(logs[0])) == 0
        assert capsys.readouterr().out == "no write is known that broke a rule\n"


@pytest.mark.slow
def test_a_long_log_is_read_as_it_comes(
    logs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logs[0].open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    refused = next(row for row in rows if row[14].startswith('{"'))
    long = tmp_path / "long.csv"
    with long.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for number in range(100_000):
            writer.writerow(refused if number % 100 == 0 else [*rows[0][:13], "x", *rows[0][14:]])

    assert run("--from-log", str(long), "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["groups"][0]["count"] == 1000
