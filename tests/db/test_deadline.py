"""Deadlines: rows that stay too long are found, by all that is known, and their stay is ended."""

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from unittest import mock

import psycopg
import pytest
from tests.conftest import Build

from pginterlock import apply, overdue, verify
from pginterlock.__main__ import main
from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.model import Spec
from pginterlock.spec import parse

Connect = Callable[..., psycopg.Connection]

TEXT = """
interlock: 1
machines:
  parcel:
    table: public.parcel
    state: status
    mode: enforce
    initial: [NEW]
    final: [GONE, LOST]
    transitions:
      pack: {from: NEW, to: PACKED}
      send: {from: PACKED, to: GONE, guard: weight > 0}
      lose: {from: [NEW, PACKED], to: LOST}
    stamps: {packed_at: PACKED}
    deadlines:
      NEW: 1 hour
      PACKED: {after: 2 days, then: send}
"""
SPEC = parse(TEXT, "interlock.yaml")
# Two rows older than the machine: one has a stamp that tells, the other nothing.
TABLE = """
create table parcel (
    id bigint primary key, status text not null, weight integer not null default 1,
    packed_at timestamptz
);
insert into parcel values (1, 'PACKED', 1, now() - interval '3 days'), (2, 'NEW', 1, null);
"""
BACK = """
alter table interlock.parcel_audit disable trigger user;
update interlock.parcel_audit
set clock_at = clock_at - %(back)s::interval where key_id = any(%(keys)s);
alter table interlock.parcel_audit enable always trigger interlock_10_once;
alter table interlock.parcel_audit enable always trigger interlock_20_once;
"""


def build_bare(session: psycopg.Connection) -> None:
    session.execute(TABLE.encode())


def build(session: psycopg.Connection) -> None:
    build_bare(session)
    apply.install(session, SPEC)


@pytest.fixture
def dsn(make_database: Callable[[str, Build], str]) -> str:
    return make_database("deadline_parcels", build)


@pytest.fixture
def session(dsn: str, connect: Connect) -> psycopg.Connection:
    return connect(dsn, autocommit=True, prepare_threshold=None)


def let_pass(session: psycopg.Connection, keys: list[int], time: str) -> None:
    """Make entries older than they are, as only an owner can."""
    for statement in filter(str.strip, BACK.split(";")):
        session.execute(statement.encode(), {"back": time, "keys": keys})


def found(session: psycopg.Connection, spec: Spec = SPEC) -> list[tuple[object, str, str]]:
    return [(it.key["id"], it.state, it.known_by) for it in overdue.listed(session, spec)]


def test_the_history_tells_since_when_else_the_stamp_else_the_machine(
    session: psycopg.Connection,
) -> None:
    session.execute("insert into parcel values (3, 'NEW'), (4, 'NEW')")
    let_pass(session, [3], "61 minutes")

    # Row 2 has no history and no stamp: the machine is there since now, so it is not late yet.
    assert found(session) == [(1, "PACKED", "stamp"), (3, "NEW", "history")]

    row = overdue.listed(session, SPEC)[1]
    assert timedelta(minutes=61) <= row.age < timedelta(minutes=62)
    assert (row.longest, row.event) == (timedelta(hours=1), None)


def test_a_row_without_any_trace_is_late_once_the_machine_is_old_enough(
    session: psycopg.Connection,
) -> None:
    quick = parse(TEXT.replace("NEW: 1 hour", "NEW: 0.0001 seconds"), "interlock.yaml")

    assert (2, "NEW", "installation") in found(session, quick)


def test_the_stay_counts_from_the_last_entry_into_the_state(session: psycopg.Connection) -> None:
    """A change of other columns is no new stay, and a stamp set by hand says nothing."""
    session.execute("insert into parcel values (3, 'NEW')")
    session.execute("update parcel set status = 'PACKED' where id = 3")
    let_pass(session, [3], "3 days")
    session.execute("update parcel set weight = 2 where id = 3")

    assert (3, "PACKED", "history") in found(session)


