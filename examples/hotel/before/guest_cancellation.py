"""The service by which a guest cancels."""

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from examples.hotel.before.models import RoomBooking


class GuestCancellationService:
    """Cancels, refunds what was paid, frees the room; asks for no status."""

    @staticmethod
    @transaction.atomic
    def execute(booking_id: int) -> RoomBooking:
        """Cancel one booking."""
        booking = get_object_or_404(RoomBooking, pk=booking_id)
        room = booking.assigned_room
        booking.status = "CANCELLED"  # guest_cancellation.py:100
        booking.cancelled_at = timezone.now()
        booking.assigned_room = None
        if booking.payment_captured_at:
            booking.refund_processed_at = timezone.now()
        booking.save()
        if room:
            room.is_occupied = False
            room.save()
        return booking
