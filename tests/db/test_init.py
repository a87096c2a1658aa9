"""``interlock init``: a first spec of a table that is there fits it, and only observes."""

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from unittest import mock

import psycopg
import pytest

from pginterlock import apply, spec
from pginterlock.__main__ import main
from pginterlock.choices import Mode
from pginterlock.hotel import load
from pginterlock.hotel.bookings import give_rooms
from pginterlock.hotel.generator import generate
from pginterlock.steps import make_plan

Connect = Callable[..., psycopg.Connection]

LOG = """
create table hotel.booking_log (
    id bigint generated always as identity, booking_id bigint references hotel.room_booking,
    new_status text, changed_at timestamptz
);
insert into hotel.booking_log (booking_id, new_status, changed_at)
select id, 'PENDING', created_at from hotel.room_booking
union all
select id, 'CONFIRMED', created_at + interval '1 s' from hotel.room_booking
where status in ('CONFIRMED', 'CHECKED_IN', 'CHECKED_OUT', 'NO_SHOW')
union all
select id, 'CHECKED_IN', coalesce(checked_in_at, check_in) + interval '1 day'
from hotel.room_booking where status in ('CHECKED_IN', 'CHECKED_OUT')
union all
select id, 'CHECKED_OUT', '2100-01-01' from hotel.room_booking where status = 'CHECKED_OUT'
union all
select id, 'CANCELLED', '2100-01-01' from hotel.room_booking where status = 'CANCELLED'
"""


@pytest.fixture
def hotel_with_bookings(
    empty: str, connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> psycopg.Connection:
    """The bare hotel with some thousand bookings, and a log of their states."""
    session = connect(empty, autocommit=True)
    load.make_schema(session)
    bookings, rooms = give_rooms(generate(2000, date(2026, 1, 1)))
    load.fill(session, rooms, bookings)
    session.execute(LOG)
    monkeypatch.setenv("INTERLOCK_DSN", empty)
    monkeypatch.chdir(tmp_path)
    return session


def run(*arguments: str) -> int:
    command = ["interlock", "init", *arguments]
    with mock.patch.object(sys, "argv", command), pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize("history", [[], ["--history", "hotel.booking_log"]])
def test_the_proposal_is_installed_as_it_is(
    hotel_with_bookings: psycopg.Connection, history: list[str]
) -> None:
    ended = run("--from-db", "hotel.room_booking", *history)

    proposed = spec.load(Path("interlock.yaml"))
    apply.install(hotel_with_bookings, proposed)
    assert (ended, proposed.machines[0].mode) == (0, Mode.OBSERVE)
    assert make_plan(hotel_with_bookings, proposed).is_empty


@pytest.mark.usefixtures("hotel_with_bookings")
def test_moves_and_beginnings_are_those_of_the_log() -> None:
    run("--from-db", "hotel.room_booking", "--history", "hotel.booking_log")

    (machine,) = spec.load(Path("interlock.yaml")).machines
    assert machine.initial == ("PENDING",)
    assert machine.targets("CONFIRMED") == ("CHECKED_IN",)
    assert set(machine.targets("PENDING")) == {"CONFIRMED", "CANCELLED"}
    assert {s.column: s.states for s in machine.stamps} == {
        "checked_in_at": ("CHECKED_IN",),
        "checked_out_at": ("CHECKED_OUT",),
        "cancelled_at": ("CANCELLED",),
    }


@pytest.mark.usefixtures("hotel_with_bookings")
def test_likely_claims_are_told_with_their_clashes(capsys: pytest.CaptureFixture[str]) -> None:
    run("--from-db", "hotel.room_booking", "--output", "-")

    told = capsys.readouterr().out
    assert 'assigned_room_id: {resource: [assigned_room_id], during: "daterange(check_in' in told
    assert "rows hold it while another does" in told


def test_a_table_with_every_oddity_is_proposed(hotel_with_bookings: psycopg.Connection) -> None:
    hotel_with_bookings.execute(
        """create type "Order Phase" as enum ('new', 'NO', 'on hold', 'ça');
        create table "Mein ""Bestell""-Buch" (
            "Nr." int unique not null, "Order State" "Order Phase", "on hold at" timestamptz
        );
        insert into "Mein ""Bestell""-Buch" values
            (1, 'new', null), (2, 'on hold', now()), (3, null, null)"""
    )

    ended = run("--from-db", '"Mein ""Bestell""-Buch"')

    (machine,) = spec.load(Path("interlock.yaml")).machines
    assert (ended, machine.table.name, machine.key) == (0, 'Mein "Bestell"-Buch', ("Nr.",))
    assert set(machine.states) <= {"new", "NO", "on hold", "ça"}
    assert "null: no machine takes that" in Path("interlock.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param([], 2, "say where to look", id="nothing"),
        pytest.param(["--from-db", "hotel.gone"], 2, "there is no table hotel.gone", id="no table"),
        pytest.param(["--from-db", "a.b.c.d.e"], 2, "there is no table", id="no name"),
        pytest.param(["--from-db", "hotel.hotel", "--state", "no"], 2, "no column", id="no column"),
        pytest.param(["--from-db", "hotel.room", "--state", "id"], 2, "is text", id="number"),
        pytest.param(["--from-enum", "json"], 2, "module:Name", id="no name of a class"),
        pytest.param(["--from-enum", "json:JSONDecoder"], 2, "is no enum", id="no enum"),
        pytest.param(["--from-enum", "nowhere:It"], 2, "cannot be imported", id="no module"),
        pytest.param(["--from-sqlalchemy", "json:JSONDecoder"], 2, "no mapped", id="no class"),
        pytest.param(
            ["--from-db", "hotel.room_booking", "--history", "hotel.room:id,number"],
            2,
            "three columns are asked",
            id="half a history",
        ),
        pytest.param(
            ["--from-db", "hotel.room_booking", "--history", "hotel.hotel"],
            2,
            "not plain to see",
            id="no history",
        ),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("hotel_with_bookings")
def test_a_wrong_question_gets_one_message(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    ended = run(*arguments)

    assert (ended, message in capsys.readouterr().err) == (code, True)
    assert not Path("interlock.yaml").exists()


@pytest.mark.usefixtures("hotel_with_bookings")
def test_a_file_that_is_there_stays(capsys: pytest.CaptureFixture[str]) -> None:
    Path("interlock.yaml").write_text("mine", encoding="utf-8")

    ended = run("--from-db", "hotel.room_booking")

    assert (ended, Path("interlock.yaml").read_text(encoding="utf-8")) == (4, "mine")
    assert "is there already" in capsys.readouterr().err
