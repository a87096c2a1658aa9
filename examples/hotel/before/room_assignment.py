"""The service that gives a booking its room."""

from django.db import transaction
from django.shortcuts import get_object_or_404
from examples.hotel.before.models import Room, RoomBooking


class RoomTakenError(Exception):
    """Another booking holds the room in these nights."""


class RoomAssignmentService:
    """Looks whether the room is free, then assigns it; two at once both find it free."""

    @staticmethod
    @transaction.atomic
    def execute(booking_id: int, room_id: int) -> RoomBooking:
        """Assign the room, and mark it as occupied."""
        booking = get_object_or_404(RoomBooking, pk=booking_id)
        room = get_object_or_404(Room, pk=room_id)
        held = RoomBooking.objects.exclude(pk=booking.pk).filter(
            assigned_room=room,
            status__in=["CONFIRMED", "CHECKED_IN"],
            check_in__lt=booking.check_out,
            check_out__gt=booking.check_in,
        )
        if held.exists():
            raise RoomTakenError
        booking.assigned_room = room  # room_assignment.py:203
        booking.save()
        room.is_occupied = True
        room.save()
        return booking
