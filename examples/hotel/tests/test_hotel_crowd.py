"""A crowd of clients asks for anything at once: before, wrongs are stored; after, none."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from examples.hotel.place import SPEC
from examples.hotel.tests.client import Answer, Hotel

from pginterlock import spec, verify

_CLIENTS = 6
_REQUESTS = 160
_PATHS = [
    "/staff/bookings/{booking}/confirm",
    "/staff/bookings/{booking}/cancel",
    "/staff/bookings/{booking}/check-in",
    "/staff/bookings/{booking}/detail",
    "/payments/webhook",
    "/guest/bookings/{booking}/cancel",
    "/desk/bookings/{booking}/cancel",
    "/desk/bookings/{booking}/cancel-and-refund",
    "/desk/bookings/{booking}/check-out",
    "/desk/bookings/{booking}/assign-room",
    "/desk/bookings/{booking}/move-room",
]
_MENDED = "/desk/bookings/{booking}/check-in"
_WRONG = """
    select from hotel.room_booking
    where
        id = any(%s)
        and (
            (status = 'CONFIRMED' and payment_captured_at is null)
            or (checked_in_at is not null) <> (status in ('CHECKED_IN', 'CHECKED_OUT'))
            or (checked_out_at is not null) <> (status = 'CHECKED_OUT')
            or (cancelled_at is not null) <> (status = 'CANCELLED')
            or (status in ('CHECKED_IN', 'CHECKED_OUT') and assigned_room_id is null)
            or (status = 'CANCELLED' and assigned_room_id is not null)
            or (refund_processed_at is not null and payment_captured_at is null)
        )
"""


def crowd(hotel: Hotel, paths: list[str], bookings: list[int]) -> Counter[int]:
    """Send requests of all kinds from several clients; return how many got which status."""
    chance = random.Random(15)
    rooms = [hotel.room() for _ in range(3)]

    def form(path: str, booking: int) -> dict[str, object]:
        if path == "/payments/webhook":
            return {"booking": booking}
        return {"room": chance.choice(rooms), "unassign_room": True}

    asked = []
    for _ in range(_REQUESTS):
        path, booking = chance.choice(paths), chance.choice(bookings)
        asked.append((path.format(booking=booking), form(path, booking)))

    def send(one: tuple[str, dict[str, object]]) -> Answer:
        return hotel.post(one[0], **one[1])

    with ThreadPoolExecutor(_CLIENTS) as pool:
        return Counter(it.status for it in pool.map(send, asked))


def bookings_of(hotel: Hotel) -> list[int]:
    """Make the bookings that the crowd falls upon."""
    return [
        hotel.booking(state)
        for state in ("PENDING", "PENDING_APPROVAL", "CONFIRMED", "CONFIRMED")
        for _ in range(6)
    ]


@pytest.mark.slow
def test_before_a_crowd_leaves_wrongs_behind(before: Hotel) -> None:
    bookings = bookings_of(before)

    crowd(before, _PATHS, bookings)

    assert before.admin.execute(_WRONG, [bookings]).rowcount > 0


@pytest.mark.slow
def test_after_a_crowd_leaves_none(after: Hotel) -> None:
    bookings = bookings_of(after)

    answers = crowd(after, [*_PATHS, _MENDED], bookings)

    assert set(answers) <= {200, 400, 409, 503}
    assert answers[200] > 0
    assert answers[409] > 0
    assert after.admin.execute(_WRONG, [bookings]).rowcount == 0
    report = verify.verify(after.admin, spec.load(SPEC))
    assert [it for it in report.findings if it.code.startswith("IL")] == []
