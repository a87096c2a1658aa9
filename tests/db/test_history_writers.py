"""``interlock writers``: the write map seen at run time, by tags or by shape."""

import json
import sys
from collections.abc import Callable
from unittest import mock

import psycopg
import pytest

from pginterlock import apply, spec, write_site
from pginterlock.__main__ import main
from pginterlock.refusals import Sink
from pginterlock.writers import writers

Connect = Callable[..., psycopg.Connection]

SPEC = """
interlock: 1
machines:
  parcel:
    {table: parcel, state: status, mode: enforce, initial: [PACKED], final: [HERE],
     transitions: {send: {from: PACKED, to: SENT}, arrive: {from: SENT, to: HERE}}}
"""
STATEMENTS = [
    "insert into parcel values (1, 'PACKED')",
    "update t set a = 'it''s' where id = 4.5 /* remark */",
    "select 1 /*controller='a',action='b'*/",
    "select 1 /*traceparent='00-1'*/;  ",
    "select 1 /*route='/x',tracestate='y',file='z'*/",
    "insert into t values ($1, $2), ($3, $4) -- end",
    "",
]


@pytest.fixture
def parcels(empty: str, connect: Connect) -> psycopg.Connection:
    """Ten parcels, written by a job and by a view that tags its statements."""
    session = connect(empty, autocommit=True, application_name="job")
    session.execute("create table parcel (id int primary key, status text not null)")
    apply.install(session, spec.parse(SPEC, "spec.yaml"))
    session.execute("insert into parcel select n, 'PACKED' from generate_series(1, 10) as n")
    view = connect(empty, autocommit=True, application_name="web")
    for key in range(1, 5):
        view.execute(
            f"update parcel set status = 'SENT' where id = {key}"
            f" /*action='send',controller='parcels',traceparent='00-{key}'*/".encode()
        )
    for key in (5, 6):
        session.execute(f"update parcel set status = 'SENT' where id = {key}".encode())
    with (
        Sink(empty) as sink,
        pytest.raises(psycopg.errors.CheckViolation),
        sink.watching(statement="update parcel set status = 'HERE' where id = 9"),
    ):
        session.execute("update parcel set status = 'HERE' where id = 9")
    return session


def test_writers_are_told_by_tags_or_by_shape(parcels: psycopg.Connection) -> None:
    found = {it.place: it for it in writers(parcels, "parcel", None) if it.entries}

    assert {place: (it.application, dict(it.events)) for place, it in found.items()} == {
        "parcels send": ("web", {"send": 4}),
        "update parcel set status = ? where id = ?": ("job", {"send": 2}),
        "insert into parcel select n, ? from generate_series(?) as n": ("job", {"birth": 10}),
    }


def test_refusals_stand_beside_the_writers(parcels: psycopg.Connection) -> None:
    found = writers(parcels, "parcel", None)

    assert {it.place: it.refused for it in found if it.refused} == {
        "update parcel set status = ? where id = ?": 1
    }


@pytest.mark.parametrize("statement", STATEMENTS)
def test_server_and_client_find_the_same_site(parcels: psycopg.Connection, statement: str) -> None:
    row = parcels.execute("select interlock.write_site(%s)", [statement]).fetchone()

    assert row == (write_site.of_statement(statement),)


@pytest.mark.parametrize(
    ("arguments", "code"), [(["parcel"], 0), (["parcel", "--since", "2100-01-01Z"], 0), (["x"], 2)]
)
@pytest.mark.usefixtures("parcels")
def test_the_command_ends_as_documented(
    arguments: list[str], code: int, empty: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("INTERLOCK_DSN", empty)
    command = ["interlock", "writers", *arguments, "--format", "json"]
    with mock.patch.object(sys, "argv", command), pytest.raises(SystemExit) as ended:
        main()

    assert (ended.value.code or 0) == code
    if arguments == ["parcel"]:
        assert json.loads(capsys.readouterr().out)[0]["place"].startswith("insert into parcel")