def test_acting_moves_what_the_spec_says_and_is_recorded(session: psycopg.Connection) -> None:
    session.execute("insert into parcel values (3, 'NEW')")
    let_pass(session, [3], "2 hours")

    acts = overdue.act(session, SPEC)

    assert [(it.row.key["id"], it.refusal, it.is_left) for it in acts] == [(1, None, False)]
    entry = session.execute(
        "select event, from_state, to_state, actor, reason from interlock.parcel_audit"
        " where key_id = 1"
    ).fetchone()
    assert entry is not None
    assert entry[:4] == ("send", "PACKED", "GONE", "interlock:deadline")
    assert entry[4].startswith("in PACKED since ")
    assert entry[4].endswith("longer than 2 days")
    assert found(session) == [(3, "NEW", "history")]


def test_a_refusal_stops_nothing(session: psycopg.Connection) -> None:
    session.execute("insert into parcel values (3, 'NEW', 0), (4, 'NEW', 1)")
    session.execute("update parcel set status = 'PACKED' where id in (3, 4)")
    let_pass(session, [3, 4], "3 days")

    acts = {it.row.key["id"]: it for it in overdue.act(session, SPEC)}

    assert acts[3].refusal is not None
    assert "weight > 0" in acts[3].refusal
    assert (acts[1].refusal, acts[4].refusal) == (None, None)
    assert session.execute("select id from parcel where status = 'GONE' order by 1").fetchall() == [
        (1,),
        (4,),
    ]


def test_a_row_that_somebody_holds_is_left_for_the_next_time(
    dsn: str, session: psycopg.Connection, connect: Connect
) -> None:
    rival = connect(dsn)
    rival.execute("update parcel set weight = 3 where id = 1")

    (act,) = overdue.act(session, SPEC)

    assert act.is_left
    rival.commit()
    assert [it.is_left for it in overdue.act(session, SPEC)] == [False]


def test_a_row_that_moved_meanwhile_is_judged_anew(
    session: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = overdue.listed(session, SPEC)
    session.execute("update parcel set status = 'LOST' where id = 1")
    monkeypatch.setattr(overdue, "listed", lambda *_: rows)

    (act,) = overdue.act(session, SPEC)

    assert act.is_left
    assert session.execute("select status from parcel where id = 1").fetchone() == ("LOST",)


def test_two_that_act_at_once_move_each_row_once(
    dsn: str, session: psycopg.Connection, connect: Connect
) -> None:
    session.execute("insert into parcel select n, 'NEW' from generate_series(100, 299) as n")
    session.execute("update parcel set status = 'PACKED' where id >= 100")
    let_pass(session, list(range(100, 300)), "3 days")
    rivals = [connect(dsn, autocommit=True, prepare_threshold=None) for _ in range(2)]

    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda it: overdue.act(it, SPEC), rivals))

    moved = [it.row.key["id"] for acts in done for it in acts if not it.is_left]
    assert sorted(map(str, moved)) == sorted(map(str, [1, *range(100, 300)]))
    assert not [it.refusal for acts in done for it in acts if it.refusal]


def test_verify_reports_them_as_il16(session: psycopg.Connection) -> None:
    (finding,) = verify.verify(session, SPEC, scope=verify.Scope(probes=False)).findings

    assert (finding.code, finding.count, finding.samples) == ("IL16", 1, ({"id": 1},))
    assert "longer than 2 days in PACKED" in finding.message


def test_a_machine_without_deadline_is_an_error_of_usage(session: psycopg.Connection) -> None:
    with pytest.raises(UsageError, match=r"'letter' has no deadline .* parcel"):
        overdue.listed(session, SPEC, "letter")


def test_a_machine_that_is_not_installed_is_said_to_be_so(
    make_database: Callable[[str, Build], str], connect: Connect
) -> None:
    bare = make_database("bare_parcels", build_bare)
    session = connect(bare, autocommit=True)

    with pytest.raises(EnvironmentFault, match="not installed"):
        overdue.listed(session, SPEC)


def test_the_command_prints_acts_and_exits_as_documented(
    dsn: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "interlock.yaml"
    path.write_text(TEXT, encoding="utf-8")

    assert run("--dsn", dsn, "--spec", str(path)) == 1
    assert "id=1" in capsys.readouterr().out
    assert run("--dsn", dsn, "--spec", str(path), "--act", "--format", "json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == []
    assert [it["key"] for it in told["acts"]] == [{"id": 1}]
    assert run("--dsn", dsn, "--spec", str(path)) == 0
    assert capsys.readouterr().out == "no row is overdue\n"


def run(*arguments: str) -> int:
    command = ["interlock", "overdue", *arguments]
    with mock.patch.object(sys, "argv", command), pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)
