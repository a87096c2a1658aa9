"""The hotel's bookings are sound and repeatable, no room is booked twice; its writes are data."""

from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from pginterlock.errors import Refused, UsageError
from pginterlock.hotel.bookings import Booking, give_rooms
from pginterlock.hotel.generator import generate
from pginterlock.hotel.published import read
from pginterlock.hotel.script import blocks

ROOT = Path(__file__).parents[2]
TODAY = date(2025, 6, 15)
HEADER = (
    "hotel,lead_time,arrival_date_year,arrival_date_month,arrival_date_day_of_month,"
    "stays_in_weekend_nights,stays_in_week_nights,adults,children,babies,adr,"
    "assigned_room_type,deposit_type,reservation_status,reservation_status_date\n"
)
STAY = "Resort Hotel,7,2015,July,1,0,2,2,NA,1,75,A,No Deposit,Check-Out,2015-07-03\n"


@pytest.fixture(scope="module")
def bookings() -> list[Booking]:
    return generate(2000, TODAY)


def test_the_same_seed_and_day_give_the_same_bookings(bookings: list[Booking]) -> None:
    assert generate(2000, TODAY) == bookings


def test_another_seed_gives_other_bookings(bookings: list[Booking]) -> None:
    assert generate(2000, TODAY, seed=2) != bookings


def test_every_state_occurs_and_cancellations_are_as_frequent_as_in_a_real_hotel(
    bookings: list[Booking],
) -> None:
    counts = Counter(booking.status for booking in bookings)

    assert set(counts) == {
        "PENDING",
        "PENDING_APPROVAL",
        "CONFIRMED",
        "CHECKED_IN",
        "CHECKED_OUT",
        "CANCELLED",
        "NO_SHOW",
    }
    assert 0.22 < counts["CANCELLED"] / len(bookings) < 0.32


def test_times_stand_in_the_order_of_a_life(bookings: list[Booking]) -> None:
    for booking in bookings:
        steps = [booking.created_at, booking.checked_in_at, booking.checked_out_at]
        known = [moment for moment in steps if moment]
        assert known == sorted(known), booking


def test_a_time_is_there_when_and_only_when_its_state_was_entered(bookings: list[Booking]) -> None:
    for booking in bookings:
        came = booking.status in {"CHECKED_IN", "CHECKED_OUT"}
        assert (booking.checked_in_at is not None) == came, booking
        assert (booking.checked_out_at is not None) == (booking.status == "CHECKED_OUT"), booking
        assert (booking.cancelled_at is not None) == (booking.status == "CANCELLED"), booking


def test_the_house_holds_who_arrived_and_not_who_is_still_to_come(bookings: list[Booking]) -> None:
    for booking in bookings:
        if booking.status == "CHECKED_IN":
            assert booking.check_in < TODAY <= booking.check_out, booking
        if booking.status == "CHECKED_OUT":
            assert booking.check_out < TODAY, booking
        assert booking.created_at.date() <= TODAY, booking


def test_no_two_stays_overlap_in_one_room(bookings: list[Booking]) -> None:
    housed, rooms = give_rooms(bookings)

    stays: dict[int, list[Booking]] = {}
    for booking in housed:
        if booking.assigned_room_id is not None:
            stays.setdefault(booking.assigned_room_id, []).append(booking)
    assert set(stays) == {room.id for room in rooms}
    for guests in stays.values():
        for earlier, later in pairwise(sorted(guests, key=lambda b: (b.check_in, b.id))):
            assert earlier.check_out <= later.check_in


def test_a_room_is_occupied_when_a_guest_is_in_it(bookings: list[Booking]) -> None:
    housed, rooms = give_rooms(bookings)

    taken = {b.assigned_room_id for b in housed if b.status == "CHECKED_IN"}
    assert taken
    assert {room.id for room in rooms if room.is_occupied} == taken


def test_rooms_of_one_house_have_different_numbers(bookings: list[Booking]) -> None:
    _, rooms = give_rooms(bookings)

    assert len({(room.hotel_id, room.number) for room in rooms}) == len(rooms)


def test_a_row_of_the_published_data_becomes_a_booking(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text(HEADER + STAY)

    (booking,) = read(file).bookings

    assert booking.status == "CHECKED_OUT"
    assert (booking.check_in, booking.check_out) == (date(2015, 7, 1), date(2015, 7, 3))
    assert booking.children == 1
    assert booking.checked_out_at
    assert booking.checked_out_at.date() == date(2015, 7, 3)


def test_a_stay_of_no_night_is_counted_and_kept_as_one_night(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text(HEADER + STAY.replace(",0,2,2,", ",0,0,2,"))

    found = read(file)

    assert found.day_visits == 1
    assert found.bookings[0].check_out == date(2015, 7, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("a,b\n1,2\n", "it has no column hotel", id="another CSV file"),
        pytest.param("", "it has no column hotel", id="an empty file"),
        pytest.param(HEADER + STAY.replace("July", "Jully"), "line 2", id="a month that is none"),
        pytest.param(HEADER + STAY.replace("Check-Out", "Gone"), "line 2", id="an unknown status"),
        pytest.param(HEADER + STAY + "Resort Hotel,7\n", "line 3", id="a line cut short"),
    ],
)
def test_a_file_that_is_not_the_data_set_is_named_with_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "data.csv"
    file.write_text(text)

    with pytest.raises(UsageError, match=said):
        read(file)


def test_a_broken_gzip_file_is_a_usage_error(tmp_path: Path) -> None:
    file = tmp_path / "data.csv.gz"
    file.write_bytes(b"\x1f\x8b broken")

    with pytest.raises(UsageError, match="cannot be read"):
        read(file)


@pytest.mark.parametrize("name", ["defects.sql", "not_asked.sql", "races.sql"])
def test_every_defect_has_a_writer_a_known_code_and_a_proof(name: str) -> None:
    found = blocks(name)

    assert found
    for block in found:
        assert block.writer, block.title
        assert block.code in Refused.by_code, block.title
        assert block.proof.startswith("select"), block.title
        assert block.statements or (block.parts["first"] and block.parts["second"]), block.title


def test_statements_of_a_block_are_taken_apart() -> None:
    (block,) = (b for b in blocks("defects.sql") if b.title.endswith("born again as PENDING"))

    assert [statement.split()[0] for statement in block.statements] == ["delete", "insert"]


def test_the_example_shows_the_schema_and_the_spec_that_the_demo_plays() -> None:
    for name in ("schema.sql", "interlock.yaml"):
        shown = (ROOT / "examples" / "hotel" / name).read_text(encoding="utf-8")
        played = (ROOT / "sql" / "demo" / name).read_text(encoding="utf-8")
        assert shown == played, f"examples/hotel/{name} and sql/demo/{name} differ"
