"""The endpoints of the services, for guests and for the desk; and one that shows a booking."""

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views import View
from examples.hotel.before.booking_management import cancel_booking, cancel_booking_and_refund
from examples.hotel.before.checkout import CheckoutService
from examples.hotel.before.guest_cancellation import GuestCancellationService
from examples.hotel.before.models import RoomBooking
from examples.hotel.before.room_assignment import RoomAssignmentService, RoomTakenError
from examples.hotel.before.room_move import RoomMoveService
from examples.hotel.before.told import asked, told


class BookingView(View):
    """Show where a booking stands."""

    def get(self, request: HttpRequest, booking_id: int) -> JsonResponse:
        """Read it."""
        return told(get_object_or_404(RoomBooking, pk=booking_id))


class GuestCancelView(View):
    """A guest cancels."""

    def post(self, request: HttpRequest, booking_id: int) -> JsonResponse:
        """Leave it to the service."""
        return told(GuestCancellationService.execute(booking_id))


class DeskCancelView(View):
    """The desk cancels."""

    def post(self, request: HttpRequest, booking_id: int) -> JsonResponse:
        """Leave it to the service."""
        return told(cancel_booking(booking_id))


class DeskCancelAndRefundView(View):
    """The desk cancels and pays back."""

    def post(self, request: HttpRequest, booking_id: int) -> JsonResponse:
        """Leave it to the service."""
        return told(cancel_booking_and_refund(booking_id))


class DeskCheckOutView(View):
    """The desk checks a guest out."""

    def post(self, request: HttpRequest, booking_id: int) -> JsonResponse:
        """Leave it to the service."""
        return told(CheckoutService.execute(booking_id))


class DeskAssignRoomView(View):
    """The desk assigns a room."""

    def post(self, request: HttpRequest, booking_id: int) -> JsonResponse:
        """Leave it to the service."""
        try:
            return told(RoomAssignmentService.execute(booking_id, asked(request)["room"]))
        except RoomTakenError:
            return JsonResponse({"message": "the room is taken"}, status=400)


class DeskMoveRoomView(View):
    """The desk moves a guest."""

    def post(self, request: HttpRequest, booking_id: int) -> JsonResponse:
        """Leave it to the service."""
        return told(RoomMoveService.execute(booking_id, asked(request)["room"]))
