"""What is asked of each write site: a bad request with the wrong it stores, and an honest one.

The names are those of the report. In a path and in a form ``{booking}`` is the booking, ``{room}``
a free room, ``{taken}`` a room with a guest in it. *wrong* and *right* are conditions on the
booking *b* and its room *r* as stored.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Case:
    """One request to one write site, and the booking that it meets."""

    site: str
    title: str
    state: str
    path: str
    stored: str
    code: str = ""
    is_paid: bool = False
    has_room: bool = False
    form: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.site}: {self.title}"


@dataclass(frozen=True, slots=True)
class Bulk:
    """One scenario of the bulk view, and the site that it writes at."""

    site: str
    form: dict[str, object]
    count: int

    def __str__(self) -> str:
        return f"BulkBookingCreateView {self.site}"


DEFECTS = [
    Case(
        "GuestCancellationService guest_cancellation.py:100",
        "a finished stay is cancelled",
        "CHECKED_OUT",
        "/guest/bookings/{booking}/cancel",
        "b.status = 'CANCELLED' and b.checked_out_at is not null",
        "IL01",
        has_room=True,
    ),
    Case(
        "cancel_booking booking_management.py:235",
        "the booking of a guest in the house is cancelled",
        "CHECKED_IN",
        "/desk/bookings/{booking}/cancel",
        "b.status = 'CANCELLED' and r.is_occupied",
        "IL01",
        has_room=True,
    ),
    Case(
        "cancel_booking_and_refund booking_management.py:353",
        "what was never paid is paid back",
        "PENDING",
        "/desk/bookings/{booking}/cancel-and-refund",
        "b.refund_processed_at is not null and b.payment_captured_at is null",
        "IL14",
    ),
    Case(
        "StaffBookingCancelView staff_views.py:1461",
        "a guest who did not come is cancelled instead",
        "NO_SHOW",
        "/staff/bookings/{booking}/cancel",
        "b.status = 'CANCELLED'",
        "IL01",
    ),
    Case(
        "StaffBookingConfirmView staff_views.py:1347",
        "an unpaid booking is confirmed",
        "PENDING_APPROVAL",
        "/staff/bookings/{booking}/confirm",
        "b.status = 'CONFIRMED' and b.payment_captured_at is null",
        "IL04",
    ),
    Case(
        "StaffBookingConfirmView staff_views.py:1347",
        "a cancelled booking is confirmed",
        "CANCELLED",
        "/staff/bookings/{booking}/confirm",
        "b.status = 'CONFIRMED' and b.cancelled_at is not null",
        "IL01",
        is_paid=True,
    ),
    Case(
        "StaffBookingCheckInView staff_views.py:1942",
        "a guest is checked in by the time, and not by the status",
        "CONFIRMED",
        "/staff/bookings/{booking}/check-in",
        "b.checked_in_at is not null and b.status = 'CONFIRMED' and b.assigned_room_id is null",
        "IL12",
    ),
    Case(
        "StaffBookingCheckInView staff_views.py:1940",
        "a guest is put into a room with somebody in it, past the service",
        "CONFIRMED",
        "/staff/bookings/{booking}/check-in",
        "b.assigned_room_id is not null and b.status = 'CONFIRMED' and r.is_occupied",
        "IL12",
        form={"room": "{taken}"},
    ),
    Case(
        "StaffBookingDetailUpdateView staff_views.py:2510",
        "a guest has arrived at a booking that nobody confirmed",
        "PENDING",
        "/staff/bookings/{booking}/detail",
        "b.checked_in_at is not null and b.status = 'PENDING'",
        "IL12",
        form={"has_arrived": True},
    ),
    Case(
        "StaffBookingDetailUpdateView staff_views.py:2352",
        "the room is taken from a guest in the house",
        "CHECKED_IN",
        "/staff/bookings/{booking}/detail",
        "b.status = 'CHECKED_IN' and b.assigned_room_id is null",
        "IL13",
        has_room=True,
        form={"unassign_room": True},
    ),
    Case(
        "PaymentWebhookView payment_views.py:435",
        "a payment revives a cancelled booking",
        "CANCELLED",
        "/payments/webhook",
        "b.status <> 'CANCELLED' and b.cancelled_at is not null",
        "IL01",
        form={"booking": "{booking}"},
    ),
    Case(
        "CheckoutService checkout.py:129",
        "a guest who never came is checked out",
        "CONFIRMED",
        "/desk/bookings/{booking}/check-out",
        "b.status = 'CHECKED_OUT' and b.checked_in_at is null",
        "IL01",
        has_room=True,
    ),
    Case(
        "RoomAssignmentService room_assignment.py:203",
        "a cancelled booking is given a room",
        "CANCELLED",
        "/desk/bookings/{booking}/assign-room",
        "b.status = 'CANCELLED' and r.is_occupied",
        "IL13",
        form={"room": "{room}"},
    ),
    Case(
        "RoomMoveService room_move.py:164",
        "a finished stay is given another room",
        "CHECKED_OUT",
        "/desk/bookings/{booking}/move-room",
        "b.status = 'CHECKED_OUT' and r.is_occupied",
        "IL07",
        has_room=True,
        form={"room": "{room}"},
    ),
]

_STAY = {"check_in": "{day}", "check_out": "{next_day}"}
BULK = [
    Bulk("staff_views.py:3216", {"scenario": "single", "stay": _STAY}, 1),
    Bulk("staff_views.py:3243", {"scenario": "rooms", "count": 3, "stay": _STAY}, 3),
    Bulk("staff_views.py:3256", {"scenario": "stays", "stays": [_STAY, _STAY]}, 2),
    Bulk("staff_views.py:3288", {"scenario": "weeks", "count": 2, "stay": _STAY}, 2),
]

HONEST = [
    Case(
        "GuestCancellationService",
        "a guest cancels and is paid back",
        "CONFIRMED",
        "/guest/bookings/{booking}/cancel",
        "b.status = 'CANCELLED' and b.refund_processed_at is not null"
        " and b.assigned_room_id is null",
        has_room=True,
    ),
    Case(
        "cancel_booking",
        "the desk cancels, and the machine takes the room back",
        "CONFIRMED",
        "/desk/bookings/{booking}/cancel",
        "b.status = 'CANCELLED' and b.assigned_room_id is null",
        has_room=True,
    ),
    Case(
        "cancel_booking_and_refund",
        "the desk cancels and pays back",
        "CONFIRMED",
        "/desk/bookings/{booking}/cancel-and-refund",
        "b.status = 'CANCELLED' and b.refund_processed_at is not null",
    ),
    Case(
        "StaffBookingCancelView",
        "the staff cancels, and the machine stamps it",
        "PENDING",
        "/staff/bookings/{booking}/cancel",
        "b.status = 'CANCELLED' and b.cancelled_at is not null",
    ),
    Case(
        "StaffBookingConfirmView",
        "a paid booking is confirmed",
        "PENDING_APPROVAL",
        "/staff/bookings/{booking}/confirm",
        "b.status = 'CONFIRMED'",
        is_paid=True,
    ),
    Case(
        "StaffBookingDetailUpdateView",
        "the room of a guest who has not come yet is taken back",
        "CONFIRMED",
        "/staff/bookings/{booking}/detail",
        "b.status = 'CONFIRMED' and b.assigned_room_id is null",
        has_room=True,
        form={"unassign_room": True},
    ),
    Case(
        "StaffBookingDetailUpdateView",
        "the number of guests of a finished stay is corrected",
        "CHECKED_OUT",
        "/staff/bookings/{booking}/detail",
        "b.status = 'CHECKED_OUT' and b.adults = 1",
        has_room=True,
        form={"adults": 1},
    ),
    Case(
        "PaymentWebhookView of recommendation 5",
        "a captured payment confirms",
        "PENDING_APPROVAL",
        "/payments/webhook",
        "b.status = 'CONFIRMED' and b.payment_captured_at is not null",
        form={"booking": "{booking}"},
    ),
    Case(
        "check_in_booking of recommendation 3",
        "a guest is checked in: room, time and status at once",
        "CONFIRMED",
        "/desk/bookings/{booking}/check-in",
        "b.status = 'CHECKED_IN' and b.checked_in_at is not null and r.is_occupied",
        form={"room": "{room}"},
    ),
    Case(
        "CheckoutService",
        "a guest is checked out",
        "CHECKED_IN",
        "/desk/bookings/{booking}/check-out",
        "b.status = 'CHECKED_OUT' and b.checked_out_at is not null and r.is_occupied is false",
        has_room=True,
    ),
    Case(
        "RoomAssignmentService",
        "a confirmed booking is given a room",
        "CONFIRMED",
        "/desk/bookings/{booking}/assign-room",
        "b.status = 'CONFIRMED' and b.assigned_room_id is not null",
        form={"room": "{room}"},
    ),
    Case(
        "RoomMoveService",
        "a guest in the house moves to another room",
        "CHECKED_IN",
        "/desk/bookings/{booking}/move-room",
        "b.status = 'CHECKED_IN' and r.is_occupied",
        has_room=True,
        form={"room": "{room}"},
    ),
]
