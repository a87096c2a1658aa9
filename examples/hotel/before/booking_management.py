"""The service by which the staff cancels."""

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from examples.hotel.before.models import RoomBooking


@transaction.atomic
def cancel_booking(booking_id: int) -> RoomBooking:
    """Cancel one booking, whatever its status."""
    booking = get_object_or_404(RoomBooking, pk=booking_id)
    booking.status = "CANCELLED"  # booking_management.py:235
    booking.cancelled_at = timezone.now()
    booking.save()
    return booking


@transaction.atomic
def cancel_booking_and_refund(booking_id: int) -> RoomBooking:
    """Cancel one booking and pay back, whether or not anything was paid."""
    booking = get_object_or_404(RoomBooking, pk=booking_id)
    booking.status = "CANCELLED"  # booking_management.py:353
    booking.cancelled_at = timezone.now()
    booking.refund_processed_at = timezone.now()
    booking.save()
    return booking
