"""The service that checks a guest out."""

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from examples.hotel.before.models import RoomBooking


class CheckoutService:
    """Closes a stay and frees the room; asks for no check-in."""

    @staticmethod
    @transaction.atomic
    def execute(booking_id: int) -> RoomBooking:
        """Check one booking out."""
        booking = get_object_or_404(RoomBooking, pk=booking_id)
        booking.checked_out_at = timezone.now()  # checkout.py:129
        booking.status = "CHECKED_OUT"
        booking.save()
        if room := booking.assigned_room:
            room.is_occupied = False
            room.save()
        return booking
