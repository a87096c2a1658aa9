"""The service that moves a guest to another room."""

from django.db import transaction
from django.shortcuts import get_object_or_404
from examples.hotel.before.models import Room, RoomBooking


class RoomMoveService:
    """Swaps the room of a booking; asks neither for its status nor who is in the new room."""

    @staticmethod
    @transaction.atomic
    def execute(booking_id: int, to_room_id: int) -> RoomBooking:
        """Move one booking, free the old room, occupy the new one."""
        booking = get_object_or_404(RoomBooking, pk=booking_id)
        from_room, to_room = booking.assigned_room, get_object_or_404(Room, pk=to_room_id)
        booking.assigned_room = to_room  # room_move.py:164
        booking.save()
        if from_room:
            from_room.is_occupied = False
            from_room.save()
        to_room.is_occupied = True
        to_room.save()
        return booking
