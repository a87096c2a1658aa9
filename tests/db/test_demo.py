"""`interlock demo` shows what is so: every defect goes through before, and is refused after."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from math import inf
from pathlib import Path

import psycopg
import pytest

from pginterlock import apply, assets, database, demo, embedded, spec
from pginterlock.embedded import Server
from pginterlock.hotel import load, place, play
from pginterlock.hotel.screen import screen
from pginterlock.hotel.script import blocks
from pginterlock.model import Spec

DATA = Path(__file__).parents[3] / "shared" / "data" / "hotel_bookings.csv.gz"
LIMIT_S = 15
ROWS = 119_390
ASKED = """
    mirrors:
      room_is_occupied:
        {table: hotel.room, key: assigned_room_id, column: is_occupied, in: [CHECKED_IN]}
    reactions:
      capture_confirms: {when: payment_captured_at is not null, event: confirm}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with embedded.running() as running:
        yield running


@pytest.fixture(scope="module")
def piped() -> subprocess.CompletedProcess[str]:
    return _demo()


def test_every_defect_goes_through_before_and_is_refused_after(
    piped: subprocess.CompletedProcess[str],
) -> None:
    assert piped.returncode == 0, piped.stdout + piped.stderr
    for block in [*blocks("defects.sql"), *blocks("races.sql")]:
        row = _row_of(piped.stdout, block.title)
        assert "went through" in row
        assert f"refused {block.code}" in row


def test_what_the_spec_does_not_ask_for_is_shown_with_what_would_hold_it(
    piped: subprocess.CompletedProcess[str],
) -> None:
    for block in blocks("not_asked.sql"):
        assert f"not asked ({block.code})" in _row_of(piped.stdout, block.title)
        assert f"{block.headers['asks']} ({block.code})" in piped.stdout


def test_what_the_spec_does_not_ask_for_is_held_once_it_does(server: Server) -> None:
    """What the demo says of each: refused by its rule, or mended in the same statement."""
    with place.on_server(server.dsn(), keep=False) as where:
        with database.connect(where.owner) as owner:
            load.make_schema(owner)
            load.fill(owner, [], [])
            apply.install(owner, _asking())
        with play.sessions(where.application, 1) as (session,):
            done = {it.code: play.play(session, it, actor="app") for it in blocks("not_asked.sql")}

    assert not any(outcome.stored for outcome in done.values())
    assert {code: outcome.code for code, outcome in done.items()} == {
        "IL09": "IL09",
        "IL05": "IL05",
        "IL16": None,  # the payment confirmed the booking: nothing is left to refuse
    }


def test_each_refusal_is_shown_as_the_server_says_it(
    piped: subprocess.CompletedProcess[str],
) -> None:
    assert "booking 8: CANCELLED -> CHECKED_IN is not allowed" in piped.stdout
    said = re.findall(r"ERROR (23514: booking|23P01: conflicting key value)", piped.stdout)
    assert len(said) == len([*blocks("defects.sql"), *blocks("races.sql")])
    assert said.count("23P01: conflicting key value") == 1


def test_the_life_of_a_booking_is_told_in_order(piped: subprocess.CompletedProcess[str]) -> None:
    life = piped.stdout.split("The life of booking 42")[1]

    moves = re.findall(r"([A-Z_]+) -> ([A-Z_]+)", life)
    assert moves == [
        ("PENDING", "PENDING_APPROVAL"),
        ("PENDING_APPROVAL", "CONFIRMED"),
        ("CONFIRMED", "CHECKED_IN"),
        ("CHECKED_IN", "CHECKED_OUT"),
    ]
    assert "permission denied" in life


def test_a_pipe_gets_plain_ascii(piped: subprocess.CompletedProcess[str]) -> None:
    assert piped.stdout.isascii()
    assert "\x1b" not in piped.stdout
    assert piped.stderr == ""


def test_the_made_hotel_takes_no_longer_than_promised() -> None:
    """The quickest of a few: how long one takes says as much of what else the machine does."""
    quickest = inf
    for _ in range(4):
        started = time.monotonic()
        assert _demo().returncode == 0
        quickest = min(quickest, time.monotonic() - started)
        if quickest < LIMIT_S:
            break

    assert quickest < LIMIT_S


@pytest.mark.slow
def test_on_a_server_of_ones_own_nothing_is_left_behind(server: Server) -> None:
    before = _inventory(server)

    done = _demo("--rows", "50", "--dsn", server.dsn())

    assert done.returncode == 0, done.stdout + done.stderr
    assert _inventory(server) == before


def test_a_database_of_that_name_is_not_touched(server: Server) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create database interlock_demo")
        try:
            done = _demo("--rows", "50", "--dsn", server.dsn())
        finally:
            connection.execute("drop database interlock_demo")

    assert done.returncode == 4
    assert "interlock_demo" in done.stderr


def test_a_machine_without_its_guard_is_found_out(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = spec.parse(assets.read(*demo.SPEC), "interlock.yaml")
    moves = tuple(replace(move, guard=None) for move in whole.machines[0].transitions)
    weak = replace(whole, machines=(replace(whole.machines[0], transitions=moves),))
    monkeypatch.setattr(spec, "parse", lambda *_: weak)
    out = StringIO()

    found = demo.run(demo.Options(rows=50, dsn=server.dsn()), screen(out, StringIO()))

    assert found[0] == "an unpaid booking is confirmed: was not refused after"
    assert "WENT THROUGH" in out.getvalue()


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the published data set is not on this machine")
def test_the_published_data_set_is_loaded_whole_in_under_a_minute() -> None:
    started = time.monotonic()

    done = _demo("--data", str(DATA))

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{ROWS:,} bookings" in done.stdout
    assert time.monotonic() - started < 60


def _asking() -> Spec:
    """Return the spec of the demo, which asks for what the demo says that it does not ask for."""
    whole = spec.parse(assets.read(*demo.SPEC) + ASKED, "interlock.yaml")
    (machine,) = whole.machines
    moves = tuple(
        replace(it, by=("front_desk",)) if it.event == "no_show" else it
        for it in machine.transitions
    )
    return replace(whole, machines=(replace(machine, transitions=moves),))


def _demo(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pginterlock", "demo", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)


def _row_of(text: str, title: str) -> str:
    """Return the line of the table in which the row of *title* begins (long titles are folded)."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 3 and cells[1].isdigit() and cells[2] and title.startswith(cells[2]):
            return line
    pytest.fail(f"no row for {title}")


def _inventory(server: Server) -> set[str]:
    query = "select datname::text from pg_database union all select rolname::text from pg_roles"
    with psycopg.connect(server.dsn()) as connection:
        return {name for (name,) in connection.execute(query).fetchall()}
