"""``interlock writers``: who moves what, from where, how often, and how many were refused."""

import json
import sys
import time
from collections.abc import Callable
from unittest import mock

import psycopg
import pytest
from psycopg import errors
from tests import actor_parcels
from tests.conftest import Build

from pginterlock.__main__ import main
from pginterlock.refusals import Sink
from pginterlock.writers import writers

Connect = Callable[..., psycopg.Connection]
ROWS = 1_000_000
TAGS = "/*action='send',controller='parcels',traceparent='00-%s'*/"


@pytest.fixture
def dsn(make_database: Callable[[str, Build], str], monkeypatch: pytest.MonkeyPatch) -> str:
    """A hundred parcels under their machine."""
    made = make_database("actor_parcels", actor_parcels.build)
    monkeypatch.setenv("INTERLOCK_DSN", made)
    return made


@pytest.fixture
def session(dsn: str, connect: Connect) -> psycopg.Connection:
    """A session of a worker."""
    return connect(dsn, autocommit=True, application_name="worker", prepare_threshold=None)


def write(session: psycopg.Connection, statement: str) -> None:
    with session.transaction():
        session.execute("select interlock.act_as('user:1', 'so')")
        session.execute(statement.encode())


def run(*arguments: str) -> int:
    command = ["interlock", "writers", *arguments]
    with mock.patch.object(sys, "argv", command), pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_sites_are_told_by_tags_else_by_application_and_shape(
    dsn: str, session: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(1, 6):
        send = f"update parcel set status = 'SENT' where id = {number} {TAGS % number}"
        write(session, send)
    for number in (1, 2, 3):
        write(session, f"update parcel set status = 'HERE' where id = {number}")
    back = f"update parcel set status = 'PACKED' where id = 1 {TAGS % 9}"
    with (
        Sink(dsn, synchronous=True, application="worker") as sink,
        pytest.raises(errors.CheckViolation),
        sink.watching(statement=back),
    ):
        session.execute(back.encode())

    assert run("parcel", "--format", "json") == 0

    found = json.loads(capsys.readouterr().out)["writers"]
    assert [(it["site"], it["events"], it["entries"]) for it in found] == [
        ("controller=parcels action=send", {"send": 5}, 5),
        ("worker: update parcel set status = ? where id = ?", {"arrive": 3}, 3),
        ("controller=parcels action=send", {}, 0),
    ]
    assert [(it["role"], it["refused"]) for it in found] == [
        ("postgres", 0),
        ("postgres", 0),
        ("", 1),
    ]
    assert run("parcel") == 0
    assert "send 5" in capsys.readouterr().out


def test_nobody_is_an_answer(dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
    del dsn
    assert run("parcel", "--since", "yesterday") == 1
    assert capsys.readouterr().out == "nobody has written a row of parcel\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nobody"], 2, "no machine 'nobody' is installed here; installed: parcel"),
        (["parcel", "--since", "soon"], 2, "'soon' is no point in time"),
        ([], 2, "Missing argument"),
    ],
)
def test_a_wrong_question(
    dsn: str, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    del dsn
    assert run(*arguments) == code
    assert said in capsys.readouterr().err


def test_a_history_that_was_tampered_with_is_no_traceback(
    session: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    session.execute("alter table interlock.parcel_audit drop column application_name")

    assert run("parcel") == 3
    assert "not as it was made" in capsys.readouterr().err


@pytest.mark.slow
def test_a_million_entries_are_counted_in_seconds(session: psycopg.Connection) -> None:
    session.execute(
        "insert into interlock.parcel_audit (key_id, kind, event, from_state, to_state, statement)"
        " select n, 'move', 'send', 'PACKED', 'SENT', case when n % 2 = 0"
        "  then 'update parcel set status = ''SENT'' where id = ' || n"
        "  else 'update parcel set status = ''SENT'' where id = $1"
        " /*action=''send'',traceparent=''00-' || n || '''*/' end"
        f" from generate_series(1, {ROWS}) as n"
    )
    session.execute("analyze interlock.parcel_audit")
    started = time.monotonic()

    found = writers(session, "parcel")

    took = time.monotonic() - started
    assert sorted((it.site.label, it.entries) for it in found) == [
        ("action=send", ROWS // 2),
        ("worker: update parcel set status = ? where id = ?", ROWS // 2),
    ]
    assert took < 60
