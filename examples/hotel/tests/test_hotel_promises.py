"""What needs rules between rows, tables and roles: before, it happens; promised, it does not.

A promise that this version does not keep yet is an expected failure, and strict: it turns red on
the day its rule is enforced. Then its mark goes.
"""

import time

import psycopg
import pytest
from examples.hotel.tests import promises
from examples.hotel.tests.client import Hotel

from pginterlock import verify
from pginterlock.refused import refusal

_HOLDERS = (
    "select from hotel.room_booking where assigned_room_id = %s"
    " and status in ('CONFIRMED', 'CHECKED_IN')"
)
_LAST = (
    "select event, from_state, actor from interlock.booking_audit where key_id = %s"
    " order by id desc limit 1"
)
_TOO_LONG_S = 1.1
_FIRE = "select interlock.fire('booking', %s, 'confirm', expect => 'PENDING_APPROVAL')"


def promise(what: str) -> pytest.MarkDecorator:
    """Mark a test as promised: *what* is missing."""
    return pytest.mark.xfail(strict=True, raises=AssertionError, reason=what)


# RoomAssignmentService and RoomMoveService: two guests in one room.


def assign_at_once(hotel: Hotel) -> tuple[int, list[object]]:
    """Let two bookings ask for one room, both before either saves; return room and answers."""
    room = hotel.room()
    one, other = (hotel.booking("CONFIRMED", is_paid=True) for _ in range(2))
    with hotel.paused(f"/desk/bookings/{one}/assign-room", room=room) as late:
        first = hotel.post(f"/desk/bookings/{other}/assign-room", room=room)
        second = late.go_on()
    answers = [(it.status, it.body.get("code")) for it in (first, second)]
    return hotel.admin.execute(_HOLDERS, [room]).rowcount, list(answers)


def move_in(hotel: Hotel) -> tuple[int, int]:
    """Move a guest into the room of another; return how many hold it, and the status."""
    room = hotel.room()
    hotel.booking("CHECKED_IN", room=room)
    booking = hotel.booking("CHECKED_IN", room=hotel.room())
    answer = hotel.post(f"/desk/bookings/{booking}/move-room", room=room)
    return hotel.admin.execute(_HOLDERS, [room]).rowcount, answer.status


def test_before_two_bookings_are_assigned_one_room(before: Hotel) -> None:
    assert assign_at_once(before) == (2, [(200, None), (200, None)])


def test_one_of_two_bookings_gets_the_room(promised: Hotel) -> None:
    assert assign_at_once(promised) == (1, [(200, None), (409, "IL15")])


def test_before_a_guest_is_moved_into_the_room_of_another(before: Hotel) -> None:
    assert move_in(before) == (2, 200)


def test_a_guest_is_not_moved_into_the_room_of_another(promised: Hotel) -> None:
    assert move_in(promised) == (1, 409)


# Writes of room.is_occupied: a room that is occupied by nobody.


def assign_and_cancel(hotel: Hotel) -> bool:
    """Assign a room, cancel by the view; return whether the room is still marked as occupied."""
    room, booking = hotel.room(), hotel.booking("CONFIRMED", is_paid=True)
    hotel.post(f"/desk/bookings/{booking}/assign-room", room=room)
    assert hotel.post(f"/staff/bookings/{booking}/cancel").status == 200
    return hotel.is_occupied(room)


def assign_while_cancelling(hotel: Hotel) -> bool:
    """Assign a room while a cancellation has read the booking; return the same."""
    room, booking = hotel.room(), hotel.booking("CONFIRMED", is_paid=True)
    with hotel.paused(f"/staff/bookings/{booking}/cancel") as cancellation:
        hotel.post(f"/desk/bookings/{booking}/assign-room", room=room)
        assert cancellation.go_on().status == 200
    return hotel.is_occupied(room)


def test_before_a_room_stays_occupied_after_a_cancellation(before: Hotel) -> None:
    assert assign_and_cancel(before)


def test_a_room_is_free_after_a_cancellation(mirrored: Hotel) -> None:
    assert not assign_and_cancel(mirrored)


def test_race_3_leaves_no_room_occupied_by_a_cancelled_booking(mirrored: Hotel) -> None:
    assert not assign_while_cancelling(mirrored)


def test_a_room_follows_a_guest_who_checks_in(mirrored: Hotel) -> None:
    room, booking = mirrored.room(), mirrored.booking("CONFIRMED", is_paid=True)
    move = "update hotel.room_booking set status = 'CHECKED_IN', assigned_room_id = %s"

    mirrored.admin.execute(f"{move} where id = %s".encode(), [room, booking])

    assert mirrored.is_occupied(room)


# PaymentWebhookView: a paid booking in limbo.


def pay(hotel: Hotel) -> int:
    """Let the webhook note a payment, and ask for an approval as it always did."""
    booking = hotel.booking("PENDING")
    assert hotel.post("/payments/webhook", booking=booking).status == 200
    return booking


def test_before_the_webhook_leaves_a_paid_booking_waiting(before: Hotel) -> None:
    assert before.holds(pay(before), "status = 'PENDING_APPROVAL'")


def test_the_unchanged_webhook_confirms(promised: Hotel) -> None:
    booking = pay(promised)

    assert promised.holds(booking, "status = 'CONFIRMED' and payment_captured_at is not null")
    entry = promised.admin.execute(_LAST, [booking]).fetchone()
    assert entry == ("confirm", "PENDING", "interlock:capture_confirms")


def test_limbo_is_reported(promised: Hotel) -> None:
    booking = promised.booking("PENDING_APPROVAL")
    time.sleep(_TOO_LONG_S)

    report = verify.verify(promised.admin, promises.next_machine())

    late = [it for it in report.findings if it.code == "IL16"]
    assert booking in [key.get("id") for it in late for key in it.samples]


# Authority violations: views that bypass the services.


@pytest.mark.parametrize(
    ("view", "state"),
    [("confirm", "PENDING_APPROVAL"), ("cancel", "CONFIRMED")],
    ids=["StaffBookingConfirmView", "StaffBookingCancelView"],
)
def test_a_view_may_not_do_what_the_desk_may(desk_only: Hotel, view: str, state: str) -> None:
    booking = desk_only.booking(state, is_paid=True)

    answer = desk_only.post(f"/staff/bookings/{booking}/{view}")

    assert (answer.status, answer.body.get("code")) == (409, "IL05")


def test_the_desk_may(desk_only: Hotel) -> None:
    booking = desk_only.booking("PENDING_APPROVAL", is_paid=True)

    with desk_only.admin.transaction():
        desk_only.admin.execute("set local role front_desk")
        desk_only.admin.execute(
            "update hotel.room_booking set status = 'CONFIRMED' where id = %s", [booking]
        )

    assert desk_only.holds(booking, "status = 'CONFIRMED'")


# Race 2: double confirmation.


def test_before_two_members_of_the_staff_confirm_one_booking(before: Hotel) -> None:
    booking = before.booking("PENDING_APPROVAL", is_paid=True)

    with before.paused(f"/staff/bookings/{booking}/confirm") as late:
        assert before.post(f"/staff/bookings/{booking}/confirm").status == 200
        assert late.go_on().status == 200


def test_the_second_confirmation_is_told_that_it_is_late(after: Hotel) -> None:
    booking = after.booking("PENDING_APPROVAL", is_paid=True)

    after.admin.execute(_FIRE, [booking])

    with pytest.raises(psycopg.errors.CheckViolation) as caught:
        after.admin.execute(_FIRE, [booking])
    late = refusal(caught.value)
    assert late
    assert late.code == "IL08"
