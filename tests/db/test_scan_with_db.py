"""`interlock scan --with-db`: the sites of the code, and what the history of a database knows."""

import json
import sys
from collections.abc import Callable
from unittest import mock

import psycopg
import pytest
from tests.conftest import HOTEL_SPEC
from tests.scan_sites import BEFORE, seventeen

from pginterlock.__main__ import main
from pginterlock.commands import scan as scanning
from pginterlock.refusals import Sink
from pginterlock.scan.site import Scanned

Connect = Callable[..., psycopg.Connection]
VIEW = "/*controller='{}',framework='django%3A5.2',route='{}'*/"


@pytest.fixture
def session(hotel: str, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> psycopg.Connection:
    """A session of the application, in the hotel under its machine, with four bookings."""
    monkeypatch.setenv("INTERLOCK_DSN", hotel)
    made = connect(hotel, autocommit=True, application_name="hotel", prepare_threshold=None)
    made.execute(
        "insert into hotel.room_booking (hotel_id, status, room_type, check_in, check_out,"
        " nightly_rate) select 1, 'PENDING', 'A', '2026-03-01', '2026-03-03', 90"
        " from generate_series(1, 4)"
    )
    return made


@pytest.fixture(autouse=True)
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sites of the hotel, as the engine finds them."""
    scanned = Scanned(seventeen(), files=19, lines=600)
    monkeypatch.setattr(scanning, "scan", lambda *_, **__: scanned)


def run(*arguments: str) -> int:
    command = ["interlock", "scan", str(BEFORE), "--spec", str(HOTEL_SPEC), *arguments]
    with mock.patch.object(sys, "argv", command), pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def cancel(session: psycopg.Connection, booking: int, statement: str) -> None:
    with session.transaction():
        session.execute("select interlock.act_as('user:1', 'so')")
        session.execute(f"{statement.format(booking)}".encode())


DJANGO = (
    'UPDATE "hotel"."room_booking" SET "status" = \'CANCELLED\', "assigned_room_id" = null'
    ' WHERE "hotel"."room_booking"."id" = {}'
)


def test_sites_are_seen_or_never_seen_and_others_write_too(
    hotel: str, session: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    in_view = VIEW.format("StaffBookingCancelView", "staff/bookings/%3Cint%3Aid%3E/cancel")
    in_service = "/*file='examples/hotel/before/booking_management.py',func='cancel_booking'*/"
    by_hand = "update hotel.room_booking set status = 'CANCELLED' where id = {}"
    cancel(session, 1, f"{DJANGO} {in_view}")
    cancel(session, 2, f"{DJANGO} {in_service}")
    cancel(session, 3, by_hand)
    again = f"{DJANGO.format(1).replace('CANCELLED', 'CONFIRMED')} {in_view}"
    with (
        Sink(hotel, synchronous=True, application="hotel") as sink,
        pytest.raises(psycopg.IntegrityError),
        sink.watching(statement=again),
    ):
        session.execute(again.encode())

    assert run("--with-db", "--format", "json") == 0

    told = json.loads(capsys.readouterr().out)
    seen = {
        it["enclosing"]: it["observed"]
        for it in told["sites"]
        if it["observed"]["sight"] != "never seen"
    }
    assert {name: (it["sight"], it["entries"], it["refused"]) for name, it in seen.items()} == {
        "StaffBookingCancelView.post": ("seen", 1, 1),
        "cancel_booking": ("seen", 1, 0),
    }
    assert all(it["last_at"] for it in seen.values())
    births, by_psql = told["not_in_code"]
    assert (births["events"], births["entries"]) == (["birth"], 4)
    assert by_psql["by"] == "hotel: update hotel.room_booking set status = ? where id = ?"
    assert (by_psql["events"], by_psql["entries"]) == (["cancel"], 1)
    assert run("--with-db") == 0
    text = capsys.readouterr().out
    assert "At run time: 2 seen, 15 never seen; 2 who write and are not in the code" in text
    assert "Seen, but not in the code: 2" in text
    assert "`hotel: update hotel.room_booking set status = ? where id = ?`: it is not in" in text
    assert "never seen" in text


def test_the_save_of_an_orm_without_tags_is_known_by_table_columns_and_event(
    session: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    session.execute("update hotel.room_booking set payment_captured_at = now() where id = 1")
    saved = DJANGO.replace("CANCELLED", "CONFIRMED").format(1)
    session.execute(saved.encode())

    assert run("--with-db", "--format", "json") == 0

    told = json.loads(capsys.readouterr().out)
    seen = [it for it in told["sites"] if it["observed"]["entries"]]
    assert [it["enclosing"] for it in seen] == ["StaffBookingConfirmView.post"]


def test_a_machine_that_is_not_installed_is_said_so(
    empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--with-db", "--dsn", empty) == 2
    assert "no machine 'booking' is installed here" in capsys.readouterr().err


def test_models_that_are_named_have_no_history(
    session: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    del session
    command = ["interlock", "scan", ".", "--model", "Order", "--column", "status", "--with-db"]
    with mock.patch.object(sys, "argv", command), pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert "--with-db needs the machines of a spec" in capsys.readouterr().err
