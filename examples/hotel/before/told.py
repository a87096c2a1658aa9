"""What a request says, and what it is told about a booking."""

import json
from typing import Any

from django.http import HttpRequest, JsonResponse
from examples.hotel.before.models import RoomBooking


def asked(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON of the request's body."""
    return json.loads(request.body or b"{}")


def told(*bookings: RoomBooking, status: int = 200) -> JsonResponse:
    """Answer with where *bookings* stand, as the view believes."""
    told = [
        {"id": it.pk, "status": it.status, "room": it.assigned_room_id, "paid": _is_paid(it)}
        for it in bookings
    ]
    return JsonResponse({"bookings": told}, status=status)


def _is_paid(booking: RoomBooking) -> bool:
    return booking.payment_captured_at is not None
