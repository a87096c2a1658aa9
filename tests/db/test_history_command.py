"""``interlock history``: a row, an actor, a point in time; and what a wrong question is told."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from unittest import mock

import psycopg
import pytest

from pginterlock import apply, audit, spec
from pginterlock.__main__ import main

Connect = Callable[..., psycopg.Connection]

SPEC = """
interlock: 1
machines:
  parcel:
    {table: parcel, state: status, mode: enforce, initial: [PACKED], final: [HERE],
     transitions: {send: {from: PACKED, to: SENT}, arrive: {from: SENT, to: HERE}},
     audit: {columns: [carrier]}, deletion: {from: [HERE]}}
  box:
    {table: box, state: status, key: [depot, number], mode: enforce, initial: [OPEN],
     final: [SHUT], transitions: {shut: {from: OPEN, to: SHUT}}}
"""


@pytest.fixture
def parcels(empty: str, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> psycopg.Connection:
    """A parcel that was there before, one with a life, and a box with a key of two columns."""
    session = connect(empty, autocommit=True)
    session.execute(
        "create table parcel (id int primary key, status text not null, carrier text);"
        "create table box (depot text, number int, status text not null,"
        " primary key (depot, number));"
        "insert into parcel values (9, 'PACKED', 'by foot')"
    )
    apply.install(session, spec.parse(SPEC, "spec.yaml"))
    session.execute("insert into parcel values (1, 'PACKED', null)")
    session.execute("insert into box values ('north|west', 1, 'OPEN')")
    act(session, "user:1", "update parcel set status = 'SENT', carrier = 'train' where id = 1")
    act(session, "user:2", "update parcel set carrier = 'by <b>air</b>' where id = 1")
    act(session, "user:1", "update parcel set status = 'SENT', carrier = 'train' where id = 9")
    monkeypatch.setenv("INTERLOCK_DSN", empty)
    monkeypatch.setenv("PGTZ", "Asia/Kathmandu")
    return session


def act(session: psycopg.Connection, actor: str, statement: str) -> None:
    with session.transaction():
        session.execute("select interlock.act_as(%s)", [actor])
        session.execute(statement.encode())


def run(*arguments: str) -> int:
    command = ["interlock", "history", *arguments]
    with mock.patch.object(sys, "argv", command), pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> object:
    run(*arguments, "--format", "json")
    return json.loads(capsys.readouterr().out)


def clocks(session: psycopg.Connection, key: int) -> list[datetime]:
    return [it.clock_at for it in audit.history(session, "parcel", [str(key)])]


@pytest.mark.parametrize(
    ("place", "state", "columns"),
    [
        pytest.param(0, "PACKED", {}, id="at its birth"),
        pytest.param(1, "SENT", {"carrier": "train"}, id="after its first move"),
        pytest.param(2, "SENT", {"carrier": "by <b>air</b>"}, id="after a change of a column"),
    ],
)
def test_a_row_is_told_as_it_stood(
    parcels: psycopg.Connection,
    capsys: pytest.CaptureFixture[str],
    place: int,
    state: str,
    columns: dict[str, str],
) -> None:
    stood = told(capsys, "parcel", "1", "--at", clocks(parcels, 1)[place].isoformat())

    assert isinstance(stood, dict)
    assert stood["state"] == state
    assert stood["columns"].get("carrier") == columns.get("carrier")


@pytest.mark.usefixtures("parcels")
def test_a_row_from_before_the_machine_stood_where_its_first_move_began(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stood = told(capsys, "parcel", "9", "--at", "2020-01-01 00:00Z")

    assert isinstance(stood, dict)
    assert (stood["state"], stood["columns"]) == ("PACKED", {"carrier": "by foot"})


def test_a_row_is_not_there_before_its_birth_and_after_its_death(
    parcels: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    parcels.execute("update parcel set status = 'HERE' where id = 1")
    parcels.execute("delete from parcel where id = 1")

    codes = [run("parcel", "1", "--at", when) for when in ("2020-01-01Z", "2100-01-01Z")]

    assert codes == [1, 1]
    assert "(not there, or not recorded yet)" in (out := capsys.readouterr().out)
    assert "(deleted)" in out


@pytest.mark.usefixtures("parcels")
def test_a_time_without_a_zone_says_which_was_taken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("parcel", "1", "--at", "2100-03-01 12:00")

    assert capsys.readouterr().err == (
        "  '2100-03-01 12:00' is taken as 2100-03-01 12:00:00+05:45 (Asia/Kathmandu)\n"
    )


@pytest.mark.usefixtures("parcels")
def test_a_time_with_a_zone_needs_no_word(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("parcel", "1", "--at", "2100-03-01 12:00+02")

    assert capsys.readouterr().err == ""


def test_an_actor_is_followed_over_all_machines(
    parcels: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    act(parcels, "user:1", "update box set status = 'SHUT'")

    found = told(capsys, "--actor", "user:1")

    assert isinstance(found, list)
    assert [(it["machine"], it["event"]) for it in found] == [
        ("parcel", "send"),
        ("parcel", "send"),
        ("box", "shut"),
    ]
    assert found[2]["key"] == {"depot": "north|west", "number": 1}


def test_since_leaves_out_what_was_before(
    parcels: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    since = datetime.now(tz=UTC).isoformat()
    act(parcels, "user:3", "update box set status = 'SHUT'")

    found = told(capsys, "--since", since)

    assert isinstance(found, list)
    assert [it["actor"] for it in found] == ["user:3"]


@pytest.mark.usefixtures("parcels")
def test_a_limit_keeps_the_newest_and_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("parcel", "--limit", "2", "--format", "json")

    told = capsys.readouterr()
    assert [it["actor"] for it in json.loads(told.out)] == ["user:2", "user:1"]
    assert "there are older ones" in told.err


def test_markdown_keeps_every_value_in_its_cell(
    parcels: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    parcels.execute("update parcel set carrier = e'a|b\\nc' where id = 1")

    run("parcel", "1", "--format", "markdown")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| when | what | state | changed |")
    assert {line.replace("\\|", "").count("|") for line in lines} == {9}
    assert "carrier: by &lt;b>air&lt;/b> -> a\\|b<br>c" in lines[-1]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["truck", "1"], 2, "no machine 'truck' is installed", id="unknown machine"),
        pytest.param(["parcel", "one"], 2, "one is no key of parcel", id="malformed key"),
        pytest.param(["box", "north"], 2, "the key of box has 2 parts", id="half a key"),
        pytest.param(
            ["parcel", "1", "--at", "soon"], 2, "'soon' is no point in time", id="no time"
        ),
        pytest.param(["parcel", "--at", "now"], 2, "no key was given", id="no key"),
        pytest.param(["--since", "2026-13-01"], 2, "is no point in time", id="no month"),
        pytest.param(["--limit", "0"], 2, "not in the range", id="no limit"),
    ],
)
@pytest.mark.usefixtures("parcels")
def test_a_wrong_question_gets_one_message(
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    ended = run(*arguments)

    assert (ended, message in (err := capsys.readouterr().err)) == (code, True)
    assert "Traceback" not in err


@pytest.mark.parametrize("column", ["statement", "key_id", "kind", "new_carrier", "id"])
def test_a_tampered_history_is_told_without_a_traceback(
    parcels: psycopg.Connection, capsys: pytest.CaptureFixture[str], column: str
) -> None:
    parcels.execute(f"alter table interlock.parcel_audit drop column {column} cascade".encode())

    ended = run("parcel", "1")

    assert (ended, "is not as it was made" in capsys.readouterr().err) == (3, True)
