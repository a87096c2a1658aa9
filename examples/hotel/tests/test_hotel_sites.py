"""Every write site of the report, over HTTP: before, its defect is stored; after, it is refused."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from examples.hotel.tests.cases import BULK, DEFECTS, HONEST, Bulk, Case
from examples.hotel.tests.client import Answer, Hotel

_FAR = date.today() + timedelta(days=1000)


# The report's write map: status, checked_in_at, checked_out_at, assigned_room.
_SITES = """
guest_cancellation.py:100 booking_management.py:235 booking_management.py:353 staff_views.py:1461
staff_views.py:1347 staff_views.py:3216 staff_views.py:3243 staff_views.py:3256 staff_views.py:3288
payment_views.py:435 staff_views.py:1942 staff_views.py:2510 checkout.py:129 room_assignment.py:203
room_move.py:164 staff_views.py:1940 staff_views.py:2352
"""
_CODE = Path(__file__).parents[1] / "before"


def ask(hotel: Hotel, case: Case) -> tuple[int, str, Answer]:
    """Make the booking of *case*, send its request; return booking, row before, and answer."""
    words = {"room": hotel.room(), "taken": hotel.room()}
    if "{taken}" in str(case.form):
        hotel.booking("CHECKED_IN", room=words["taken"])
    room = hotel.room() if case.has_room else None
    booking = hotel.booking(case.state, is_paid=case.is_paid, room=room)
    words["booking"] = booking
    stored = hotel.stored(booking)
    form = {k: words[v[1:-1]] if v in _words(words) else v for k, v in case.form.items()}
    return booking, stored, hotel.post(case.path.format(**words), **form)


def _words(words: dict[str, int]) -> list[object]:
    return [f"{{{it}}}" for it in words]


def ask_bulk(hotel: Hotel, case: Bulk) -> tuple[Answer, int]:
    """Send the request of a group; return the answer, and how many unpaid CONFIRMED are stored."""
    day = _FAR + timedelta(days=int(case.site[-4:]))
    form = json.dumps(case.form).replace("{day}", str(day))
    asked = json.loads(form.replace("{next_day}", str(day + timedelta(days=1))))
    answer = hotel.post(
        "/staff/bookings/bulk", hotel=1, room_type="A", nightly_rate="95.00", **asked
    )
    query = (
        "select from hotel.room_booking where check_in between %s and %s"
        " and status = 'CONFIRMED' and payment_captured_at is null"
    )
    stored = hotel.admin.execute(query, [day, day + timedelta(days=8)]).rowcount
    return answer, stored


def test_every_write_site_of_the_report_is_there_and_tried() -> None:
    sites = sorted(_SITES.split())
    marks = {it.name: re.findall(r"# (\w+\.py:\d+)", it.read_text()) for it in _CODE.glob("*.py")}

    assert len(sites) == 17
    assert sorted(it for found in marks.values() for it in found) == sites
    assert all(it.startswith(f"{name}:") for name, found in marks.items() for it in found)
    assert {it.site.split()[-1] for it in [*DEFECTS, *BULK]} == set(sites)


@pytest.mark.parametrize("case", DEFECTS, ids=str)
def test_before_the_defect_is_stored(before: Hotel, case: Case) -> None:
    booking, _, answer = ask(before, case)

    assert answer.status == 200
    assert before.holds(booking, case.stored)


@pytest.mark.parametrize("case", DEFECTS, ids=str)
def test_after_the_same_view_answers_409(after: Hotel, case: Case) -> None:
    booking, stored, answer = ask(after, case)

    assert (answer.status, answer.body.get("code")) == (409, case.code)
    assert str(answer.body["message"]).startswith(f"booking {booking}: ")
    assert answer.body["hint"]
    assert after.stored(booking) == stored


@pytest.mark.parametrize("case", BULK, ids=str)
def test_before_a_group_is_born_confirmed_and_unpaid(before: Hotel, case: Bulk) -> None:
    answer, stored = ask_bulk(before, case)

    assert (answer.status, stored) == (201, case.count)


@pytest.mark.parametrize("case", BULK, ids=str)
def test_after_a_group_is_not_born_confirmed(after: Hotel, case: Bulk) -> None:
    answer, stored = ask_bulk(after, case)

    assert (answer.status, answer.body.get("code"), stored) == (409, "IL02", 0)


@pytest.mark.parametrize("case", HONEST, ids=str)
def test_after_honest_work_passes(after: Hotel, case: Case) -> None:
    booking, _, answer = ask(after, case)

    assert answer.status == 200, answer
    assert after.holds(booking, case.stored)


def test_before_a_paid_booking_waits_in_limbo(before: Hotel) -> None:
    booking = before.booking("PENDING")

    assert before.post("/payments/webhook", booking=booking).status == 200

    assert before.holds(booking, "status = 'PENDING_APPROVAL' and payment_captured_at is not null")


def test_after_a_payment_that_is_told_twice_is_booked_once(after: Hotel) -> None:
    booking = after.booking("PENDING")

    assert after.post("/payments/webhook", booking=booking).status == 200
    once = after.stored(booking)
    assert after.post("/payments/webhook", booking=booking).status == 200

    assert after.stored(booking) == once


def test_before_a_cancelled_booking_keeps_its_room(before: Hotel) -> None:
    booking = before.booking("CONFIRMED", room=before.room())

    assert before.post(f"/staff/bookings/{booking}/cancel").status == 200

    assert before.holds(booking, "status = 'CANCELLED' and assigned_room_id is not null")


def test_after_a_cancellation_needs_a_reason(after: Hotel) -> None:
    booking = after.booking("CONFIRMED")

    answer = after.post(f"/staff/bookings/{booking}/cancel", headers={"X-Reason": ""})

    assert (answer.status, answer.body["code"]) == (409, "IL06")
    assert answer.body["missing"] == ["reason"]


def test_after_the_history_tells_who_did_what_and_why(after: Hotel) -> None:
    booking = after.booking("PENDING")
    room = after.room()

    for who, path, form in [
        ("payments", "/payments/webhook", {"booking": booking}),
        ("staff:1", f"/desk/bookings/{booking}/assign-room", {"room": room}),
        ("staff:2", f"/desk/bookings/{booking}/check-in", {}),
        ("staff:3", f"/desk/bookings/{booking}/check-out", {}),
    ]:
        assert (
            after.post(path, headers={"X-User": who, "X-Reason": who[::-1]}, **form).status == 200
        )

    query = (
        "select actor, reason, event, session_role::text from interlock.booking_audit"
        " where key_id = %s and kind = 'move' order by id"
    )
    assert after.admin.execute(query, [booking]).fetchall() == [
        ("payments", "stnemyap", "confirm", "hotel_app"),
        ("staff:2", "2:ffats", "check_in", "hotel_app"),
        ("staff:3", "3:ffats", "check_out", "hotel_app"),
    ]


def test_a_booking_that_is_not_there_is_not_found(before: Hotel, after: Hotel) -> None:
    for hotel in (before, after):
        assert hotel.post("/desk/bookings/987654/check-out").status == 404
        assert hotel.post("/staff/bookings/987654/confirm").status == 404
