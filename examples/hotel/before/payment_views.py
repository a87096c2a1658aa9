"""The webhook that the payment provider calls."""

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views import View
from examples.hotel.before.models import RoomBooking
from examples.hotel.before.told import asked, told


class PaymentWebhookView(View):
    """Note a captured payment; the paid booking then waits for somebody to approve it."""

    def post(self, request: HttpRequest) -> JsonResponse:
        """Write the time and the status."""
        booking = get_object_or_404(RoomBooking, pk=asked(request)["booking"])
        booking.payment_captured_at = timezone.now()
        booking.status = "PENDING_APPROVAL"  # payment_views.py:435, not CONFIRMED
        booking.save()
        return told(booking)
