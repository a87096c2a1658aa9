"""The views of the staff: they write bookings directly, past the services, without a transaction.

Each write site carries its number in the report's write map.
"""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views import View
from examples.hotel.before.models import Room, RoomBooking
from examples.hotel.before.told import asked, told


class StaffBookingConfirmView(View):
    """Confirm a booking; nobody asks whether it is paid."""

    def post(self, request: HttpRequest, booking_id: int) -> JsonResponse:
        """Write the status."""
        booking = get_object_or_404(RoomBooking, pk=booking_id)
        booking.status = "CONFIRMED"  # staff_views.py:1347
        booking.save()
        return told(booking)


class StaffBookingCancelView(View):
    """Cancel a booking, past the service, and leave its room as it was."""

    def post(self, request: HttpRequest, booking_id: int) -> JsonResponse:
        """Write the status."""
        booking = get_object_or_404(RoomBooking, pk=booking_id)
        booking.status = "CANCELLED"  # staff_views.py:1461
        booking.save()
        return told(booking)


class StaffBookingCheckInView(View):
    """Check a guest in: three writes, each on its own, and none of the status."""

    def post(self, request: HttpRequest, booking_id: int) -> JsonResponse:
        """Write the time, then the room, then that the room is occupied."""
        booking = get_object_or_404(RoomBooking, pk=booking_id)
        booking.checked_in_at = timezone.now()  # staff_views.py:1942
        booking.save()
        if room_id := asked(request).get("room"):
            room = get_object_or_404(Room, pk=room_id)
            booking.assigned_room = room  # staff_views.py:1940
            booking.save()
            room.is_occupied = True
            room.save()
        return told(booking)


class StaffBookingDetailUpdateView(View):
    """Change what the form of a booking shows, whatever its status."""

    def post(self, request: HttpRequest, booking_id: int) -> JsonResponse:
        """Take the room away, or note that the guest has come."""
        booking = get_object_or_404(RoomBooking, pk=booking_id)
        form = asked(request)
        if form.get("unassign_room"):
            booking.assigned_room = None  # staff_views.py:2352
            booking.save()
        if form.get("has_arrived"):
            booking.checked_in_at = timezone.now()  # staff_views.py:2510
            booking.save()
        if "adults" in form:
            booking.adults = form["adults"]
            booking.save()
        return told(booking)


class BulkBookingCreateView(View):
    """Make bookings for a group: born as CONFIRMED, one after the other."""

    def post(self, request: HttpRequest) -> JsonResponse:
        """Make the bookings of one of four scenarios."""
        form = asked(request)
        make = {
            "single": self._single,
            "rooms": self._rooms,
            "stays": self._stays,
            "weeks": self._weeks,
        }[form["scenario"]]
        return told(*make(form), status=201)

    def _single(self, form: dict[str, Any]) -> list[RoomBooking]:
        booking = _draft(form, **form["stay"])
        booking.status = "CONFIRMED"  # staff_views.py:3216
        booking.save()
        return [booking]

    def _rooms(self, form: dict[str, Any]) -> list[RoomBooking]:
        """Make several bookings for the same nights."""
        made = []
        for _ in range(form["count"]):
            booking = _draft(form, **form["stay"])
            booking.status = "CONFIRMED"  # staff_views.py:3243
            booking.save()
            made.append(booking)
        return made

    def _stays(self, form: dict[str, Any]) -> list[RoomBooking]:
        """Make one booking for each stay of a tour."""
        made = []
        for stay in form["stays"]:
            booking = _draft(form, **stay)
            booking.status = "CONFIRMED"  # staff_views.py:3256
            booking.save()
            made.append(booking)
        return made

    def _weeks(self, form: dict[str, Any]) -> list[RoomBooking]:
        """Make the same booking again every week."""
        made = []
        for week in range(form["count"]):
            booking = _draft(form, **form["stay"])
            booking.check_in += timedelta(weeks=week)
            booking.check_out += timedelta(weeks=week)
            booking.status = "CONFIRMED"  # staff_views.py:3288
            booking.save()
            made.append(booking)
        return made


def _draft(form: dict[str, Any], check_in: str, check_out: str) -> RoomBooking:
    return RoomBooking(
        hotel_id=form["hotel"],
        room_type=form["room_type"],
        nightly_rate=form["nightly_rate"],
        check_in=date.fromisoformat(check_in),
        check_out=date.fromisoformat(check_out),
    )
